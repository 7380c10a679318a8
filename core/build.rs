//! Picks the roots of `trust` out of the crate `webpki-root-certs`.
//!
//! That crate is one slice of all of Mozilla's roots; linked into the page it would cost 150 KB for the
//! six that are needed. So they are chosen here, by their SHA-256, and written where `include_bytes!`
//! finds them.

use std::path::Path;
use std::{env, fs};

use sha2::{Digest, Sha256};
use webpki_root_certs::TLS_SERVER_ROOT_CERTS;

include!("src/trust/pins.rs");

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    println!("cargo::rerun-if-changed=src/trust/pins.rs");
    let out = env::var_os("OUT_DIR").expect("cargo sets OUT_DIR");
    for (file, pin) in PINS {
        let root = TLS_SERVER_ROOT_CERTS
            .iter()
            .find(|root| hex(&Sha256::digest(root)) == *pin)
            .unwrap_or_else(|| panic!("webpki-root-certs has no root {pin} for {file}"));
        fs::write(Path::new(&out).join(file), root).expect("OUT_DIR can be written");
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
