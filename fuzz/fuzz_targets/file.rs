#![no_main]
use libfuzzer_sys::fuzz_target;
use signet_core::file::{open, public_key_of};

fuzz_target!(|data: &[u8]| {
    // Passwords are only tried on what opens cheaply: see MAX_ROUNDS.
    let opened = open(data, None);
    for object in &opened.objects {
        assert!(object.at <= data.len());
        let _ = public_key_of(&object.content);
    }
    for flaw in &opened.flaws {
        assert!(flaw.at.is_none_or(|at| at <= data.len()));
        let _ = flaw.fault();
    }
});
