use core::fmt;
use core::ops::Range;
use std::sync::{Arc, OnceLock};

use serde::{Serialize, Serializer};
use sha2::{Digest, Sha256};

use crate::x509::text::hex;

/// SHA-256 of an object or a key. It is made when somebody first reads it: of most reports nobody
/// does, and hashing costs more than their rules.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Fingerprint(Option<Lazy>);

#[derive(Clone, Debug)]
struct Lazy {
    prints: Arc<Prints>,
    part: Part,
}

#[derive(Clone, Copy, Debug)]
enum Part {
    Key,
    Whole,
}

/// Of a certificate and of its key, behind one pointer.
#[derive(Debug)]
struct Prints {
    certificate: Vec<u8>,
    /// Where its key stands.
    place: Range<usize>,
    whole: OnceLock<String>,
    key: OnceLock<String>,
}

impl Fingerprint {
    /// Of a certificate, and of the part of it that is its key (DER of each).
    pub(super) fn pair(whole: &[u8], key: &[u8]) -> [Self; 2] {
        let begin = key.as_ptr().addr() - whole.as_ptr().addr();
        let prints = Arc::new(Prints {
            certificate: whole.to_vec(),
            place: begin..begin + key.len(),
            whole: OnceLock::new(),
            key: OnceLock::new(),
        });
        [Part::Whole, Part::Key].map(|part| {
            let prints = prints.clone();
            Self(Some(Lazy { prints, part }))
        })
    }

    /// What it is of.
    pub(super) fn der(&self) -> &[u8] {
        self.0.as_ref().map_or(&[], Lazy::bytes)
    }

    /// Upper-case hexadecimal; empty if there is no object.
    pub fn as_str(&self) -> &str {
        self.0.as_ref().map_or("", |lazy| {
            let place = match lazy.part {
                Part::Key => &lazy.prints.key,
                Part::Whole => &lazy.prints.whole,
            };
            place.get_or_init(|| hex(&Sha256::digest(lazy.bytes())))
        })
    }
}

impl Lazy {
    fn bytes(&self) -> &[u8] {
        let whole = &self.prints.certificate;
        match self.part {
            Part::Key => whole.get(self.prints.place.clone()).unwrap_or_default(),
            Part::Whole => whole,
        }
    }
}

impl PartialEq for Lazy {
    fn eq(&self, other: &Self) -> bool {
        self.bytes() == other.bytes()
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_a_whole_and_a_part() {
        let whole = b"xabcx";
        let [of_whole, of_key] = Fingerprint::pair(whole, &whole[1..4]);
        // FIPS 180-2 appendix B.1.
        let abc = "BA7816BF8F01CFEA414140DE5DAE2223B00361A396177A9CB410FF61F20015AD";
        assert_eq!(of_key.as_str(), abc);
        let [again, _] = Fingerprint::pair(&whole[1..4], &whole[1..1]);
        assert!(again == of_key && of_whole != of_key && of_whole.as_str() != abc);
    }
}
