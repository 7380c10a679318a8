//! Batches: which units were expected, and what became of each.

use std::collections::BTreeSet;

use serde::Deserialize;
use serde_json::{Value, json};
use signet_core::UnixTime;
use signet_core::dps::RegistrationId;

use super::call::{Call, NAME, broken, is_name, page, unreadable};
use super::error::Error;
use super::reply::Reply;
use super::status::Paging;
use crate::clock;
use crate::ledger::{BatchState, Event, Kind, Write};

/// `GET /batches`: the youngest first.
pub(super) fn list(call: &Call) -> Result<Reply, Error> {
    let Paging { after, limit } = call.query()?;
    let all = call.ledger().batches(u32::MAX).map_err(broken)?;
    let rest = match after {
        None => all.as_slice(),
        Some(name) => {
            let at = all.iter().position(|batch| batch.name == name);
            let at = at.ok_or(Error::BatchUnknown { name })?;
            all.get(at + 1..).unwrap_or_default()
        }
    };
    let count = usize::try_from(limit.0).unwrap_or(usize::MAX);
    let rest = rest.get(..count).unwrap_or(rest);
    let batches: Vec<Value> = rest.iter().map(shown).collect();
    let last = rest.last().map(|batch| batch.name.as_str());
    Ok(Reply::json(&page("batches", &batches, limit, last)))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Open {
    name: String,
    expected: Vec<String>,
}

/// Most units in the list of a batch.
const UNITS: usize = 10_000;

/// `POST /batches`
pub(super) fn open(call: &Call) -> Result<Reply, Error> {
    let Open { name, expected } = call.json()?;
    if !is_name(&name) {
        return Err(unreadable(format!("{name:?} is no name: {NAME}")));
    }
    let expected = ids(&expected)?;
    let facts = json!({ "expected": expected, "by": call.by() });
    let event = Event::new(Kind::BatchOpened, name.as_str(), facts);
    let write = Write::BatchOpened {
        name: name.clone(),
        expected,
    };
    let ledger = call.ledger();
    if let Err(error) = ledger.commit(clock::now(), vec![write], vec![event]) {
        return Err(match ledger.batch(&name).map_err(broken)? {
            Some(_) => Error::BatchExists { name },
            None => broken(error),
        });
    }
    find(call, &name).map(|state| Reply::created(&shown(&state)))
}

/// As devices register: in lower case, and each once.
fn ids(expected: &[String]) -> Result<Vec<RegistrationId>, Error> {
    if expected.len() > UNITS {
        return Err(unreadable(format!("a batch expects at most {UNITS} units")));
    }
    let mut seen = BTreeSet::new();
    let mut list = Vec::with_capacity(expected.len());
    for text in expected {
        let id = RegistrationId::new(text).map_err(unreadable)?;
        if id.as_str() != text {
            return Err(unreadable(format!("{text:?}: write it in lower case")));
        }
        if !seen.insert(id.clone()) {
            return Err(unreadable(format!("{id} stands twice in the batch")));
        }
        list.push(id);
    }
    Ok(list)
}

/// `GET /batches/{name}`
pub(super) fn one(call: &Call) -> Result<Reply, Error> {
    let name = call.plain_name()?;
    let mut value = shown(&find(call, name)?);
    let units = call.ledger().units(name).map_err(broken)?;
    value["units"] = json!(units);
    Ok(Reply::json(&value))
}

/// `POST /batches/{name}/close`
pub(super) fn close(call: &Call) -> Result<Reply, Error> {
    let name = call.plain_name()?;
    let event = Event::new(Kind::BatchClosed, name, json!({ "by": call.by() }));
    let write = Write::BatchClosed {
        name: name.to_owned(),
    };
    let result = call.ledger().commit(clock::now(), vec![write], vec![event]);
    let state = find(call, name)?;
    match result {
        Ok(()) => Ok(Reply::json(&shown(&state))),
        Err(_) if state.closed_at.is_some() => Err(Error::BatchClosed { name: state.name }),
        Err(error) => Err(broken(error)),
    }
}

pub(super) fn find(call: &Call, name: &str) -> Result<BatchState, Error> {
    let state = call.ledger().batch(name).map_err(broken)?;
    state.ok_or_else(|| Error::BatchUnknown {
        name: name.to_owned(),
    })
}

/// How far a batch is.
pub(super) fn shown(state: &BatchState) -> Value {
    let moment = |seconds: i64| UnixTime(u64::try_from(seconds).unwrap_or(0)).to_string();
    json!({
        "name": state.name,
        "openedAt": moment(state.opened_at),
        "closedAt": state.closed_at.map(moment),
        "expected": state.expected,
        "done": state.done,
        "failed": state.failed,
        "remaining": state.remaining,
        "unexpected": state.unexpected,
    })
}
