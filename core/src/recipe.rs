//! What one production line does to each board: a versioned JSON file.

mod error;
mod essence;
mod rule;

use serde::{Deserialize, Serialize};

use sha2::{Digest as _, Sha256};

pub use error::Error;
pub use rule::{Attestation, BoardRule, Digest, Endpoint, Issued, Naming, Source};

/// A recipe that was read and found complete. Made by [`Recipe::parse`] only.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Recipe {
    /// Version of the format: 1.
    pub signet: u32,
    /// What people call the line.
    pub name: String,
    /// Where to register.
    pub endpoint: Endpoint,
    /// How the registration ID is made.
    pub registration_id: Naming,
    /// How the device proves who it is.
    pub attestation: Attestation,
    /// Which boards, and what is written where.
    pub board: BoardRule,
    /// SHA-256 of each public root that the board receives, from [`crate::trust`].
    pub roots: Vec<Digest>,
    /// What is expected of the issued chain.
    pub issued: Issued,
    #[serde(skip)]
    sha256: [u8; 32],
}

/// The largest recipe that is read: 256 KiB, enough for a list of ten thousand serial numbers.
pub const MAX_BYTES: usize = 256 * 1024;

impl Recipe {
    /// Reads and checks a recipe.
    ///
    /// # Errors
    /// The first thing that is wrong, with the field's path.
    pub fn parse(json: &[u8]) -> Result<Self, Error> {
        if json.len() > MAX_BYTES {
            return Err(Error::TooLarge {
                bytes: json.len(),
                limit: MAX_BYTES,
            });
        }
        Error::check_version(json)?;
        let mut reader = serde_json::Deserializer::from_slice(json);
        let mut recipe: Self =
            serde_path_to_error::deserialize(&mut reader).map_err(Error::from_path)?;
        reader.end().map_err(|error| Error::not_json(&error))?;
        rule::check(&recipe)?;
        recipe.sha256 = Sha256::digest(json).into();
        Ok(recipe)
    }

    /// SHA-256 of the file as it was read, hex: what `sha256sum` prints.
    pub fn sha256(&self) -> String {
        Digest(self.sha256).to_string()
    }
}

#[cfg(test)]
mod tests;
