//! Which ledger a verb means.

use std::ffi::OsString;
use std::path::Path;

use anyhow::{Context, Result, bail};

use crate::ledger::LedgerPlace;

/// What was said about it. The URL may hold a password, so this has no `Debug`.
#[derive(Default)]
pub(super) struct Said {
    data: Option<OsString>,
    ledger: Option<OsString>,
    password_file: Option<OsString>,
}

impl Said {
    /// Where the value of the long option `name` goes, if it is one of these.
    pub(super) fn slot(&mut self, name: &str) -> Option<&mut Option<OsString>> {
        match name {
            "data" => Some(&mut self.data),
            "ledger" => Some(&mut self.ledger),
            "ledger-password-file" => Some(&mut self.password_file),
            _ => None,
        }
    }

    /// What was named, else what the environment names, else what is in the folder.
    pub(super) fn place(self, verb: &str) -> Result<LedgerPlace> {
        let named = match self.ledger {
            Some(value) => Some(place(value)?),
            None => LedgerPlace::from_environment()?,
        };
        let named = match (named, self.data) {
            (Some(named), _) => named,
            (None, Some(data)) => LedgerPlace::Folder(data.into()),
            (None, None) => bail!("{verb} needs --data DIR or --ledger URL"),
        };
        named.with_password_file(self.password_file.as_deref().map(Path::new))
    }
}

/// The value of `--ledger`. Errors never repeat it.
pub(super) fn place(value: OsString) -> Result<LedgerPlace> {
    let value = value.into_string().ok();
    let value = value.context("--ledger is not UTF-8")?;
    value.parse().context("--ledger")
}
