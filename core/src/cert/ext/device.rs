//! What devices say about themselves: Android, SGX.

use super::{Content, shape};

pub(super) fn android(der: &[u8]) -> Content<'_> {
    let meaning = "What Android's key store says about the key and the phone's state.";
    shape::with(meaning, der)
}

pub(super) fn sgx(der: &[u8]) -> Content<'_> {
    let meaning = "Version and state of the Intel platform that attests enclaves.";
    shape::with(meaning, der)
}
