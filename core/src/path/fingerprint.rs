use core::fmt;
use std::sync::{Arc, OnceLock};

use serde::{Serialize, Serializer};
use sha2::{Digest, Sha256};

use crate::cert::text::hex;

/// SHA-256 of an object or a key. It is made when somebody first reads it: of most reports nobody
/// does, and hashing costs more than their rules.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Fingerprint(Option<Arc<Lazy>>);

#[derive(Debug)]
struct Lazy {
    der: Vec<u8>,
    hex: OnceLock<String>,
}

impl Fingerprint {
    pub(super) fn of(der: &[u8]) -> Self {
        Self(Some(Arc::new(Lazy {
            der: der.to_vec(),
            hex: OnceLock::new(),
        })))
    }

    /// Upper-case hexadecimal; empty if there is no object.
    pub fn as_str(&self) -> &str {
        self.0.as_ref().map_or("", |lazy| {
            lazy.hex.get_or_init(|| hex(&Sha256::digest(&lazy.der)))
        })
    }
}

impl PartialEq for Lazy {
    fn eq(&self, other: &Self) -> bool {
        self.der == other.der
    }
}

impl Eq for Lazy {}

impl fmt::Display for Fingerprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl Serialize for Fingerprint {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}
