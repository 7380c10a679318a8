//! Who may use the station's HTTP API: names, roles, and the SHA-256 of each token.
//!
//! `operators.json` is replaced as a whole, also while a station runs, which reads it again when it
//! has changed.

use std::fs::{self, File, Metadata};
use std::path::{Path, PathBuf};
use std::str::FromStr;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::SystemTime;

use anyhow::{Context, Result, bail, ensure};
use base64ct::{Base64UrlUnpadded, Encoding};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use subtle::{Choice, ConstantTimeEq};
use zeroize::Zeroizing;

use crate::files::{self, Privacy};
use crate::{clock, namespace, random};

/// What somebody may do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Role {
    /// Reads, and reports runs.
    Operator,
    /// Also revokes, disables, and manages policies and batches.
    Supervisor,
}

impl Role {
    /// The word in files and answers.
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Operator => "operator",
            Self::Supervisor => "supervisor",
        }
    }
}

impl FromStr for Role {
    type Err = anyhow::Error;

    fn from_str(text: &str) -> Result<Self> {
        match text {
            "operator" => Ok(Self::Operator),
            "supervisor" => Ok(Self::Supervisor),
            _ => bail!("{text:?} is no role: operator or supervisor"),
        }
    }
}

/// One entry of `operators.json`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct Operator {
    pub(crate) name: String,
    pub(crate) role: Role,
    /// SHA-256 of the token, lower-case hex. The token is 32 random bytes: nobody can guess it from this.
    token_sha256: String,
    created: String,
}

/// The operators of a running station.
pub(crate) struct Operators {
    path: PathBuf,
    known: Mutex<Option<Known>>,
}

/// What was read, and the mark of the file from which.
struct Known {
    mark: Option<Mark>,
    list: Arc<[Operator]>,
}

type Mark = (Option<SystemTime>, u64, u64);

impl Operators {
    pub(crate) fn new(data: &Path) -> Self {
        Self {
            path: data.join(FILE),
            known: Mutex::default(),
        }
    }

    /// Everybody, as the file says now.
    pub(crate) fn list(&self) -> Result<Arc<[Operator]>> {
        // Before the file is read: a change in between is seen the next time.
        let mark = fs::metadata(&self.path).ok().as_ref().map(mark);
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = known.as_ref().filter(|known| known.mark == mark) {
            return Ok(Arc::clone(&known.list));
        }
        let list: Arc<[Operator]> = load(&self.path)?.into();
        *known = Some(Known {
            mark,
            list: Arc::clone(&list),
        });
        Ok(list)
    }
}

/// Whose token it is. Takes as long for a wrong one as for a right one.
pub(crate) fn whose<'a>(list: &'a [Operator], token: &str) -> Option<&'a Operator> {
    let presented = sha256(token);
    let mut found = None;
    for operator in list {
        let same: Choice = operator.token_sha256.as_bytes().ct_eq(presented.as_bytes());
        if bool::from(same) {
            found = Some(operator);
        }
    }
    found
}

/// Adds an operator, and gives the token, which is kept nowhere. Also while the station runs.
///
/// # Errors
///
/// If there is no station or already an operator of that name, or the file cannot be written.
pub fn add_operator(data: &Path, name: &str, role: Role) -> Result<Zeroizing<String>> {
    let plain = |c: char| c.is_ascii_alphanumeric() || " .-_@".contains(c);
    ensure!(
        (1..=64).contains(&name.len()) && name.trim() == name && name.chars().all(plain),
        "{name:?} is no name for an operator: 1 to 64 letters, digits, spaces and . - _ @"
    );
    change(data, |list| {
        ensure!(
            list.iter().all(|operator| operator.name != name),
            "there is already an operator {name:?}: remove the old one first"
        );
        let secret = random::bytes::<32>()?;
        let encoded = Zeroizing::new(Base64UrlUnpadded::encode_string(secret.as_slice()));
        let token = Zeroizing::new(format!("{PREFIX}{}", *encoded));
        list.push(Operator {
            name: name.to_owned(),
            role,
            token_sha256: sha256(&token),
            created: clock::now().to_string(),
        });
        Ok(token)
    })
}

/// Removes an operator, whose token then opens nothing. Also while the station runs.
///
/// # Errors
///
/// If there is no such operator, or the file cannot be written.
pub fn remove_operator(data: &Path, name: &str) -> Result<()> {
    change(data, |list| {
        let before = list.len();
        list.retain(|operator| operator.name != name);
        ensure!(list.len() < before, "there is no operator {name:?}");
        Ok(())
    })
}

/// One line for each operator: name, role, and since when.
///
/// # Errors
///
/// If the file cannot be read.
pub fn list_operators(data: &Path) -> Result<Vec<String>> {
    let list = load(&data.join(FILE))?;
    let line = |it: &Operator| format!("{}\t{}\t{}", it.name, it.role.as_str(), it.created);
    Ok(list.iter().map(line).collect())
}

/// What every token begins with, so that one that got lost is recognised.
pub(crate) const PREFIX: &str = "sgn_";
const FILE: &str = "operators.json";

fn load(path: &Path) -> Result<Vec<Operator>> {
    Ok(files::read_json(path)?.unwrap_or_default())
}

fn change<T>(data: &Path, change: impl FnOnce(&mut Vec<Operator>) -> Result<T>) -> Result<T> {
    ensure!(
        namespace::exists(data),
        "there is no station in {}",
        data.display()
    );
    // One at a time; not the station's own lock, which it holds while it runs.
    let path = data.join(".operators.lock");
    let lock = File::create(&path).with_context(|| format!("cannot make {}", path.display()))?;
    lock.lock()?;
    let path = data.join(FILE);
    let mut list = load(&path)?;
    let result = change(&mut list)?;
    files::replace_json(&path, &list, Privacy::Owner)?;
    lock.unlock()?;
    Ok(result)
}

fn sha256(token: &str) -> String {
    random::to_hex(&Sha256::digest(token))
}

/// Each replacement is another file, with another moment.
#[cfg(unix)]
fn mark(file: &Metadata) -> Mark {
    use std::os::unix::fs::MetadataExt;
    (file.modified().ok(), file.len(), file.ino())
}

#[cfg(not(unix))]
fn mark(file: &Metadata) -> Mark {
    (file.modified().ok(), file.len(), 0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tokens_are_known_by_their_hash_only() {
        let folder = tempfile::tempdir().unwrap();
        let data = folder.path().join("data");
        assert!(
            add_operator(&data, "ann", Role::Operator).is_err(),
            "no station"
        );
        crate::init(&data).unwrap();
        let operators = Operators::new(&data);
        assert!(operators.list().unwrap().is_empty());
        let ann = add_operator(&data, "ann", Role::Operator).unwrap();
        let bob = add_operator(&data, "bob", Role::Supervisor).unwrap();
        assert!(ann.starts_with(PREFIX) && ann.len() == 47 && *ann != *bob);
        assert!(add_operator(&data, "ann", Role::Supervisor).is_err());
        for name in ["", " ann", "a\nb", "a\"", &"a".repeat(65)] {
            assert!(
                add_operator(&data, name, Role::Operator).is_err(),
                "{name:?}"
            );
        }
        let text = fs::read_to_string(data.join(FILE)).unwrap();
        assert!(!text.contains(&ann[4..]) && text.contains(&sha256(&ann)));
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            let mode = fs::metadata(data.join(FILE)).unwrap().permissions().mode();
            assert_eq!(mode & 0o777, 0o600);
        }

        let list = operators.list().unwrap();
        let name = |token: &str| whose(&list, token).map(|found| found.name.clone());
        assert_eq!(name(&ann).as_deref(), Some("ann"));
        assert_eq!(name(&bob).as_deref(), Some("bob"));
        for wrong in ["", PREFIX, &ann[..46], &sha256(&ann)] {
            assert_eq!(name(wrong), None);
        }
        assert!(list_operators(&data).unwrap()[1].starts_with("bob\tsupervisor\t20"));

        remove_operator(&data, "ann").unwrap();
        assert!(remove_operator(&data, "ann").is_err());
        let list = operators.list().unwrap();
        assert!(whose(&list, &ann).is_none() && whose(&list, &bob).is_some());
        fs::write(data.join(FILE), "[").unwrap();
        assert!(operators.list().is_err(), "a damaged file lets nobody in");
    }
}
