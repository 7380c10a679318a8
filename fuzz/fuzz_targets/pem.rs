#![no_main]
use libfuzzer_sys::fuzz_target;
use signet_core::{key::PrivateKey, pem};

fuzz_target!(|data: &[u8]| {
    if let Ok(objects) = pem::decode(data) {
        for object in &objects {
            let again = pem::decode(pem::encode(&object.label, &object.der).as_bytes());
            assert!(again.is_ok_and(|again| again.len() == 1 && again[0].der == object.der));
        }
    }
    let _ = PrivateKey::from_pem_or_der(data);
});
