//! The ledger, written out.

use std::io::Write;

use anyhow::{Result, bail};
use serde_json::{Value, json};

use super::backend::View;
use super::entry::Entry;
use crate::random::to_hex;

/// How entries are written out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Format {
    /// RFC 4180, with a line of names.
    Csv,
    /// One JSON object a line.
    JsonLines,
}

impl Format {
    /// The first line of CSV.
    pub(crate) const HEADER: &str = "seq,at,kind,subject,facts,hash\r\n";
}

impl std::str::FromStr for Format {
    type Err = anyhow::Error;

    fn from_str(text: &str) -> Result<Self> {
        match text {
            "csv" => Ok(Self::Csv),
            "jsonl" => Ok(Self::JsonLines),
            _ => bail!("{text:?} is no format: csv or jsonl"),
        }
    }
}

/// Writes all entries behind a number.
pub(crate) fn export(
    view: &dyn View,
    format: Format,
    mut after: u64,
    out: &mut impl Write,
) -> Result<()> {
    if format == Format::Csv {
        out.write_all(Format::HEADER.as_bytes())?;
    }
    loop {
        let page = view.entries(after, None, 1000)?;
        for entry in &page {
            match format {
                Format::Csv => out.write_all(entry_csv(entry).as_bytes())?,
                Format::JsonLines => writeln!(out, "{}", entry_json(entry))?,
            }
            after = entry.seq;
        }
        if page.is_empty() {
            return Ok(());
        }
    }
}

/// An entry as JSON. `facts` is the text that was hashed.
pub(crate) fn entry_json(entry: &Entry) -> Value {
    json!({
        "seq": entry.seq,
        "at": entry.at.to_string(),
        "kind": entry.kind,
        "subject": entry.subject,
        "facts": entry.facts,
        "hash": to_hex(&entry.hash),
    })
}

/// An entry as a line of CSV.
pub(crate) fn entry_csv(entry: &Entry) -> String {
    let (seq, at, hash) = (
        entry.seq.to_string(),
        entry.at.to_string(),
        to_hex(&entry.hash),
    );
    let cells = [&seq, &at, &entry.kind, &entry.subject, &entry.facts, &hash];
    let mut line = String::new();
    signet_core::csv::row(&mut line, &cells.map(String::as_str));
    line
}
