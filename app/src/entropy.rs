//! Random bytes from `crypto.getRandomValues`.

use signet_core::key::ENTROPY_BYTES;
use zeroize::Zeroizing;

/// Fresh bytes for one private key, or the browser's refusal: there is no second-best source.
pub fn for_key() -> Result<Zeroizing<[u8; ENTROPY_BYTES]>, String> {
    let mut bytes = Zeroizing::new([0; ENTROPY_BYTES]);
    getrandom::fill(bytes.as_mut_slice()).map_err(|error| error.to_string())?;
    Ok(bytes)
}

/// A name for a run: 128 random bits in hex.
pub fn run_name() -> Result<String, String> {
    let mut bytes = [0_u8; 16];
    getrandom::fill(&mut bytes).map_err(|error| error.to_string())?;
    Ok(bytes.iter().map(|byte| format!("{byte:02x}")).collect())
}

/// Fresh salts for one file that is sealed with a password.
pub fn salts() -> Result<signet_core::file::write::Salts, String> {
    let mut salts = signet_core::file::write::Salts::default();
    for part in salts.parts_mut() {
        getrandom::fill(part).map_err(|error| error.to_string())?;
    }
    Ok(salts)
}
