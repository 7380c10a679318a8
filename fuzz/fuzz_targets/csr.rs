#![no_main]
use libfuzzer_sys::fuzz_target;
use signet_core::csr::VerifiedCsr;

fuzz_target!(|data: &[u8]| {
    if let Ok(csr) = VerifiedCsr::from_der(data) {
        assert_eq!((csr.public_point.len(), csr.spki_der.len()), (97, 120));
    }
});
