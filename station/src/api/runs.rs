//! What pages tell of their units.

use serde::Deserialize;
use serde_json::{Value, json};
use signet_core::dps::RegistrationId;
use signet_core::run::{Outcome, Record};

use super::call::{Call, broken, is_name, unreadable};
use super::error::Error;
use super::reply::Reply;
use crate::clock;
use crate::ledger::{Event, Kind, Settled, Write};

/// Longest record, in bytes of JSON.
pub(super) const RECORD_LIMIT: usize = 64 * 1024;

/// The shape of records that this program knows.
const VERSION: u32 = 1;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Report {
    record: Value,
    batch: Option<String>,
}

/// `POST /runs`. The same record again changes nothing; another one of its run corrects it.
pub(super) fn report(call: &Call) -> Result<Reply, Error> {
    let Report { record, batch } = call.json()?;
    if holds_private_key(&record) {
        return Err(Error::PrivateKey);
    }
    let (record, id) = read(record)?;
    if let Some(batch) = batch.as_ref().filter(|name| !is_name(name)) {
        return Err(unreadable(format!("{batch:?} is no name of a batch")));
    }
    let facts = serde_json::to_value(&record).map_err(unreadable)?;
    if facts.to_string().len() > RECORD_LIMIT {
        let limit = RECORD_LIMIT;
        return Err(Error::BodyTooLarge { limit });
    }
    let facts = json!({ "record": facts, "batch": batch, "by": call.by() });
    // A run that failed before its board had a name is found by its own.
    let subject = id
        .as_ref()
        .map_or(record.run.as_str(), RegistrationId::as_str);
    let event = Event::new(Kind::Unit, subject, facts);
    let run = record.run.clone();
    let write = Write::Unit {
        id,
        record: Box::new(record),
        batch: batch.clone(),
    };
    let ledger = call.ledger();
    match ledger.commit(clock::now(), vec![write], vec![event]) {
        Ok(()) => Ok(Reply::done()),
        Err(error) if error.is::<Settled>() => Err(Error::RunSettled { run }),
        Err(error) => Err(match batch {
            None => broken(error),
            // The batch is looked at afterwards, because a record that is known already needs none.
            Some(name) => match ledger.batch(&name).map_err(broken)? {
                None => Error::BatchUnknown { name },
                Some(state) if state.closed_at.is_some() => Error::BatchClosed { name },
                Some(_) => broken(error),
            },
        }),
    }
}

fn read(given: Value) -> Result<(Record, Option<RegistrationId>), Error> {
    let record: Record = serde_json::from_value(given.clone()).map_err(unreadable)?;
    let known = serde_json::to_value(&record).map_err(unreadable)?;
    if let Some(name) = stranger(&given, &known) {
        return Err(unreadable(format!("unknown field `{name}` in the record")));
    }
    if record.version != VERSION {
        let version = record.version;
        return Err(unreadable(format!(
            "the record is of version {version}, and {VERSION} is known"
        )));
    }
    let plain = |b: u8| b.is_ascii_alphanumeric() || b"._:-".contains(&b);
    if !(1..=128).contains(&record.run.len()) || !record.run.bytes().all(plain) {
        let why = "the run's name is 1 to 128 letters, digits and . _ : -";
        return Err(unreadable(why));
    }
    if record.registration_id.is_empty() && record.outcome == Outcome::Fail {
        return Ok((record, None));
    }
    let id = RegistrationId::new(&record.registration_id).map_err(unreadable)?;
    Ok((record, Some(id)))
}

/// A field that was given and is not known: it would be lost.
fn stranger(given: &Value, known: &Value) -> Option<String> {
    match (given, known) {
        (Value::Object(given), Value::Object(known)) => {
            given
                .iter()
                .find_map(|(name, value)| match known.get(name) {
                    None => Some(name.clone()),
                    Some(known) => stranger(value, known),
                })
        }
        (Value::Array(given), Value::Array(known)) => {
            let mut pairs = given.iter().zip(known);
            pairs.find_map(|(given, known)| stranger(given, known))
        }
        _ => None,
    }
}

/// Whether there is the label of a private key in any text (RFC 7468, sections 10, 11 and 13).
fn holds_private_key(value: &Value) -> bool {
    match value {
        Value::String(text) => text.contains("PRIVATE KEY"),
        Value::Array(items) => items.iter().any(holds_private_key),
        Value::Object(fields) => fields
            .iter()
            .any(|(name, value)| name.contains("PRIVATE KEY") || holds_private_key(value)),
        Value::Null | Value::Bool(_) | Value::Number(_) => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn records_are_read_whole_or_not_at_all() {
        let record = Record {
            version: 1,
            run: "run-1".to_owned(),
            registration_id: "Dev-1".to_owned(),
            outcome: Outcome::Pass,
            ..Record::default()
        };
        let value = serde_json::to_value(&record).unwrap();
        let id = read(value.clone()).unwrap().1;
        assert_eq!(id.unwrap().as_str(), "dev-1");
        for (name, wrong) in [
            ("version", json!(2)),
            ("run", json!("")),
            ("run", json!("a b")),
            ("registrationId", json!("")),
            ("outcome", json!("perhaps")),
            ("extra", json!(1)),
            ("timings", json!([{ "phase": "x", "ms": 1, "us": 2 }])),
        ] {
            let mut value = value.clone();
            value[name] = wrong;
            assert!(read(value.clone()).is_err(), "{value}");
        }
        // Only what failed may have no name.
        let mut value = value;
        value["registrationId"] = json!("");
        value["outcome"] = json!("fail");
        assert_eq!(read(value.clone()).unwrap().1, None);
        value["fault"] =
            json!({ "code": "x", "what": "-----BEGIN EC PRIVATE KEY-----", "next": "" });
        assert!(holds_private_key(&value));
    }
}
