//! Why a registration failed, in words for people.

use core::fmt;

use super::code::ServiceCode;
use super::relay::RelayFault;
use crate::{Explain, UnixTime, chain};

/// Why a registration failed.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Error {
    /// The answer is longer than [`crate::http::BODY_LIMIT`].
    BodyTooLarge {
        /// Longest body that is read, in bytes.
        limit: usize,
    },
    /// An item of the chain is no certificate in any of the three encodings in use.
    ChainItem {
        /// Its place, counted from 1.
        place: usize,
        /// What is wrong with it.
        cause: chain::Error,
    },
    /// Assigned, but without a certificate.
    ChainMissing {
        /// The operation that ended so.
        operation_id: String,
    },
    /// More certificates than any chain of a device has.
    ChainTooLong {
        /// How many there are at least.
        count: usize,
    },
    /// The credential was refused, and this computer's clock differs from the service's.
    ClockWrong {
        /// This computer's time.
        ours: UnixTime,
        /// The service's time, from its `Date`.
        theirs: UnixTime,
    },
    /// The enrollment is switched off.
    Disabled,
    /// The service ended the registration with status `failed`.
    Failed {
        /// What the code means.
        code: ServiceCode,
        /// The code itself.
        number: Option<u32>,
        /// The service's words.
        message: String,
    },
    /// A success whose body is not what the contract says.
    Malformed {
        /// HTTP status.
        status: u16,
        /// Column of the first byte that does not fit, if a parser found one.
        column: usize,
    },
    /// Assigned, but a field that every assignment has is absent.
    MissingField {
        /// Its name in JSON.
        name: &'static str,
    },
    /// The service is at work but gave no operation to ask for.
    NoOperation,
    /// The answer is of the retired design of 2021.
    OldPreview,
    /// The service no longer knows the operation.
    OperationGone {
        /// The operation.
        operation_id: String,
    },
    /// A page for a browser came instead of an answer of the service.
    ProxyPage {
        /// HTTP status.
        status: u16,
        /// Its title.
        title: Option<String>,
    },
    /// The service refused the request.
    Refused {
        /// HTTP status.
        status: u16,
        /// What the code means.
        code: ServiceCode,
        /// The code itself.
        number: Option<u32>,
        /// For the service's support.
        tracking_id: Option<String>,
        /// The service's words.
        message: String,
    },
    /// The relay had no answer of the service to pass on.
    Relay {
        /// What kept it.
        fault: RelayFault,
        /// The relay's words.
        message: String,
    },
    /// The service has trouble, and still had it after several attempts, or asks for patience beyond
    /// the budget.
    ServiceDown {
        /// HTTP status of the last attempt.
        status: u16,
        /// How many attempts there were.
        attempts: u32,
        /// Seconds it asked to wait, if it said so.
        retry_after: Option<u32>,
    },
    /// The service asks for patience beyond the budget, or did so after several attempts.
    Throttled {
        /// How many attempts there were.
        attempts: u32,
        /// Seconds it asked to wait, if it said so.
        retry_after: Option<u32>,
    },
    /// The service was still at work when the time was over.
    TimedOut {
        /// How often it was asked.
        polls: u32,
        /// Whole seconds since the start.
        seconds: u64,
        /// The operation, which goes on without us.
        operation_id: Option<String>,
    },
    /// The enrollment wants a TPM to prove the device.
    TpmChallenge,
    /// The service did not accept the credential.
    Unauthorized {
        /// What was presented.
        attestation: Attestation,
        /// What the service's words point at.
        hint: Hint,
        /// The code.
        number: Option<u32>,
        /// For the service's support.
        tracking_id: Option<String>,
        /// The service's words.
        message: String,
    },
    /// A status that is not in the contract.
    UnknownStatus {
        /// The word.
        status: String,
    },
    /// No answer came, in several attempts.
    Unreachable {
        /// How many.
        attempts: u32,
        /// The transport's words.
        reason: String,
    },
    /// The answer is about another device.
    WrongDevice {
        /// The registration ID in it.
        found: String,
    },
}

/// What a device presented to prove itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Attestation {
    /// A symmetric key of its own.
    DeviceKey,
    /// A key derived here from the key of its group.
    GroupKey,
    /// Whatever the relay adds.
    Relay,
}

/// What the words of a 401 point at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Hint {
    /// "CA certificate not found": it was not uploaded, or not verified.
    CaNotFound,
    /// "Signing certificate info did not match": an intermediate is missing or another.
    ChainMismatch,
    /// "Invalid certificate".
    InvalidCertificate,
    /// Nothing in particular.
    None,
}

impl Hint {
    /// Reads the service's words.
    pub(super) fn new(message: &str) -> Self {
        let message = message.to_ascii_lowercase();
        if message.contains("ca certificate not found") {
            Self::CaNotFound
        } else if message.contains("signing certificate info") {
            Self::ChainMismatch
        } else if message.contains("invalid certificate") {
            Self::InvalidCertificate
        } else {
            Self::None
        }
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::BodyTooLarge { limit } => {
                write!(f, "The answer is longer than {limit} bytes.")
            }
            Self::ChainItem { place, cause } => {
                write!(
                    f,
                    "Item {place} of the issued chain cannot be read: {cause}"
                )
            }
            Self::ChainMissing { .. } => {
                f.write_str("The device was assigned, but no certificate was issued for it.")
            }
            Self::ChainTooLong { count } => {
                write!(f, "The issued chain has {count} or more certificates.")
            }
            Self::ClockWrong { ours, theirs } => write!(
                f,
                "The credential was refused, and this computer's clock ({ours}) differs from the service's ({theirs})."
            ),
            Self::Disabled => f.write_str("The enrollment of this device is disabled."),
            Self::Failed {
                code,
                number,
                message,
            } => {
                write!(
                    f,
                    "The service ended the registration because {}",
                    code.explanation()
                )?;
                quote(f, *number, message, None)
            }
            Self::Malformed { status, column } => write!(
                f,
                "The answer (HTTP {status}) is not what a DPS sends, from byte {column} on."
            ),
            Self::MissingField { name } => {
                write!(f, "The device was assigned, but the answer has no {name}.")
            }
            Self::NoOperation => {
                f.write_str("The service is at work but named no operation to ask for.")
            }
            Self::OldPreview => {
                f.write_str("The service answers in the retired format of 2021-11-01-preview.")
            }
            Self::OperationGone { operation_id } => {
                write!(
                    f,
                    "The service no longer knows the operation {operation_id}."
                )
            }
            Self::ProxyPage { status, title } => {
                write!(
                    f,
                    "A web page came instead of the service's answer (HTTP {status}"
                )?;
                match title {
                    Some(title) => write!(f, ", \u{201c}{title}\u{201d})."),
                    None => f.write_str(")."),
                }
            }
            Self::Refused {
                status,
                code,
                number,
                tracking_id,
                message,
            } => {
                write!(
                    f,
                    "The service refused the registration (HTTP {status}) because {}",
                    code.explanation()
                )?;
                quote(f, *number, message, tracking_id.as_deref())
            }
            Self::Relay { fault, message } => fault.explain(f, message),
            Self::ServiceDown {
                status,
                attempts,
                retry_after,
            } => {
                f.write_str("The service answered with an error of its own (HTTP ")?;
                match attempts {
                    1 => write!(f, "{status})")?,
                    _ => write!(f, "{status}) {attempts} times in a row")?,
                }
                match retry_after {
                    Some(seconds) => write!(f, " and asks to wait {seconds} s."),
                    None => f.write_str("."),
                }
            }
            Self::Throttled {
                attempts,
                retry_after: Some(seconds),
            } => write!(
                f,
                "The service has too many requests ({attempts} attempts) and asks to wait {seconds} s."
            ),
            Self::Throttled {
                attempts,
                retry_after: None,
            } => {
                write!(
                    f,
                    "The service has too many requests ({attempts} attempts)."
                )
            }
            Self::TimedOut { polls, seconds, .. } => write!(
                f,
                "The service was still at work after {seconds} s and {polls} questions."
            ),
            Self::TpmChallenge => {
                f.write_str("The enrollment of this device wants a TPM to prove it.")
            }
            Self::Unauthorized {
                attestation,
                number,
                tracking_id,
                message,
                ..
            } => {
                f.write_str(match attestation {
                    Attestation::DeviceKey => "The service did not accept the device's key",
                    Attestation::GroupKey => {
                        "The service did not accept the key derived from the group's key"
                    }
                    Attestation::Relay => {
                        "The service did not accept the credential that the relay added"
                    }
                })?;
                quote(f, *number, message, tracking_id.as_deref())
            }
            Self::UnknownStatus { status } => {
                write!(
                    f,
                    "The service answered with the unknown status \u{201c}{status}\u{201d}."
                )
            }
            Self::Unreachable { attempts, reason } => {
                write!(f, "No answer came in {attempts} attempts: {reason}.")
            }
            Self::WrongDevice { found } => {
                write!(f, "The answer is about another device, {found}.")
            }
        }
    }
}

impl core::error::Error for Error {}

impl Error {
    /// Whether the service said by this, in answer to the first request, that it issued nothing.
    /// Trouble on the way, a page of a proxy, answers that cannot be read, and the news that another
    /// request is under way (409, 412) prove nothing.
    pub fn rules_out_issuance(&self) -> bool {
        match self {
            Self::Refused { status, .. } => !matches!(status, 409 | 412),
            Self::Relay { fault, .. } => fault.is_refusal(),
            Self::ClockWrong { .. }
            | Self::Disabled
            | Self::Throttled { .. }
            | Self::TpmChallenge
            | Self::Unauthorized { .. } => true,
            other => other.ends_operation(),
        }
    }

    /// Whether this is the end of an operation that issued nothing, and not only of asking about it:
    /// an enrollment may be disabled after its operation has issued.
    pub fn ends_operation(&self) -> bool {
        matches!(self, Self::ChainMissing { .. } | Self::Failed { .. })
    }
}

impl Explain for Error {
    fn code(&self) -> &'static str {
        match self {
            Self::BodyTooLarge { .. } => "dps.body-too-large",
            Self::ChainItem { .. } => "dps.chain-item",
            Self::ChainMissing { .. } => "dps.chain-missing",
            Self::ChainTooLong { .. } => "dps.chain-too-long",
            Self::ClockWrong { .. } => "dps.clock-wrong",
            Self::Disabled => "dps.disabled",
            Self::Failed { .. } => "dps.failed",
            Self::Malformed { .. } => "dps.malformed",
            Self::MissingField { .. } => "dps.missing-field",
            Self::NoOperation => "dps.no-operation",
            Self::OldPreview => "dps.old-preview",
            Self::OperationGone { .. } => "dps.operation-gone",
            Self::ProxyPage { .. } => "dps.proxy-page",
            Self::Refused { .. } => "dps.refused",
            Self::Relay { fault, .. } => fault.code(),
            Self::ServiceDown { .. } => "dps.service-down",
            Self::Throttled { .. } => "dps.throttled",
            Self::TimedOut { .. } => "dps.timed-out",
            Self::TpmChallenge => "dps.tpm-challenge",
            Self::Unauthorized { .. } => "dps.unauthorized",
            Self::UnknownStatus { .. } => "dps.unknown-status",
            Self::Unreachable { .. } => "dps.unreachable",
            Self::WrongDevice { .. } => "dps.wrong-device",
        }
    }

    fn next_step(&self) -> &'static str {
        match self {
            Self::BodyTooLarge { .. } | Self::Malformed { .. } => {
                "Check that the endpoint's URL in the recipe belongs to a DPS."
            }
            Self::ChainItem { .. } | Self::ChainTooLong { .. } => {
                "Show this message to the administrator: the service's certificates are not usable."
            }
            Self::ChainMissing { .. } => {
                "Ask the administrator to link the enrollment to a certificate policy, then start the board again."
            }
            Self::ClockWrong { .. } => "Set this computer's clock, then start the board again.",
            Self::Disabled => "Ask the administrator to enable the enrollment.",
            Self::Failed { code, .. } | Self::Refused { code, .. } => code.next_step(),
            Self::MissingField { .. } | Self::UnknownStatus { .. } => {
                "Set the recipe's api-version to one that the service documents."
            }
            Self::NoOperation => "Start the board again.",
            Self::OldPreview => "Set the recipe's api-version to 2025-07-01-preview or later.",
            Self::OperationGone { .. } => "Start the board again; it registers anew.",
            Self::ProxyPage { .. } => {
                "Ask the network's administrator to let the endpoint's host through without inspection."
            }
            Self::Relay { fault, .. } => fault.next_step(),
            Self::ServiceDown { .. } => ServiceCode::ServiceDown.next_step(),
            Self::Throttled { .. } => ServiceCode::Throttled.next_step(),
            Self::TimedOut { .. } => {
                "Ask again: the service goes on meanwhile. If it stays so, give the board up; nothing is issued twice without a person's yes."
            }
            Self::TpmChallenge => {
                "Use an enrollment with a symmetric key or an X.509 certificate for this line."
            }
            Self::Unauthorized {
                attestation, hint, ..
            } => unauthorized_step(*attestation, *hint),
            Self::Unreachable { .. } => {
                "Check the network cable, the endpoint's URL and that the station runs."
            }
            Self::WrongDevice { .. } => {
                "Check that the relay or proxy in between does not mix up answers."
            }
        }
    }
}

fn unauthorized_step(attestation: Attestation, hint: Hint) -> &'static str {
    match (hint, attestation) {
        (Hint::CaNotFound, _) => {
            "Ask the administrator to upload and verify the CA that signed the relay's certificate."
        }
        (Hint::ChainMismatch, _) => {
            "Give the relay the whole chain of its certificate, with every intermediate."
        }
        (Hint::InvalidCertificate, _) => {
            "Check that the relay's certificate is in date and that its common name is the registration ID."
        }
        (Hint::None, Attestation::DeviceKey) => {
            "Compare the device key and the registration ID with the individual enrollment, and the ID scope with the DPS."
        }
        (Hint::None, Attestation::GroupKey) => {
            "Compare the group's key with the enrollment group, and the ID scope with the DPS."
        }
        (Hint::None, Attestation::Relay) => {
            "Check the relay's credential, its clock, and the ID scope."
        }
    }
}

/// Adds the service's own words and numbers, which its support asks for, and the full stop.
fn quote(
    f: &mut fmt::Formatter<'_>,
    number: Option<u32>,
    message: &str,
    tracking_id: Option<&str>,
) -> fmt::Result {
    let number = number.map(|number| number.to_string());
    let message = (!message.is_empty()).then(|| format!("\u{201c}{message}\u{201d}"));
    let tracking = tracking_id.map(|id| format!("tracking ID {id}"));
    let parts: Vec<String> = [number, message, tracking].into_iter().flatten().collect();
    if parts.is_empty() {
        f.write_str(".")
    } else {
        write!(f, " ({}).", parts.join(", "))
    }
}
