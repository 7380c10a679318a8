//! Whom the ledger was told of, so that it can be told of the others.
//!
//! Beside `operators.json` lies `operators.told.json`, what that file was when the ledger was told last.
//! The difference is what is to be told, also of a file that somebody changed by hand. It is written
//! after the ledger: a crash in between has the same entries told twice, never none.

use std::path::{Path, PathBuf};

use anyhow::Result;
use serde_json::{Value, json};

use super::Operator;
use crate::clock;
use crate::files::{self, Privacy};
use crate::ledger::{Event, Kind, Ledger};

/// Whom the ledger was told of.
pub(super) struct Told {
    path: PathBuf,
    list: Vec<Operator>,
}

impl Told {
    /// What was written down, but for whom this ledger knows nothing of: it may be another one by now.
    pub(super) fn open(operators: &Path, ledger: &Ledger) -> Result<Self> {
        let path = operators.with_file_name(FILE);
        let mut list: Vec<Operator> = files::read_json(&path)?.unwrap_or_default();
        let mut result = Ok(());
        list.retain(|operator| match is_in(ledger, operator) {
            Ok(known) => known,
            Err(error) => {
                result = Err(error);
                false
            }
        });
        result.map(|()| Self { path, list })
    }

    /// Whether the ledger was told of somebody, by this role and this token.
    pub(super) fn knows(&self, operator: &Operator) -> bool {
        self.list.contains(operator)
    }

    /// Tells the ledger who was removed and who was added.
    pub(super) fn tell(&mut self, ledger: &Ledger, now: &[Operator]) -> Result<()> {
        let removed = self.list.iter().filter(|it| !now.contains(it));
        let removed = removed.map(|it| event(Kind::OperatorRemoved, it));
        let added = now.iter().filter(|it| !self.knows(it));
        let added = added.map(|it| event(Kind::OperatorAdded, it));
        let events: Vec<Event> = removed.chain(added).collect();
        if events.is_empty() {
            return Ok(());
        }
        ledger.commit(clock::now(), Vec::new(), events)?;
        now.clone_into(&mut self.list);
        files::replace_json(&self.path, &now, Privacy::Owner)
    }
}

const FILE: &str = "operators.told.json";

/// Neither the token nor its hash, which would let who reads the ledger test a token that was found.
fn event(kind: Kind, operator: &Operator) -> Event {
    let facts = json!({ "role": operator.role.as_str(), "since": operator.created });
    Event::new(kind, operator.name.as_str(), facts)
}

/// Whether the ledger says that somebody was added.
fn is_in(ledger: &Ledger, operator: &Operator) -> Result<bool> {
    let mut after = 0;
    loop {
        let page = ledger.entries(after, Some(&operator.name), PAGE)?;
        let added = page
            .iter()
            .filter(|entry| entry.kind == Kind::OperatorAdded.as_str())
            .filter_map(|entry| serde_json::from_str::<Value>(&entry.facts).ok())
            .any(|facts| facts["since"] == operator.created.as_str());
        match page.last() {
            _ if added => return Ok(true),
            Some(last) => after = last.seq,
            None => return Ok(false),
        }
    }
}

const PAGE: u32 = 1000;
