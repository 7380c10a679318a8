//! Registration IDs.

use core::fmt;
use core::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::Explain;

/// The name under which a device registers; also the common name of its CSR.
///
/// 1 to 64 characters `a-z 0-9 - . _ :`, a letter or digit at both ends. This is what every rule in
/// the service's documents allows: DPS takes up to 128 characters, but an X.509 common name holds 64
/// (RFC 5280, appendix A.1); one document allows a hyphen at the end and another does not. The
/// service ignores case, but a derived key does not, so letters are made lower-case here.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct RegistrationId(String);

/// Longest registration ID in characters.
pub const REGISTRATION_ID_MAX: usize = 64;

impl RegistrationId {
    /// Reads an ID; upper-case letters become lower-case.
    ///
    /// # Errors
    ///
    /// If the text breaks a rule: the first that a reader would meet.
    pub fn new(text: &str) -> Result<Self, IdError> {
        let chars = text.chars().count();
        if chars > REGISTRATION_ID_MAX {
            return Err(IdError::TooLong { chars });
        }
        let allowed = |c: char| c.is_ascii_alphanumeric() || "-._:".contains(c);
        if let Some((at, found)) = text.chars().enumerate().find(|(_, c)| !allowed(*c)) {
            return Err(IdError::Character { at: at + 1, found });
        }
        let (Some(first), Some(last)) = (text.chars().next(), text.chars().next_back()) else {
            return Err(IdError::Empty);
        };
        for found in [first, last] {
            if !found.is_ascii_alphanumeric() {
                return Err(IdError::Edge { found });
            }
        }
        Ok(Self(text.to_ascii_lowercase()))
    }

    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for RegistrationId {
    type Err = IdError;

    fn from_str(text: &str) -> Result<Self, IdError> {
        Self::new(text)
    }
}

impl TryFrom<String> for RegistrationId {
    type Error = IdError;

    fn try_from(text: String) -> Result<Self, IdError> {
        Self::new(&text)
    }
}

impl From<RegistrationId> for String {
    fn from(id: RegistrationId) -> Self {
        id.0
    }
}

impl fmt::Display for RegistrationId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Why a text is no registration ID.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum IdError {
    /// A character that the service does not take.
    Character {
        /// Its place, counted from 1.
        at: usize,
        /// The character.
        found: char,
    },
    /// A separator at the start or the end.
    Edge {
        /// The separator.
        found: char,
    },
    /// Nothing.
    Empty,
    /// More than 64 characters.
    TooLong {
        /// How many.
        chars: usize,
    },
}

impl fmt::Display for IdError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Character { at, found } => {
                write!(
                    f,
                    "The registration ID has {found:?} at place {at}, which is not allowed."
                )
            }
            Self::Edge { found } => {
                write!(f, "The registration ID begins or ends with {found:?}.")
            }
            Self::Empty => f.write_str("The registration ID is empty."),
            Self::TooLong { chars } => write!(
                f,
                "The registration ID has {chars} characters; a certificate's name holds 64."
            ),
        }
    }
}

impl core::error::Error for IdError {}

impl Explain for IdError {
    fn code(&self) -> &'static str {
        match self {
            Self::Character { .. } => "dps.id-character",
            Self::Edge { .. } => "dps.id-edge",
            Self::Empty => "dps.id-empty",
            Self::TooLong { .. } => "dps.id-too-long",
        }
    }

    fn next_step(&self) -> &'static str {
        match self {
            Self::Character { .. } => {
                "Use letters, digits, hyphen, dot, underscore and colon only, and no spaces."
            }
            Self::Edge { .. } => "Begin and end the ID with a letter or a digit.",
            Self::Empty => "Scan or type the serial number that becomes the ID.",
            Self::TooLong { .. } => "Shorten the recipe's ID template.",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn takes_what_every_document_allows() {
        let longest = "a".repeat(64);
        for text in ["a", "7", "dev-0001", "sn-a1:b2:c3.d4_e5", longest.as_str()] {
            assert_eq!(RegistrationId::new(text).unwrap().as_str(), text);
        }
        assert_eq!(RegistrationId::new("SN-A1B2").unwrap().as_str(), "sn-a1b2");
    }

    #[test]
    fn says_what_is_wrong() {
        let too_long = "a".repeat(65);
        for (text, error) in [
            ("", IdError::Empty),
            ("-a", IdError::Edge { found: '-' }),
            ("a-", IdError::Edge { found: '-' }),
            ("a b", IdError::Character { at: 2, found: ' ' }),
            ("dev/1", IdError::Character { at: 4, found: '/' }),
            ("gerät", IdError::Character { at: 4, found: 'ä' }),
            ("a\n", IdError::Character { at: 2, found: '\n' }),
            (too_long.as_str(), IdError::TooLong { chars: 65 }),
        ] {
            assert_eq!(RegistrationId::new(text), Err(error), "{text:?}");
        }
    }
}
