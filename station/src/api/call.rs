//! A request to the API, as its endpoints see it.

use std::sync::Arc;

use axum::extract::Query;
use axum::http::Uri;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use signet_core::dps::RegistrationId;

use super::Desk;
use super::access::Who;
use super::error::Error;
use crate::ledger::Ledger;
use crate::log;
use crate::namespace::Namespace;

/// A request that its sender may make.
pub(super) struct Call {
    pub(super) desk: Arc<Desk>,
    pub(super) by: Option<Who>,
    /// The variable part of the path, decoded; empty if it has none.
    pub(super) name: String,
    pub(super) uri: Uri,
    pub(super) body: Vec<u8>,
}

impl Call {
    pub(super) fn ledger(&self) -> &Ledger {
        &self.desk.api.ledger
    }

    pub(super) fn namespace(&self) -> &Namespace {
        &self.desk.api.namespace
    }

    /// Refuses what concerns the embedded DPS, if another one issues.
    pub(super) fn issues_here(&self) -> Result<(), Error> {
        match &self.desk.elsewhere {
            None => Ok(()),
            Some(dps) => Err(Error::Relays {
                upstream: dps.url.clone(),
            }),
        }
    }

    /// Who acts, for the ledger.
    pub(super) fn by(&self) -> Option<&str> {
        self.by.as_ref().map(|who| who.name.as_str())
    }

    /// The query, of which every part is known.
    pub(super) fn query<T: DeserializeOwned>(&self) -> Result<T, Error> {
        let Query(query) = Query::try_from_uri(&self.uri).map_err(|rejection| Error::Query {
            why: std::error::Error::source(&rejection)
                .map_or_else(|| rejection.body_text(), ToString::to_string),
        })?;
        Ok(query)
    }

    /// The body, of which every part is known.
    pub(super) fn json<T: DeserializeOwned>(&self) -> Result<T, Error> {
        let value = serde_json::from_slice(&self.body).map_err(unreadable)?;
        serde_json::from_value(whole(value)).map_err(unreadable)
    }

    /// The registration ID in the path.
    pub(super) fn id(&self) -> Result<RegistrationId, Error> {
        RegistrationId::new(&self.name).map_err(|error| Error::Path {
            why: error.to_string(),
        })
    }

    /// The name in the path, of a batch or a policy.
    pub(super) fn plain_name(&self) -> Result<&str, Error> {
        let name = self.name.as_str();
        is_name(name).then_some(name).ok_or_else(|| Error::Path {
            why: format!("{name:?} is no name: {NAME}"),
        })
    }
}

/// To JSON Schema 4.0 is an integer, and to serde it is none.
fn whole(value: Value) -> Value {
    match value {
        Value::Array(items) => items.into_iter().map(whole).collect(),
        Value::Object(fields) => fields
            .into_iter()
            .map(|(name, value)| (name, whole(value)))
            .collect(),
        Value::Number(number) => {
            let float = number.as_f64().filter(|_| number.is_f64());
            let whole = float.filter(|float| float.fract() == 0.0);
            let digits = whole.map(|float| format!("{float:.0}"));
            let integer = digits.and_then(|digits| {
                let negative = digits.parse::<i64>().map(Value::from);
                negative
                    .or_else(|_| digits.parse::<u64>().map(Value::from))
                    .ok()
            });
            integer.unwrap_or(Value::Number(number))
        }
        other => other,
    }
}

pub(super) fn unreadable(error: impl ToString) -> Error {
    Error::Unreadable {
        why: error.to_string(),
    }
}

/// Trouble of our own: told to the log, not to who asks.
pub(super) fn broken(error: anyhow::Error) -> Error {
    log::line("broken", &[("error", &format!("{error:#}"))]);
    Error::Internal
}

/// What a batch or a policy may be called.
pub(super) const NAME: &str = "1 to 64 letters, digits and . _ -, a letter or digit first";

pub(super) fn is_name(text: &str) -> bool {
    let plain = |b: u8| b.is_ascii_alphanumeric() || b"._-".contains(&b);
    (1..=64).contains(&text.len())
        && text.bytes().all(plain)
        && text.as_bytes()[0].is_ascii_alphanumeric()
}

/// How many to answer with.
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(try_from = "u32")]
pub(super) struct Limit(pub(super) u32);

impl Default for Limit {
    fn default() -> Self {
        Self(100)
    }
}

impl TryFrom<u32> for Limit {
    type Error = &'static str;

    fn try_from(limit: u32) -> Result<Self, Self::Error> {
        match limit {
            1..=MOST => Ok(Self(limit)),
            _ => Err("limit is 1 to 1000"),
        }
    }
}

/// Most of anything in one answer.
pub(super) const MOST: u32 = 1000;

/// A page of a list: behind what to go on, if there may be more.
pub(super) fn page<T: Serialize, N: Serialize>(
    name: &str,
    items: &[T],
    limit: Limit,
    last: Option<N>,
) -> Value {
    let full = u32::try_from(items.len()).is_ok_and(|count| count >= limit.0);
    json!({ name: items, "next": last.filter(|_| full) })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whole_numbers_are_integers() {
        let given = json!({ "a": [4.0, 4.5, -1.0], "b": { "c": 1e300 }, "d": "4.0", "e": 7 });
        let value = json!({ "a": [4, 4.5, -1], "b": { "c": 1e300 }, "d": "4.0", "e": 7 });
        assert_eq!(whole(given).to_string(), value.to_string());
    }

    #[test]
    fn names_are_plain() {
        for name in ["a", "B-1_2.c", &"a".repeat(64)] {
            assert!(is_name(name), "{name}");
        }
        for name in ["", ".a", "-a", "a b", "a/b", "ä", &"a".repeat(65)] {
            assert!(!is_name(name), "{name}");
        }
    }
}
