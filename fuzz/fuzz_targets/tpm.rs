//! Public areas of a TPM's keys, as devices send them and people enroll them. The parser is the
//! station's own file, without the station around it.
#![no_main]
#![allow(dead_code, unreachable_pub)]
use libfuzzer_sys::fuzz_target;

#[path = "../../station/src/tpm/kdf.rs"]
mod kdf;
#[path = "../../station/src/tpm/public.rs"]
mod public;
#[path = "../../station/src/random.rs"]
mod random;
#[path = "../../station/src/tpm/wrap.rs"]
mod wrap;

use public::{EndorsementKey, StorageKey};

fuzz_target!(|bytes: &[u8]| {
    for key in [StorageKey::endorsement(bytes), StorageKey::storage_root(bytes)] {
        match key {
            Ok(key) => assert_eq!(key.name()[..2], [0, 0x0b]),
            Err(error) => assert!(!error.to_string().is_empty()),
        }
    }
    match EndorsementKey::read(bytes) {
        // As it is written into `enrollments.json`, so it is read again.
        Ok(key) => {
            let text = String::from(key.clone());
            assert_eq!(EndorsementKey::try_from(text).unwrap(), key);
        }
        Err(error) => assert!(!error.to_string().is_empty()),
    }
});
