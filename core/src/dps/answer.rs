//! From the bytes of one answer to what it means.

use super::code::ServiceCode;
use super::error::Hint;
use super::relay::{self, RelayFault};
use super::wire::{ErrorDetails, OperationStatus, RegistrationState, Status};
use super::{Assignment, Attestation, CHAIN_LIMIT, Error, Substatus};
use crate::UnixTime;
use crate::chain;
use crate::http::{BODY_LIMIT, Response};

/// What one answer means.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Meaning {
    /// Done.
    Assigned(Assignment),
    /// At work, in this operation if it was named.
    Assigning(Option<String>),
    /// Over.
    Failed(Error),
    /// Worth another attempt; the error if there is none.
    Transient(Transient),
}

/// Trouble that passes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Transient {
    /// HTTP 503 or 504 of the relay, with its words.
    Relay(RelayFault, String),
    /// HTTP 408 or 5xx, with the seconds to wait.
    ServiceDown(u16, Option<u32>),
    /// HTTP 429, with the seconds to wait.
    Throttled(Option<u32>),
    /// No answer, with the transport's words.
    Unreachable(String),
}

impl Transient {
    /// The error that remains after `attempts` attempts.
    pub(super) fn into_error(self, attempts: u32) -> Error {
        match self {
            Self::Relay(fault, message) => Error::Relay { fault, message },
            Self::ServiceDown(status, retry_after) => Error::ServiceDown {
                status,
                attempts,
                retry_after,
            },
            Self::Throttled(retry_after) => Error::Throttled {
                attempts,
                retry_after,
            },
            Self::Unreachable(reason) => Error::Unreachable { attempts, reason },
        }
    }
}

/// Reads an answer to a registration or a lookup of its operation.
pub(super) fn read(
    response: &Response,
    registration_id: &str,
    attestation: Attestation,
    now: UnixTime,
) -> Meaning {
    if response.body.len() > BODY_LIMIT {
        return Meaning::Failed(Error::BodyTooLarge { limit: BODY_LIMIT });
    }
    if response.status >= 400
        && let Some((fault, message)) = relay::read(&response.body)
    {
        return match response.status {
            503 | 504 => Meaning::Transient(Transient::Relay(fault, message)),
            _ => Meaning::Failed(Error::Relay { fault, message }),
        };
    }
    match response.status {
        200 | 202 => success(response, registration_id).unwrap_or_else(Meaning::Failed),
        429 => Meaning::Transient(Transient::Throttled(response.retry_after)),
        408 | 500..=599 => Meaning::Transient(Transient::ServiceDown(
            response.status,
            response.retry_after,
        )),
        _ => Meaning::Failed(refusal(response, attestation, now)),
    }
}

/// At most `limit` characters of foreign text, fit to be shown on one line.
pub(super) fn clean(text: &str, limit: usize) -> String {
    let shown = |c: char| if c.is_control() { ' ' } else { c };
    // Twice the limit, so that runs of white space do not decide how much work this is.
    let text: String = text
        .chars()
        .take(limit.saturating_mul(2))
        .map(shown)
        .collect();
    let joined = text.split_whitespace().collect::<Vec<_>>().join(" ");
    joined.chars().take(limit).collect()
}

fn success(response: &Response, registration_id: &str) -> Result<Meaning, Error> {
    refuse_page(response)?;
    let answer: OperationStatus =
        serde_json::from_slice(&response.body).map_err(|error| Error::Malformed {
            status: response.status,
            column: error.column(),
        })?;
    let state = answer.registration_state.unwrap_or_default();
    if let Some(found) = &state.registration_id
        && !found.eq_ignore_ascii_case(registration_id)
    {
        return Err(Error::WrongDevice {
            found: clean(found, TEXT_LIMIT),
        });
    }
    let operation_id = answer.operation_id.filter(|id| !id.is_empty());
    match answer.status {
        Status::Assigned => assignment(state, operation_id).map(Meaning::Assigned),
        Status::Assigning | Status::Unassigned => Ok(Meaning::Assigning(operation_id)),
        Status::Disabled => Err(Error::Disabled),
        Status::Failed => Err(Error::Failed {
            code: ServiceCode::new(state.error_code, 0),
            number: state.error_code,
            message: clean(&state.error_message.unwrap_or_default(), TEXT_LIMIT),
        }),
        Status::Other(status) => Err(Error::UnknownStatus {
            status: clean(&status, WORD_LIMIT),
        }),
    }
}

fn assignment(state: RegistrationState, operation_id: Option<String>) -> Result<Assignment, Error> {
    let operation_id = operation_id.unwrap_or_default();
    let named = |field: Option<String>, name| {
        field
            .filter(|text| !text.is_empty())
            .ok_or(Error::MissingField { name })
    };
    let items = state.issued_certificate_chain.unwrap_or_default();
    if items.is_empty() {
        return Err(match state.issued_client_certificate {
            Some(_) => Error::OldPreview,
            None => Error::ChainMissing { operation_id },
        });
    }
    let mut chain = Vec::new();
    for (index, text) in items.iter().enumerate() {
        match chain::decode_item(text) {
            Ok(certificates) => chain.extend(certificates),
            Err(chain::Error::TooMany { count }) => return Err(Error::ChainTooLong { count }),
            Err(cause) => {
                let place = index + 1;
                return Err(Error::ChainItem { place, cause });
            }
        }
        if chain.len() > CHAIN_LIMIT {
            return Err(Error::ChainTooLong { count: chain.len() });
        }
    }
    Ok(Assignment {
        assigned_hub: named(state.assigned_hub, "assignedHub")?,
        device_id: named(state.device_id, "deviceId")?,
        operation_id,
        chain,
        substatus: state.substatus.as_deref().map(substatus),
        created: state.created_date_time_utc,
    })
}

fn substatus(text: &str) -> Substatus {
    match clean(text, WORD_LIMIT).parse() {
        Ok(word) => word,
        Err(never) => match never {},
    }
}

fn refusal(response: &Response, attestation: Attestation, now: UnixTime) -> Error {
    if let Err(page) = refuse_page(response) {
        return page;
    }
    // An error without a readable body is still an error with a status.
    let details: ErrorDetails = serde_json::from_slice(&response.body).unwrap_or_default();
    let message = clean(&details.message.unwrap_or_default(), TEXT_LIMIT);
    let tracking_id = details.tracking_id.map(|id| clean(&id, WORD_LIMIT));
    let number = details.error_code;
    if response.status != 401 {
        return Error::Refused {
            status: response.status,
            code: ServiceCode::new(number, response.status),
            number,
            tracking_id,
            message,
        };
    }
    if details.authentication_key.is_some() {
        return Error::TpmChallenge;
    }
    // A relay's token is signed by its own clock.
    if attestation != Attestation::Relay
        && let Some(theirs) = response.date
        && theirs.0.abs_diff(now.0) > CLOCK_TOLERANCE
    {
        return Error::ClockWrong { ours: now, theirs };
    }
    let hint = Hint::new(&message);
    Error::Unauthorized {
        attestation,
        hint,
        number,
        tracking_id,
        message,
    }
}

/// A page for a browser is the mark of a proxy that inspects or blocks.
fn refuse_page(response: &Response) -> Result<(), Error> {
    let body = response
        .body
        .strip_prefix(b"\xef\xbb\xbf")
        .unwrap_or(&response.body);
    if body.trim_ascii_start().first() != Some(&b'<') {
        return Ok(());
    }
    let head = String::from_utf8_lossy(body.get(..PAGE_HEAD).unwrap_or(body)).into_owned();
    // ASCII lower case keeps byte positions, so that places found in one hold in the other.
    let lower = head.to_ascii_lowercase();
    let title = lower.find("<title").and_then(|at| {
        let from = at + lower.get(at..)?.find('>')? + 1;
        let to = from + lower.get(from..)?.find('<')?;
        Some(clean(head.get(from..to)?, WORD_LIMIT)).filter(|title| !title.is_empty())
    });
    Err(Error::ProxyPage {
        status: response.status,
        title,
    })
}

/// Seconds that two clocks may differ before a refused token is blamed on them. The service's own
/// clients sign for hours; ours for minutes, see [`super::registration`].
const CLOCK_TOLERANCE: u64 = 300;

/// Characters that are kept of a sentence of the service.
pub(super) const TEXT_LIMIT: usize = 300;
/// Characters that are kept of a word, a title or an ID.
const WORD_LIMIT: usize = 80;
/// Bytes of a page in which its title is looked for.
const PAGE_HEAD: usize = 4096;
