//! Where a ledger is.

use std::fmt;
use std::path::{Path, PathBuf};
use std::str::FromStr;

use anyhow::{Context, Result, bail, ensure};
use zeroize::Zeroizing;

use crate::secret::Secret;

/// Where a ledger is.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum LedgerPlace {
    /// In a database.
    Database(LedgerUrl),
    /// In a folder: a station's, or one for the ledger alone.
    Folder(PathBuf),
}

impl LedgerPlace {
    /// The one in the environment variable `STATION_LEDGER`, if it is set.
    ///
    /// # Errors
    ///
    /// If it is none.
    pub fn from_environment() -> Result<Option<Self>> {
        let Some(text) = std::env::var_os(VARIABLE) else {
            return Ok(None);
        };
        let text = text.into_string().ok().map(Zeroizing::new);
        let text = text.with_context(|| format!("{VARIABLE} is not UTF-8"))?;
        text.parse().map(Some).context(VARIABLE)
    }

    /// With the password in the first line of a file, if there is one.
    pub(crate) fn with_password_file(self, file: Option<&Path>) -> Result<Self> {
        match (self, file) {
            (Self::Database(url), Some(path)) => {
                let password = Some(Secret::first_line(path)?);
                Ok(Self::Database(LedgerUrl { password, ..url }))
            }
            (Self::Folder(_), Some(_)) => bail!(
                "a password file is for a ledger in a database: name that one too, with --ledger URL"
            ),
            (place, None) => Ok(place),
        }
    }
}

impl FromStr for LedgerPlace {
    type Err = anyhow::Error;

    /// A URL of a database, or a folder. Errors never repeat what was given.
    fn from_str(text: &str) -> Result<Self> {
        if text.contains("://") {
            return text.parse().map(Self::Database);
        }
        // A URL without its beginning would be shown as a folder, with the password.
        ensure!(
            !text.is_empty() && !text.contains('@'),
            "that is no ledger: {FORM}"
        );
        Ok(Self::Folder(text.into()))
    }
}

impl fmt::Display for LedgerPlace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Database(url) => url.fmt(f),
            Self::Folder(path) => path.display().fmt(f),
        }
    }
}

impl From<&LedgerUrl> for LedgerPlace {
    fn from(url: &LedgerUrl) -> Self {
        Self::Database(url.clone())
    }
}

impl From<LedgerUrl> for LedgerPlace {
    fn from(url: LedgerUrl) -> Self {
        Self::Database(url)
    }
}

impl From<&Path> for LedgerPlace {
    fn from(data: &Path) -> Self {
        Self::Folder(data.to_owned())
    }
}

impl From<&PathBuf> for LedgerPlace {
    fn from(data: &PathBuf) -> Self {
        data.as_path().into()
    }
}

/// `postgres://user:password@host:port/database`. Wiped on drop; what it shows of itself has no user,
/// no password and no options.
#[derive(Clone)]
pub struct LedgerUrl {
    text: Zeroizing<String>,
    /// From a file, when it is not in the URL.
    #[cfg_attr(
        not(feature = "postgres"),
        expect(dead_code, reason = "nothing connects")
    )]
    password: Option<Secret>,
}

const VARIABLE: &str = "STATION_LEDGER";
const FORM: &str = "write postgres://user:password@host/database, or the path of a folder";

impl LedgerUrl {
    /// The URL itself, with the password.
    #[cfg(feature = "postgres")]
    pub(super) fn expose(&self) -> &str {
        &self.text
    }

    /// The password that is not in the URL.
    #[cfg(feature = "postgres")]
    pub(super) fn password(&self) -> Option<&str> {
        self.password.as_ref().map(Secret::expose)
    }

    /// Host, port and database.
    fn place(&self) -> Option<&str> {
        let (_, rest) = self.text.split_once("://")?;
        let plain = rest.split(['?', '#']).next()?;
        Some(plain.rsplit_once('@').map_or(plain, |(_, place)| place))
    }
}

impl FromStr for LedgerUrl {
    type Err = anyhow::Error;

    /// Errors never repeat what was given.
    fn from_str(text: &str) -> Result<Self> {
        let rest = text
            .strip_prefix("postgres://")
            .or_else(|| text.strip_prefix("postgresql://"));
        let Some(rest) = rest else {
            bail!("that is no ledger: {FORM}");
        };
        let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
        // Else a part of the password would be taken for the host, and shown.
        ensure!(
            authority.matches('@').count() <= 1 && !rest[authority.len()..].contains('@'),
            "a password with @ / ? # or % in it is percent-encoded in a URL, such as %40 for @: {FORM}"
        );
        Ok(Self {
            text: Zeroizing::new(text.to_owned()),
            password: None,
        })
    }
}

impl fmt::Display for LedgerUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "postgres://{}", self.place().unwrap_or_default())
    }
}

impl fmt::Debug for LedgerUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "LedgerUrl({self})")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_shows_where_and_nothing_else() {
        for (text, shown) in [
            (
                "postgres://line:s3cret@db.example:5433/line?sslmode=require&password=s3cret",
                "postgres://db.example:5433/line",
            ),
            (
                "postgresql://s3cret@%2Frun%2Fpg/x",
                "postgres://%2Frun%2Fpg/x",
            ),
            ("postgres://db?user=a&password=s3cret", "postgres://db"),
        ] {
            let url: LedgerUrl = text.parse().unwrap();
            assert_eq!(url.to_string(), shown);
            assert_eq!(format!("{url:?}"), format!("LedgerUrl({shown})"));
        }
        for text in [
            "s3cret",
            "mysql://a:s3cret@b/c",
            "postgres://a:s3/cret@b/c",
            "postgres://a:s3?cret@b/c",
            "postgres://a:s3@cret@b/c",
        ] {
            let said = format!("{:#}", text.parse::<LedgerUrl>().unwrap_err());
            assert!(!said.contains("s3") && !said.contains("cret"), "{said}");
        }
    }
}
