//! The ledger: its entries, all of them as a file, and whether they are sound.

use std::sync::Arc;

use axum::body::Body;
use futures_util::stream;
use serde::Deserialize;
use serde_json::{Value, json};

use super::Desk;
use super::call::{Call, Limit, MOST, broken, page};
use super::error::Error;
use super::reply::Reply;
use crate::ledger::{Format, entry_csv, entry_json};
use crate::log;
use crate::random::to_hex;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Which {
    #[serde(default)]
    after: u64,
    subject: Option<String>,
    #[serde(default)]
    limit: Limit,
}

/// The largest number that every reader of JSON can tell from its neighbours (RFC 8259, section 6).
const LAST: u64 = (1 << 53) - 1;

/// `GET /ledger`
pub(super) fn list(call: &Call) -> Result<Reply, Error> {
    let Which {
        after,
        subject,
        limit,
    } = call.query()?;
    if after > LAST {
        let why = "after is the number of an entry".to_owned();
        return Err(Error::Query { why });
    }
    let found = call.ledger().entries(after, subject.as_deref(), limit.0);
    let found = found.map_err(broken)?;
    let entries: Vec<Value> = found.iter().map(entry_json).collect();
    let last = found.last().map(|entry| entry.seq);
    Ok(Reply::json(&page("entries", &entries, limit, last)))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Export {
    #[serde(default)]
    format: Word,
}

#[derive(Clone, Copy, Default, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Word {
    Csv,
    #[default]
    Jsonl,
}

/// `GET /ledger/export`: up to the entry that was the last when it was asked for.
pub(super) fn export(call: &Call) -> Result<Reply, Error> {
    let Export { format } = call.query()?;
    let head = call.ledger().counts(crate::clock::now()).map_err(broken)?;
    let (kind, named, format) = match format {
        Word::Csv => (
            "text/csv; charset=utf-8",
            "attachment; filename=\"ledger.csv\"",
            Format::Csv,
        ),
        Word::Jsonl => (
            "application/jsonl",
            "attachment; filename=\"ledger.jsonl\"",
            Format::JsonLines,
        ),
    };
    let walk = Walk {
        desk: Arc::clone(&call.desk),
        format,
        next: Some(0),
        end: head.entries,
    };
    // A page is read when the one before has been taken: a slow client holds no thread.
    let pages = stream::try_unfold(walk, |walk| async {
        let piece = tokio::task::spawn_blocking(move || walk.step()).await;
        piece.unwrap_or_else(|_| Err(std::io::Error::other("stopped")))
    });
    Ok(Reply::download(kind, named, Body::from_stream(pages)))
}

struct Walk {
    desk: Arc<Desk>,
    format: Format,
    /// Behind which entry to go on.
    next: Option<u64>,
    end: u64,
}

impl Walk {
    fn step(mut self) -> std::io::Result<Option<(Vec<u8>, Self)>> {
        let Some(after) = self.next else {
            return Ok(None);
        };
        let mut text = match (self.format, after) {
            (Format::Csv, 0) => Format::HEADER.as_bytes().to_vec(),
            _ => Vec::new(),
        };
        let page = self.desk.api.ledger.entries(after, None, MOST);
        let page = page.map_err(|error| {
            log::line("broken", &[("error", &format!("{error:#}"))]);
            std::io::Error::other("the ledger cannot be read")
        })?;
        for entry in page.iter().filter(|entry| entry.seq <= self.end) {
            match self.format {
                Format::Csv => text.extend(entry_csv(entry).as_bytes()),
                Format::JsonLines => text.extend(format!("{}\n", entry_json(entry)).as_bytes()),
            }
        }
        self.next = page.last().map(|last| last.seq);
        self.next = self.next.filter(|last| *last < self.end);
        Ok(Some((text, self)))
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Nothing {}

/// `GET /ledger/verify`
pub(super) fn verify(call: &Call) -> Result<Reply, Error> {
    let Nothing {} = call.query()?;
    let value = match call.ledger().verify() {
        Ok(verdict) => json!({
            "sound": true,
            "entries": verdict.entries,
            "certificates": verdict.certificates,
            "head": to_hex(&verdict.head),
        }),
        Err(error) => json!({ "sound": false, "problem": format!("{error:#}") }),
    };
    Ok(Reply::json(&value))
}
