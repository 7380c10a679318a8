//! Who may use the station's HTTP API: names, roles, and the SHA-256 of each token.
//!
//! `operators.json` is replaced as a whole, also while a station runs, which reads it again when it
//! has changed. Whoever has the right to write the ledger tells it of the change before a new token
//! opens anything ([`told`]).

mod told;

use std::fs::File;
use std::path::{Path, PathBuf};
use std::str::FromStr;
use std::sync::{Arc, Mutex, PoisonError};

use anyhow::{Context, Result, bail, ensure};
use base64ct::{Base64UrlUnpadded, Encoding};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use subtle::{Choice, ConstantTimeEq};
use zeroize::Zeroizing;

use crate::files::{self, Mark, Privacy};
use crate::ledger::{Ledger, LedgerPlace};
use crate::{clock, ledger, log, namespace, random};
use told::Told;

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
    known: Mutex<Known>,
}

#[derive(Default)]
struct Known {
    /// Whom the ledger was told of; read when it is first wanted.
    told: Option<Told>,
    /// What was read last, and the mark of the file from which, once the ledger has been told.
    roll: Option<(Option<Mark>, Arc<Roll>)>,
}

/// Who may use the API at a moment.
#[derive(Debug)]
pub(crate) struct Roll {
    /// Whether the file names anybody.
    pub(crate) begun: bool,
    /// Those in the file of whom the ledger knows.
    list: Vec<Operator>,
}

impl Operators {
    pub(crate) fn new(data: &Path) -> Self {
        Self {
            path: data.join(FILE),
            known: Mutex::default(),
        }
    }

    /// Everybody, if nothing has changed since the ledger was told.
    pub(crate) fn unchanged(&self) -> Option<Arc<Roll>> {
        let mark = files::mark(&self.path);
        let known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        let (known, roll) = known.roll.as_ref()?;
        (*known == mark).then(|| Arc::clone(roll))
    }

    /// Everybody, as the file says now. Tells the ledger first of whom it does not know; when it cannot
    /// be told, whoever is new is not let in, and whoever is removed is not either. Blocks.
    pub(crate) fn read(&self, ledger: &Ledger) -> Result<Arc<Roll>> {
        // Before the file is read: a change in between is seen the next time.
        let mark = files::mark(&self.path);
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((_, roll)) = known.roll.as_ref().filter(|(known, _)| *known == mark) {
            return Ok(Arc::clone(roll));
        }
        let list = load(&self.path)?;
        let mut told = match known.told.take() {
            Some(told) => told,
            None => Told::open(&self.path, ledger)?,
        };
        let heard = told.tell(ledger, &list);
        let roll = Arc::new(Roll {
            begun: !list.is_empty(),
            list: list.into_iter().filter(|it| told.knows(it)).collect(),
        });
        known.told = Some(told);
        known.roll = heard.is_ok().then(|| (mark, Arc::clone(&roll)));
        if let Err(error) = heard {
            log::line("broken", &[("error", &format!("{error:#}"))]);
        }
        Ok(roll)
    }
}

impl Roll {
    /// Whose token it is. Takes as long for a wrong one as for a right one.
    pub(crate) fn whose(&self, token: &str) -> Option<&Operator> {
        let presented = sha256(token);
        let mut found = None;
        for operator in &self.list {
            let same: Choice = operator.token_sha256.as_bytes().ct_eq(presented.as_bytes());
            if bool::from(same) {
                found = Some(operator);
            }
        }
        found
    }
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
    if let Err(error) = tell_here(data) {
        // What was done stays done, and the station tells of it at its next start.
        log::line("broken", &[("error", &format!("{error:#}"))]);
    }
    lock.unlock()?;
    Ok(result)
}

/// Tells the ledger in a station's folder while no station does. A station that runs has seen the file
/// itself, and one whose ledger is elsewhere, or not yet begun, tells it at its next start.
fn tell_here(data: &Path) -> Result<()> {
    if LedgerPlace::from_environment()?.is_some() || !ledger::is_in(data) {
        return Ok(());
    }
    let Ok(_lock) = namespace::lock(data) else {
        return Ok(());
    };
    Operators::new(data).read(&Ledger::open(data)?).map(drop)
}

fn sha256(token: &str) -> String {
    random::to_hex(&Sha256::digest(token))
}

#[cfg(test)]
mod tests;
