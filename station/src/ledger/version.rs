//! Versions of the tables.

use std::fmt;

/// The tables are of a version that this program does not know: it neither reads nor writes them.
#[derive(Debug)]
pub(super) struct Newer {
    /// As it stands there.
    pub(super) found: String,
    /// The last one that this program knows.
    pub(super) known: u32,
}

impl fmt::Display for Newer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { found, known } = self;
        write!(
            f,
            "ledger.newer: the ledger is of version {found}, and this program knows versions up to \
             {known}. Nothing was changed: use the program that wrote it last, or a later one"
        )
    }
}

impl std::error::Error for Newer {}
