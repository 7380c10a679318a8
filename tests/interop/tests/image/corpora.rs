//! Files that others made and that are not part of this repository.

/// A file of the folder that `SIGNET_CORPORA` names; `None`, said loudly, if there is none.
pub(crate) fn read(name: &str) -> Option<Vec<u8>> {
    let Some(folder) = std::env::var_os("SIGNET_CORPORA") else {
        signet_interop::skip(&format!("SIGNET_CORPORA is not set, so there is no {name}"));
        return None;
    };
    let path = std::path::Path::new(&folder).join(name);
    match std::fs::read(&path) {
        Ok(bytes) => Some(bytes),
        Err(error) => {
            signet_interop::skip(&format!("{}: {error}", path.display()));
            None
        }
    }
}
