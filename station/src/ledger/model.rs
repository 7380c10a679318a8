//! What the ledger keeps.

use sha2::{Digest, Sha256};
use signet_core::UnixTime;
use signet_core::dps::RegistrationId;

use crate::random::to_hex;

/// A registration.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Record {
    pub(crate) registration_id: RegistrationId,
    pub(crate) device_id: String,
    /// The enrollment that admitted it last; the URL of the DPS, if that is elsewhere.
    pub(crate) enrollment: String,
    /// `symmetricKey`, `x509` or `tpm`; `page`, if the page itself proved it to a DPS elsewhere.
    pub(crate) attestation: String,
    pub(crate) created: UnixTime,
    pub(crate) updated: UnixTime,
    /// Changes with each update.
    pub(crate) etag: String,
    /// How often it had been written when it was read; 0 for a new one. It is refused when it has been
    /// written again since: two stations cannot both go on from the same state.
    pub(crate) version: u32,
    pub(crate) operation: Operation,
}

impl Record {
    /// Whether it is a registration at another service, which a relay brought here.
    pub(crate) fn is_foreign(&self) -> bool {
        self.enrollment.contains("://")
    }
}

/// The last registration operation of a device.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Operation {
    pub(crate) id: String,
    /// Base64 of the request's DER, if one was sent.
    pub(crate) csr: Option<String>,
    /// The issuing policy at the time of the request.
    pub(crate) policy: Option<String>,
    /// How many more times it is answered with `assigning`.
    pub(crate) polls_left: u32,
    /// Whether the device is assigned.
    pub(crate) done: bool,
    /// Base64 of the DER of each issued certificate, leaf first. Filled when it is read; what is kept
    /// are the certificates themselves.
    pub(crate) chain: Vec<String>,
}

/// How things stand with a device.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Look {
    pub(crate) record: Option<Record>,
    /// Whether somebody has disabled it.
    pub(crate) disabled: bool,
}

/// An issued certificate.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Certificate {
    /// Upper-case hex.
    pub(crate) serial: String,
    pub(crate) registration_id: RegistrationId,
    /// The operation it answered.
    pub(crate) operation_id: String,
    /// The policy that issued it; of a certificate that another service issued, its issuer's name as
    /// RFC 4514 writes it, which no policy can have.
    pub(crate) policy: String,
    pub(crate) issued_at: UnixTime,
    /// When it ends.
    pub(crate) not_after: UnixTime,
    /// DER: leaf, issuing authority, root.
    pub(crate) chain: Vec<Vec<u8>>,
    pub(crate) revocation: Option<Revocation>,
}

impl Certificate {
    /// SHA-256 of the certificate's own DER, lower-case hex.
    pub(crate) fn sha256(&self) -> String {
        let leaf = self.chain.first().map_or(&[][..], Vec::as_slice);
        to_hex(&Sha256::digest(leaf))
    }

    /// Whether another service issued it, and a relay brought it here.
    pub(crate) fn is_foreign(&self) -> bool {
        self.policy.is_empty() || self.policy.contains('=')
    }
}

/// That a certificate does not hold any more.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Revocation {
    pub(crate) at: UnixTime,
    /// As in RFC 5280, section 5.3.1, such as `keyCompromise`.
    pub(crate) reason: String,
}

/// Which certificates, and how many.
#[derive(Clone, Debug, Default)]
pub(crate) struct Filter {
    /// Of this device.
    pub(crate) registration_id: Option<String>,
    /// Revoked ones only.
    pub(crate) revoked: bool,
    /// That end at this moment or earlier.
    pub(crate) ends_by: Option<UnixTime>,
    /// Serial number behind which to go on.
    pub(crate) after: String,
    /// At most this many.
    pub(crate) limit: u32,
}

/// How much there is of everything.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Counts {
    /// Entries in the ledger.
    pub(crate) entries: u64,
    /// Devices that have registered.
    pub(crate) registrations: u64,
    /// Devices that may not register.
    pub(crate) disabled: u64,
    /// Certificates that hold now.
    pub(crate) valid: u64,
    /// Certificates that are over.
    pub(crate) expired: u64,
    /// Certificates that are revoked.
    pub(crate) revoked: u64,
    /// Of those that hold, how many end within so many days: for 1, 7, 30 and 90.
    pub(crate) ending: [u64; 4],
}

/// The days of [`Counts::ending`].
pub(super) const SOON: [u64; 4] = [1, 7, 30, 90];

/// A change.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Write {
    /// A batch ends: it takes no more units.
    BatchClosed { name: String },
    /// A batch begins, and the registration IDs that it expects.
    BatchOpened {
        name: String,
        expected: Vec<RegistrationId>,
    },
    /// A certificate was issued.
    Certificate(Certificate),
    /// A device may not register, or may again.
    Disabled { id: RegistrationId, disabled: bool },
    /// Whose ledger this is: said anew, it has to be the same.
    Namespace {
        /// SHA-256 of the root's DER, lower-case hex.
        root_sha256: String,
    },
    /// A registration began or went on.
    Registration(Record),
    /// A certificate is revoked. One that is already keeps its first reason.
    Revoked { serial: String, reason: String },
    /// A page tells how a unit went. The same record again changes nothing, and leaves no entry; another
    /// one of the same run corrects it, or is refused with [`Settled`](super::Settled).
    Unit {
        /// None: the run failed before it had one, and concerns no unit of a batch.
        id: Option<RegistrationId>,
        record: Box<signet_core::run::Record>,
        batch: Option<String>,
    },
}

/// Why a registration is not written, see [`Record::version`].
pub(super) fn overtaken(id: &RegistrationId) -> anyhow::Error {
    anyhow::anyhow!("{id} was written by somebody else in between: ask again")
}

/// Refuses a ledger of another namespace.
pub(super) fn same_namespace(recorded: &str, root_sha256: &str) -> anyhow::Result<()> {
    anyhow::ensure!(
        recorded == root_sha256,
        "the ledger belongs to another namespace: its root has SHA-256 {recorded}, this station's has \
         {root_sha256}. Stations that share a ledger share station.json, enrollments.json and ca/: \
         copy them from the first, or name another ledger"
    );
    Ok(())
}
