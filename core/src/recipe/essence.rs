//! What of a recipe decides what a board gets.

use serde::Serialize;
use sha2::{Digest as _, Sha256};

use super::{Digest, Recipe};
use crate::image::preset::Preset;

/// The fields that count, in this order for ever: journals of years ago hold the digest.
#[derive(Serialize)]
struct Essence<'a> {
    essence: u32,
    url: &'a str,
    id_scope: &'a str,
    /// A preview of the service is another one than what is released; the date alone is not.
    preview: bool,
    partition: &'a str,
    preset: &'a Preset,
    roots: Vec<String>,
    issued_roots: Vec<String>,
    validity_days: (u32, u32),
}

impl Recipe {
    /// SHA-256 of what decides what a board gets, hex: the service, the partition and its layout, the
    /// roots, and what is demanded of the issued chain. A board that was finished under one recipe is
    /// finished under another one only if this is the same.
    ///
    /// Not in it: the recipe's name, its serial numbers and the template, because the registration ID
    /// is compared by itself; the chips, because a board has one already; and the attestation, because
    /// it is over.
    pub fn essence_sha256(&self) -> String {
        let essence = Essence {
            essence: 1,
            url: &self.endpoint.url,
            id_scope: &self.endpoint.id_scope,
            preview: self.endpoint.api_version.ends_with("-preview"),
            partition: &self.board.partition,
            preset: &self.board.preset,
            roots: sorted(&self.roots),
            issued_roots: sorted(&self.issued.root_sha256),
            validity_days: self.issued.validity_days,
        };
        // Texts, numbers and lists always have a JSON form.
        let json = serde_json::to_vec(&essence).unwrap_or_default();
        Digest(Sha256::digest(json).into()).to_string()
    }
}

/// Roots are a set: their order means nothing.
fn sorted(digests: &[Digest]) -> Vec<String> {
    let mut all: Vec<String> = digests.iter().map(ToString::to_string).collect();
    all.sort();
    all.dedup();
    all
}
