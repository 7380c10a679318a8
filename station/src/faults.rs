//! Faults that a test can order: what a DPS, a network or a careless administrator may do to a line.

use std::collections::VecDeque;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use anyhow::Result;
use base64ct::{Base64, Encoding};
use serde::{Deserialize, Serialize};
use signet_core::UnixTime;
use signet_core::csr::VerifiedCsr;

use crate::namespace::{Namespace, to_pem};
use crate::pki::{Authority, Span};
use crate::signer::{FileSigner, Signer};

/// An order: this fault for the next so many requests.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Order {
    /// What shall go wrong.
    #[serde(flatten)]
    pub fault: Fault,
    /// How often.
    #[serde(default = "once")]
    pub count: u32,
}

/// What can go wrong.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(
    tag = "fault",
    rename_all = "kebab-case",
    rename_all_fields = "camelCase"
)]
pub(crate) enum Fault {
    /// The chain as base64 of PEM text.
    Base64Pem,
    /// The status `disabled`.
    Disabled,
    /// A leaf that expired yesterday.
    Expired,
    /// The status `failed`.
    Failed,
    /// A chain under another root.
    ForeignRoot,
    /// A page for a browser, as a proxy that inspects sends it.
    Html {
        /// HTTP status.
        status: u16,
    },
    /// Assigned without a chain.
    NoChain,
    /// The chain as PEM text.
    Pem,
    /// The chain with the root first and the leaf last.
    RootFirst,
    /// An error of the service.
    ServerError {
        /// HTTP status.
        status: u16,
    },
    /// The chain with the leaf in the middle.
    Shuffled,
    /// An answer after this many milliseconds, or when all orders are forgotten.
    Slow {
        /// Milliseconds.
        ms: u64,
    },
    /// HTTP 429.
    Throttle {
        /// Seconds for `Retry-After`, if any.
        #[serde(default)]
        retry_after: Option<u32>,
    },
    /// A leaf with another common name.
    WrongCn,
    /// A leaf for another key.
    WrongKey,
}

impl Fault {
    /// Whether it takes the place of the certificate, so that none is issued.
    pub(crate) fn prevents_issuance(&self) -> bool {
        match self {
            Self::Disabled
            | Self::Expired
            | Self::Failed
            | Self::ForeignRoot
            | Self::NoChain
            | Self::WrongCn
            | Self::WrongKey => true,
            Self::Base64Pem
            | Self::Html { .. }
            | Self::Pem
            | Self::RootFirst
            | Self::ServerError { .. }
            | Self::Shuffled
            | Self::Slow { .. }
            | Self::Throttle { .. } => false,
        }
    }
}

/// The orders that wait, and the requests that are being held.
#[derive(Default)]
pub(crate) struct Faults {
    state: Mutex<State>,
    /// Told when held requests are released.
    released: Condvar,
}

#[derive(Default)]
struct State {
    orders: VecDeque<Order>,
    /// How many requests are held right now.
    held: usize,
    /// Counts the releases.
    releases: u64,
    /// Nothing is held any more.
    over: bool,
}

impl Faults {
    /// Adds an order.
    pub(crate) fn order(&self, order: Order) {
        self.state().orders.push_back(order);
    }

    /// Forgets all orders, and lets go of the requests that one of them holds.
    pub(crate) fn clear(&self) {
        let mut state = self.state();
        state.orders.clear();
        state.releases = state.releases.wrapping_add(1);
        self.released.notify_all();
    }

    /// As [`Faults::clear`], for the last time: the station ends.
    pub(crate) fn end(&self) {
        self.state().over = true;
        self.clear();
    }

    /// How many requests are held right now.
    pub(crate) fn held(&self) -> usize {
        self.state().held
    }

    /// Holds a request for as long as the fault asks for.
    pub(crate) fn hold(&self, fault: Option<&Fault>) {
        let Some(Fault::Slow { ms }) = fault else {
            return;
        };
        let longest = Duration::from_millis((*ms).min(60_000));
        let mut state = self.state();
        state.held += 1;
        let release = state.releases;
        let (mut state, _) = self
            .released
            .wait_timeout_while(state, longest, |state| {
                state.releases == release && !state.over
            })
            .unwrap_or_else(PoisonError::into_inner);
        state.held -= 1;
    }

    /// A fault that replaces or delays the answer to any request, if one is due.
    pub(crate) fn any_request(&self) -> Option<Fault> {
        self.take(|fault| {
            matches!(
                fault,
                Fault::Html { .. }
                    | Fault::ServerError { .. }
                    | Fault::Slow { .. }
                    | Fault::Throttle { .. }
            )
        })
    }

    /// A fault of an assignment, if one is due.
    pub(crate) fn assignment(&self) -> Option<Fault> {
        self.take(|_| true)
    }

    /// Only the order at the head counts, so that orders come true in their order.
    fn take(&self, wanted: impl Fn(&Fault) -> bool) -> Option<Fault> {
        let queue = &mut self.state().orders;
        let head = queue.front_mut()?;
        if !wanted(&head.fault) {
            return None;
        }
        let fault = head.fault.clone();
        head.count = head.count.saturating_sub(1);
        if head.count == 0 {
            queue.pop_front();
        }
        Some(fault)
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The items of a chain as the service would send them.
pub(crate) fn items(chain: &[Vec<u8>]) -> Vec<String> {
    chain.iter().map(|der| Base64::encode_string(der)).collect()
}

/// A chain as the fault wants it, instead of the right one. What it issues is not recorded.
pub(crate) fn distort(
    fault: &Fault,
    chain: &[String],
    csr: Option<&VerifiedCsr>,
    policy: Option<&str>,
    namespace: &Namespace,
    now: UnixTime,
) -> Result<Vec<String>> {
    let der: Vec<Vec<u8>> = chain
        .iter()
        .map(|text| Base64::decode_vec(text))
        .collect::<Result<_, _>>()?;
    let (Some(csr), Some(policy)) = (csr, policy) else {
        return Ok(chain.to_vec());
    };
    let (cn, spki) = (csr.common_name.as_str(), csr.spki_der.as_slice());
    Ok(match fault {
        Fault::Base64Pem => pems(&der)?
            .iter()
            .map(|pem| Base64::encode_string(pem.as_bytes()))
            .collect(),
        Fault::Pem => pems(&der)?,
        Fault::RootFirst => chain.iter().rev().cloned().collect(),
        Fault::Shuffled => {
            let mut items = chain.to_vec();
            items.rotate_right(1);
            items
        }
        Fault::NoChain => Vec::new(),
        Fault::Expired => {
            let to = UnixTime(now.0 - 86_400);
            let from = UnixTime(to.0 - 30 * 86_400);
            items(&namespace.issue_within(policy, cn, spki, Span { from, to })?)
        }
        Fault::ForeignRoot => {
            let signer = Box::new(FileSigner::ephemeral()?);
            let years = Span::days(3650, now);
            let root = Authority::root(signer, "Foreign root", 1, years)?;
            let signer = Box::new(FileSigner::ephemeral()?);
            let issuer = root.subordinate(signer, "Foreign issuing", years)?;
            let leaf = issuer.device(cn, spki, Span::days(30, now))?;
            items(&[leaf, issuer.certificate, root.certificate])
        }
        Fault::WrongCn => {
            items(&namespace.issue(&namespace.issuers(), policy, "another-device", spki, now)?)
        }
        Fault::WrongKey => {
            let other = FileSigner::ephemeral()?.public_point();
            let spki = signet_core::key::PublicKey::from_point(&other)
                .map_err(|error| anyhow::anyhow!("{error}"))?
                .to_spki_der();
            items(&namespace.issue(&namespace.issuers(), policy, cn, &spki, now)?)
        }
        Fault::Disabled
        | Fault::Failed
        | Fault::Html { .. }
        | Fault::ServerError { .. }
        | Fault::Slow { .. }
        | Fault::Throttle { .. } => chain.to_vec(),
    })
}

fn once() -> u32 {
    1
}

fn pems(chain: &[Vec<u8>]) -> Result<Vec<String>> {
    chain.iter().map(|der| to_pem(der)).collect()
}
