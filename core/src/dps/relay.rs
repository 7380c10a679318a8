//! Trouble of a relay between page and service, told apart from what the service says.
//!
//! A relay that has no answer of the service to pass on says so in a JSON body with `relayError` (one
//! of these codes) and `message`. What may pass by itself comes with HTTP 503 or 504.

use core::fmt;

use serde::Deserialize;

use super::answer::{TEXT_LIMIT, clean};
use crate::Explain;

/// What went wrong in the relay, or between it and the service.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum RelayFault {
    /// Something came that is no JSON, such as a proxy's page.
    AnswerNotJson,
    /// The answer is longer than the relay passes on.
    AnswerTooLarge,
    /// Another request about the same device is under way.
    Busy,
    /// The relay cannot use its own credential.
    Credential,
    /// A supervisor of the line has disabled the device.
    DeviceDisabled,
    /// The relay cannot write down what happens.
    Ledger,
    /// There is no room to write down what would be issued.
    LedgerFull,
    /// The request is none of the operations of the device API.
    NotAnOperation,
    /// A code that is not known here.
    Other,
    /// The proxy does not let the relay through.
    ProxyRefused,
    /// The proxy does not answer.
    ProxyUnreachable,
    /// The request came from another page.
    RequestForeign,
    /// The request is too long, or did not arrive.
    RequestUnreadable,
    /// The ID scope is not one that is forwarded.
    ScopeNotAllowed,
    /// The token with the relay's key does not sign.
    Token,
    /// The service's certificate is not trusted.
    UpstreamCertificate,
    /// The connection ended within the answer.
    UpstreamCut,
    /// The answer did not come in time.
    UpstreamTimeout,
    /// No TLS connection came about, for another reason than the certificate.
    UpstreamTls,
    /// No connection came about.
    UpstreamUnreachable,
}

impl RelayFault {
    /// Those that have a code on the wire.
    pub const ALL: [Self; 19] = [
        Self::AnswerNotJson,
        Self::AnswerTooLarge,
        Self::Busy,
        Self::Credential,
        Self::DeviceDisabled,
        Self::Ledger,
        Self::LedgerFull,
        Self::NotAnOperation,
        Self::ProxyRefused,
        Self::ProxyUnreachable,
        Self::RequestForeign,
        Self::RequestUnreadable,
        Self::ScopeNotAllowed,
        Self::Token,
        Self::UpstreamCertificate,
        Self::UpstreamCut,
        Self::UpstreamTimeout,
        Self::UpstreamTls,
        Self::UpstreamUnreachable,
    ];

    /// Whether the relay refuses such a request before it asks anybody.
    pub(super) fn is_refusal(self) -> bool {
        matches!(
            self,
            Self::Credential
                | Self::DeviceDisabled
                | Self::LedgerFull
                | Self::NotAnOperation
                | Self::RequestForeign
                | Self::RequestUnreadable
                | Self::ScopeNotAllowed
        )
    }

    /// One sentence: the relay's own, if it sent one.
    pub(super) fn explain(self, f: &mut fmt::Formatter<'_>, message: &str) -> fmt::Result {
        f.write_str(match self {
            // It may have asked.
            Self::Ledger => "The relay stopped: ",
            _ => "The relay could not ask the service: ",
        })?;
        match message {
            "" => write!(f, "{self}."),
            _ => write!(f, "{}.", message.trim_end_matches('.')),
        }
    }
}

impl fmt::Display for RelayFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::AnswerNotJson => "something else than the service answered",
            Self::AnswerTooLarge => "the answer is too long",
            Self::Busy => "another request about this device is under way",
            Self::Credential => "its own credential is unusable",
            Self::DeviceDisabled => "a supervisor has disabled this device",
            Self::Ledger => "its ledger cannot be written",
            Self::LedgerFull => "its ledger has no room left",
            Self::NotAnOperation => "this is no operation of the device API",
            Self::Other => "it met trouble of a kind that this page does not know",
            Self::ProxyRefused => "the proxy does not let it through",
            Self::ProxyUnreachable => "the proxy does not answer",
            Self::RequestForeign => "the request came from another page",
            Self::RequestUnreadable => "the request is too long or did not arrive",
            Self::ScopeNotAllowed => "the ID scope is not one that it forwards",
            Self::Token => "the token with its key does not sign",
            Self::UpstreamCertificate => "the service's certificate is not trusted",
            Self::UpstreamCut => "the connection ended within the answer",
            Self::UpstreamTimeout => "the service did not answer in time",
            Self::UpstreamTls => "no TLS connection came about",
            Self::UpstreamUnreachable => "the service cannot be reached",
        })
    }
}

impl Explain for RelayFault {
    fn code(&self) -> &'static str {
        match self {
            Self::AnswerNotJson => "relay.answer-not-json",
            Self::AnswerTooLarge => "relay.answer-too-large",
            Self::Busy => "relay.busy",
            Self::Credential => "relay.credential",
            Self::DeviceDisabled => "relay.device-disabled",
            Self::Ledger => "relay.ledger",
            Self::LedgerFull => "relay.ledger-full",
            Self::NotAnOperation => "relay.not-an-operation",
            Self::Other => "relay.other",
            Self::ProxyRefused => "relay.proxy-refused",
            Self::ProxyUnreachable => "relay.proxy-unreachable",
            Self::RequestForeign => "relay.request-foreign",
            Self::RequestUnreadable => "relay.request-unreadable",
            Self::ScopeNotAllowed => "relay.scope-not-allowed",
            Self::Token => "relay.token",
            Self::UpstreamCertificate => "relay.upstream-certificate",
            Self::UpstreamCut => "relay.upstream-cut",
            Self::UpstreamTimeout => "relay.upstream-timeout",
            Self::UpstreamTls => "relay.upstream-tls",
            Self::UpstreamUnreachable => "relay.upstream-unreachable",
        }
    }

    fn next_step(&self) -> &'static str {
        match self {
            Self::AnswerNotJson => {
                "Ask the network's administrator whether a proxy inspects TLS, and to let the DPS's host through."
            }
            Self::AnswerTooLarge | Self::NotAnOperation => {
                "Check that the relay's upstream and the recipe's endpoint belong to a DPS."
            }
            Self::Busy => {
                "Wait a moment; if it stays so, look whether the same board is at another place of the line."
            }
            Self::Credential => {
                "Check the section [credential] of the relay's file, then start the relay again."
            }
            Self::DeviceDisabled => {
                "Ask the supervisor why; the station's page lets the device register again."
            }
            Self::Ledger => "Read the station's log, mend what it says, then start again.",
            Self::LedgerFull => "Free space on the station's disk, then start again.",
            Self::Other => "Look at the relay's log.",
            Self::ProxyRefused => {
                "Ask the network's administrator to let the relay through the proxy, or correct the proxy's user and password in the relay's file."
            }
            Self::ProxyUnreachable => {
                "Check the network cable, and the proxy's name and port in the relay's file."
            }
            Self::RequestForeign => "Open the page at the address that the relay prints.",
            Self::RequestUnreadable => "Start the board again.",
            Self::ScopeNotAllowed => {
                "Compare the recipe's ID scope with id-scopes in the relay's file."
            }
            Self::Token => {
                "Plug the token into the relay's computer, or start its service, and try again; what it answered is in the relay's log."
            }
            Self::UpstreamCertificate => {
                "Check this computer's clock, and ask the network's administrator whether a proxy inspects TLS; for a private DPS name its root with `roots` in the relay's file."
            }
            Self::UpstreamCut | Self::UpstreamTimeout => {
                "Try again; if it stays so, ask the network's administrator what lies between the relay and the DPS."
            }
            Self::UpstreamTls => {
                "Check that the upstream's port speaks TLS 1.2, and that no proxy stands in between."
            }
            Self::UpstreamUnreachable => {
                "Check the network cable, the upstream's name in the relay's file, and whether this network needs a proxy."
            }
        }
    }
}

/// The relay's words in an answer, if it is one of a relay.
pub(super) fn read(body: &[u8]) -> Option<(RelayFault, String)> {
    #[derive(Deserialize)]
    #[serde(rename_all = "camelCase")]
    struct Trouble {
        relay_error: String,
        #[serde(default)]
        message: String,
    }
    let trouble: Trouble = serde_json::from_slice(body).ok()?;
    let known = RelayFault::ALL
        .into_iter()
        .find(|fault| fault.code() == trouble.relay_error);
    let message = clean(&trouble.message, TEXT_LIMIT);
    Some((known.unwrap_or(RelayFault::Other), message))
}
