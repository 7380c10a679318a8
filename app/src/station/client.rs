//! One question to the station: bounded, with the operator's token in a header, to this origin only.

use core::fmt;

use serde::de::DeserializeOwned;
use signet_core::{Explain, Fault};

use super::answer::{self, Service};
use crate::net::{self, Own};

/// Why the station did not do what it was asked.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub(crate) enum Trouble {
    /// It did not answer.
    NoAnswer {
        /// The browser's words.
        why: String,
    },
    /// It refused, in its own words.
    Refused {
        /// The status of the answer.
        status: u16,
        /// What it said.
        fault: Fault,
    },
    /// What came is no answer of its API.
    Strange {
        /// The status of the answer.
        status: u16,
    },
}

/// The station's API. Relative, so that it is below wherever the page is.
const BASE: &str = "./api/v1/";

/// The longest answer that is taken: a ledger of some hundred thousand entries.
const LIMIT: usize = 128 * 1024 * 1024;

/// The header for the token: `Authorization` may be taken by a server in between.
pub(crate) const TOKEN: &str = "X-Signet-Token";

/// Reads something.
pub(crate) async fn get(token: Option<&str>, path: &str) -> Result<Vec<u8>, Trouble> {
    ask(token, "GET", path, None).await
}

/// Reads something that is JSON.
pub(crate) async fn read<T: DeserializeOwned>(
    token: Option<&str>,
    path: &str,
) -> Result<T, Trouble> {
    let body = get(token, path).await?;
    answer::read(&body).ok_or(Trouble::Strange { status: 200 })
}

/// Asks the relay whether the service that it asks can be reached.
pub(crate) async fn service(token: Option<&str>) -> Result<Service, Trouble> {
    let body = ask_at("./relay/status", token, "GET", None).await?;
    answer::read(&body).ok_or(Trouble::Strange { status: 200 })
}

/// Orders something.
pub(crate) async fn post(
    token: Option<&str>,
    path: &str,
    body: Option<&str>,
) -> Result<(), Trouble> {
    ask(token, "POST", path, body).await.map(drop)
}

/// A name as one part of a path (RFC 3986, section 3.3).
pub(crate) fn part(name: &str) -> String {
    let mut out = String::new();
    for byte in name.bytes() {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => {
                out.push(char::from(byte));
            }
            _ => out.push_str(&format!("%{byte:02X}")),
        }
    }
    out
}

async fn ask(
    token: Option<&str>,
    method: &'static str,
    path: &str,
    body: Option<&str>,
) -> Result<Vec<u8>, Trouble> {
    ask_at(&format!("{BASE}{path}"), token, method, body).await
}

async fn ask_at(
    url: &str,
    token: Option<&str>,
    method: &'static str,
    body: Option<&str>,
) -> Result<Vec<u8>, Trouble> {
    let own = Own {
        method,
        header: token.map(|token| (TOKEN, token)),
        json: body,
        limit: LIMIT + 1,
    };
    let answer = net::own(url, own).await;
    let response = answer.map_err(|why| Trouble::NoAnswer { why })?;
    let status = response.status;
    match status {
        200..=299 if response.body.len() <= LIMIT => Ok(response.body),
        200..=299 => Err(Trouble::Strange { status }),
        _ => Err(match answer::refusal(&response.body) {
            Some(fault) => Trouble::Refused { status, fault },
            None => Trouble::Strange { status },
        }),
    }
}

impl Trouble {
    /// What to show, free of its type.
    pub(crate) fn told(&self) -> Fault {
        match self {
            Self::Refused { fault, .. } => fault.clone(),
            Self::NoAnswer { .. } | Self::Strange { .. } => self.fault(),
        }
    }

    /// Whether the station wants a token, or another one.
    pub(crate) const fn wants_token(&self) -> bool {
        matches!(self, Self::Refused { status: 401, .. })
    }

    /// Whether it is about this one question, so that others may well be answered.
    pub(crate) const fn is_of_its_own(&self) -> bool {
        matches!(
            self,
            Self::Refused { status: 500.., .. } | Self::Strange { .. }
        )
    }

    /// Whether the station will say the same however often it is asked.
    pub(crate) const fn is_final(&self) -> bool {
        matches!(
            self,
            Self::Refused {
                status: 400 | 404 | 409 | 413 | 415,
                ..
            }
        )
    }
}

impl fmt::Display for Trouble {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoAnswer { why } => write!(f, "The station does not answer: {why}."),
            Self::Refused { fault, .. } => f.write_str(&fault.what),
            Self::Strange { status } => {
                write!(
                    f,
                    "The station's answer (status {status}) cannot be understood."
                )
            }
        }
    }
}

impl Explain for Trouble {
    fn code(&self) -> &'static str {
        match self {
            Self::NoAnswer { .. } => "station.no-answer",
            Self::Refused { .. } => "station.refused",
            Self::Strange { .. } => "station.strange-answer",
        }
    }

    fn next_step(&self) -> &'static str {
        match self {
            Self::NoAnswer { .. } => "Check that the station runs; the page tries again by itself.",
            Self::Refused { .. } => "Do what the station says.",
            Self::Strange { .. } => "Read the station's log, then try again.",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_stay_one_part_of_a_path() {
        assert_eq!(part("sn-1.a_b~c"), "sn-1.a_b~c");
        assert_eq!(
            part("a/../b?c#d%e ü:f"),
            "a%2F..%2Fb%3Fc%23d%25e%20%C3%BC%3Af"
        );
    }

    #[test]
    fn only_what_stays_refused_is_final() {
        let refused = |status| Trouble::Refused {
            status,
            fault: Fault {
                code: "api.x".into(),
                what: "No.".into(),
                next: String::new(),
            },
        };
        assert!(
            [400, 404, 409, 413]
                .map(refused)
                .iter()
                .all(Trouble::is_final)
        );
        assert!(
            ![401, 403, 408, 429, 500]
                .map(refused)
                .iter()
                .any(Trouble::is_final)
        );
        assert!(!Trouble::Strange { status: 400 }.is_final());
        assert!(refused(401).wants_token() && !refused(403).wants_token());
        assert_eq!(refused(400).told().what, "No.");
    }
}
