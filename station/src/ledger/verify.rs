//! Checks a ledger from its first entry to its last.

use std::collections::HashMap;
use std::fmt;

use anyhow::{Context, Result, ensure};
use serde_json::Value;
use sha2::{Digest, Sha256};

use super::backend::View;
use super::entry::{BEGINNING, Entry, Hash};
use super::model::Filter;
use crate::random::to_hex;

/// What was found to be in order.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Verdict {
    /// Entries.
    pub entries: u64,
    /// Issued certificates.
    pub certificates: u64,
    /// SHA-256 of the last entry. Whoever wrote it down earlier, with its number, can tell whether
    /// entries were cut off at the end.
    pub head: [u8; 32],
}

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            entries,
            certificates,
            head,
        } = self;
        write!(
            f,
            "sound entries={entries} certificates={certificates} head={}",
            to_hex(head)
        )
    }
}

const PAGE: u32 = 1000;

/// Checks numbers and hashes; that each certificate has its one entry, and each such entry its
/// certificate, byte for byte; and that revocations are in both.
///
/// # Errors
///
/// Says the first thing that is not in order.
pub(crate) fn verify(view: &dyn View) -> Result<Verdict> {
    view.check()?;
    let mut walk = Walk::default();
    loop {
        let page = view.entries(walk.seq, None, PAGE)?;
        for entry in &page {
            walk.step(entry)?;
        }
        if page.is_empty() {
            break;
        }
    }
    let certificates = walk.compare(view)?;
    Ok(Verdict {
        entries: walk.seq,
        certificates,
        head: walk.hash,
    })
}

struct Walk {
    seq: u64,
    hash: Hash,
    /// By serial number: SHA-256 of the certificate, and whether it was revoked.
    issued: HashMap<String, (String, bool)>,
}

impl Default for Walk {
    fn default() -> Self {
        Self {
            seq: 0,
            hash: BEGINNING,
            issued: HashMap::new(),
        }
    }
}

impl Walk {
    fn step(&mut self, entry: &Entry) -> Result<()> {
        let expected = self.seq + 1;
        ensure!(
            entry.seq == expected,
            "entry {expected} is missing: {} follows {}",
            entry.seq,
            self.seq
        );
        ensure!(
            entry.hash(&self.hash) == entry.hash,
            "entry {expected} is not what was written: its hash does not fit"
        );
        (self.seq, self.hash) = (entry.seq, entry.hash);
        if !matches!(entry.kind.as_str(), "issued" | "renewed" | "revoked") {
            return Ok(());
        }
        let facts: Value = serde_json::from_str(&entry.facts)
            .with_context(|| format!("entry {expected} is not JSON"))?;
        let fact = |name: &str| {
            let text = facts.get(name).and_then(Value::as_str);
            text.map(str::to_owned)
                .with_context(|| format!("entry {expected} names no {name}"))
        };
        let serial = fact("serial")?;
        if entry.kind == "revoked" {
            let issued = self.issued.get_mut(&serial);
            issued
                .with_context(|| format!("entry {expected} revokes {serial}, never issued"))?
                .1 = true;
        } else {
            let first = self.issued.insert(serial.clone(), (fact("sha256")?, false));
            ensure!(
                first.is_none(),
                "entry {expected} issues {serial} a second time"
            );
        }
        Ok(())
    }

    /// Compares what the entries say with the certificates themselves.
    fn compare(&mut self, view: &dyn View) -> Result<u64> {
        let mut filter = Filter {
            limit: PAGE,
            ..Filter::default()
        };
        let mut count = 0;
        loop {
            let page = view.certificates(&filter)?;
            for certificate in &page {
                let serial = &certificate.serial;
                let (sha256, revoked) = self
                    .issued
                    .remove(serial)
                    .with_context(|| format!("certificate {serial} has no entry"))?;
                let der = certificate
                    .chain
                    .first()
                    .context("a certificate without bytes")?;
                ensure!(
                    to_hex(&Sha256::digest(der)) == sha256,
                    "certificate {serial} is not the one that was issued"
                );
                ensure!(
                    revoked == certificate.revocation.is_some(),
                    "certificate {serial}: its revocation and its entries differ"
                );
                count += 1;
            }
            match page.last() {
                Some(last) => filter.after.clone_from(&last.serial),
                None => break,
            }
        }
        if let Some(serial) = self.issued.keys().min() {
            anyhow::bail!("certificate {serial} was issued and is not kept");
        }
        Ok(count)
    }
}
