//! Why a request to the API was not carried out.

use std::fmt;

use signet_core::Explain;

use crate::operators::Role;

/// Why a request to the API was not carried out.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub(crate) enum Error {
    /// A batch takes no more units.
    BatchClosed { name: String },
    /// There is one of that name.
    BatchExists { name: String },
    /// There is none of that name.
    BatchUnknown { name: String },
    /// The body is longer than this path takes.
    BodyTooLarge { limit: usize },
    /// The body did not arrive.
    BodyTimeout,
    /// This station has issued no such certificate.
    CertificateUnknown { serial: String },
    /// Nothing is known of it.
    DeviceUnknown { id: String },
    /// Trouble of the station's own; the log has the facts.
    Internal,
    /// Another service has issued it.
    IssuedElsewhere { issuer: String },
    /// The path has nothing of that name.
    Method { method: String },
    /// The request came from another page.
    Origin,
    /// A part of the path is not what it must be.
    Path { why: String },
    /// There is nothing at this path.
    PathUnknown,
    /// There is a policy or a key of that name.
    PolicyExists { name: String },
    /// Enrollments name it.
    PolicyInUse { name: String, by: String },
    /// It is the last.
    PolicyLast { name: String },
    /// There is none of that name.
    PolicyUnknown { name: String },
    /// A record has a private key in it.
    PrivateKey,
    /// This station has no authorities at work: another service issues.
    Relays { upstream: String },
    /// The query cannot be understood.
    Query { why: String },
    /// The ledger knows how that run went, and the record says otherwise.
    RunSettled { run: String },
    /// Too many wrong tokens from one address.
    TooManyTokens { seconds: u64 },
    /// The body cannot be understood.
    Unreadable { why: String },
    /// No token, or one that nobody has.
    Unauthorized { presented: bool },
    /// The body is not JSON by its own account.
    UnsupportedType,
    /// Who asks may not.
    WantsRole { name: String, role: Role },
    /// Nobody has made a supervisor yet.
    WantsSupervisor,
}

impl Error {
    /// The status of the answer.
    pub(crate) fn status(&self) -> u16 {
        match self {
            Self::Path { .. } | Self::PrivateKey | Self::Query { .. } | Self::Unreadable { .. } => {
                400
            }
            Self::Unauthorized { .. } => 401,
            Self::Origin | Self::WantsRole { .. } | Self::WantsSupervisor => 403,
            Self::BatchUnknown { .. }
            | Self::CertificateUnknown { .. }
            | Self::DeviceUnknown { .. }
            | Self::PathUnknown
            | Self::PolicyUnknown { .. } => 404,
            Self::Method { .. } => 405,
            Self::BodyTimeout => 408,
            Self::BatchClosed { .. }
            | Self::BatchExists { .. }
            | Self::IssuedElsewhere { .. }
            | Self::PolicyExists { .. }
            | Self::PolicyInUse { .. }
            | Self::PolicyLast { .. }
            | Self::Relays { .. }
            | Self::RunSettled { .. } => 409,
            Self::BodyTooLarge { .. } => 413,
            Self::UnsupportedType => 415,
            Self::TooManyTokens { .. } => 429,
            Self::Internal => 500,
        }
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::BatchClosed { name } => write!(f, "The batch {name:?} is closed."),
            Self::BatchExists { name } => write!(f, "There is already a batch {name:?}."),
            Self::BatchUnknown { name } => write!(f, "There is no batch {name:?}."),
            Self::BodyTooLarge { limit } => write!(f, "The body is longer than {limit} bytes."),
            Self::BodyTimeout => f.write_str("The body did not arrive in time."),
            Self::CertificateUnknown { serial } => {
                write!(f, "This station has issued no certificate {serial}.")
            }
            Self::DeviceUnknown { id } => write!(f, "Nothing is known of the device {id}."),
            Self::Internal => f.write_str("The station could not do it."),
            Self::IssuedElsewhere { issuer } => {
                write!(
                    f,
                    "Only the service of {issuer} can revoke what it has issued."
                )
            }
            Self::Method { method } => write!(f, "This path does not take {method}."),
            Self::Origin => f.write_str("The request came from another page."),
            Self::Path { why } => write!(f, "The path cannot be understood: {why}."),
            Self::PathUnknown => f.write_str("There is nothing at this path."),
            Self::PolicyExists { name } => {
                write!(f, "There is already a policy or a key named {name:?}.")
            }
            Self::PolicyInUse { name, by } => {
                write!(f, "The enrollment {by:?} names the policy {name:?}.")
            }
            Self::PolicyLast { name } => write!(f, "{name:?} is the last policy."),
            Self::PolicyUnknown { name } => write!(f, "There is no policy {name:?}."),
            Self::PrivateKey => f.write_str("There is a private key in the record."),
            Self::Query { why } => write!(f, "The query cannot be understood: {why}."),
            Self::Relays { upstream } => {
                write!(
                    f,
                    "This station relays to {upstream}, which issues by policies of its own."
                )
            }
            Self::RunSettled { run } => write!(
                f,
                "The ledger has the run {run:?} as passed, or as another unit's."
            ),
            Self::TooManyTokens { seconds } => write!(
                f,
                "Too many wrong tokens came from this address; it is heard again in {seconds} s."
            ),
            Self::Unreadable { why } => write!(f, "The body cannot be understood: {why}."),
            Self::Unauthorized { presented: false } => {
                f.write_str("The request came without a token.")
            }
            Self::Unauthorized { presented: true } => f.write_str("Nobody has this token."),
            Self::UnsupportedType => f.write_str("The body is not JSON by its Content-Type."),
            Self::WantsRole { name, role } => {
                write!(f, "{name} is no supervisor, but {}.", role.as_str())
            }
            Self::WantsSupervisor => f.write_str("Only a supervisor may do this."),
        }
    }
}

impl Explain for Error {
    fn code(&self) -> &'static str {
        match self {
            Self::BatchClosed { .. } => "api.batch-closed",
            Self::BatchExists { .. } => "api.batch-exists",
            Self::BatchUnknown { .. } => "api.batch-unknown",
            Self::BodyTooLarge { .. } => "api.body-too-large",
            Self::BodyTimeout => "api.body-timeout",
            Self::CertificateUnknown { .. } => "api.certificate-unknown",
            Self::DeviceUnknown { .. } => "api.device-unknown",
            Self::Internal => "api.internal",
            Self::IssuedElsewhere { .. } => "api.issued-elsewhere",
            Self::Method { .. } => "api.method",
            Self::Origin => "api.origin",
            Self::Path { .. } => "api.path",
            Self::PathUnknown => "api.path-unknown",
            Self::PolicyExists { .. } => "api.policy-exists",
            Self::PolicyInUse { .. } => "api.policy-in-use",
            Self::PolicyLast { .. } => "api.policy-last",
            Self::PolicyUnknown { .. } => "api.policy-unknown",
            Self::PrivateKey => "api.private-key",
            Self::Query { .. } => "api.query",
            Self::Relays { .. } => "api.relays",
            Self::RunSettled { .. } => "api.run-settled",
            Self::TooManyTokens { .. } => "api.too-many-tokens",
            Self::Unreadable { .. } => "api.unreadable",
            Self::Unauthorized { .. } => "api.unauthorized",
            Self::UnsupportedType => "api.unsupported-type",
            Self::WantsRole { .. } => "api.wants-role",
            Self::WantsSupervisor => "api.wants-supervisor",
        }
    }

    fn next_step(&self) -> &'static str {
        match self {
            Self::BatchClosed { .. } => "Open another batch, or leave the batch out.",
            Self::BatchExists { .. } | Self::PolicyExists { .. } => "Take another name.",
            Self::BatchUnknown { .. } => "Look the name up under /api/v1/batches.",
            Self::BodyTooLarge { .. } => "Send less in one request.",
            Self::BodyTimeout => "Send the request again.",
            Self::CertificateUnknown { .. } => {
                "Look the serial number up under /api/v1/certificates."
            }
            Self::DeviceUnknown { .. } => "Check the registration ID.",
            Self::Internal => "Read the station's log, mend what it says, then try again.",
            Self::IssuedElsewhere { .. } => "Revoke it there, and disable the device here.",
            Self::Method { .. } | Self::Path { .. } | Self::PathUnknown | Self::Query { .. } => {
                "Read /api/v1/openapi.json."
            }
            Self::Origin => "Open the page from the station itself.",
            Self::PolicyInUse { .. } => {
                "Give the enrollment another policy, or add ?force=true, which disables it."
            }
            Self::PolicyLast { .. } => "Add another policy first.",
            Self::PolicyUnknown { .. } => "Look the name up under /api/v1/authorities.",
            Self::PrivateKey => "Take it out: a private key is never sent to the station.",
            Self::Relays { .. } => "Add or delete the policy at that service.",
            Self::RunSettled { .. } => {
                "Compare the record with the ledger's, which stays as it is."
            }
            Self::TooManyTokens { .. } => "Wait, check the token, and send it again.",
            Self::Unreadable { .. } => "Compare the body with /api/v1/openapi.json.",
            Self::Unauthorized { .. } => {
                "Send `Authorization: Bearer sgn_…`; `station operator add` prints a token."
            }
            Self::UnsupportedType => "Send `Content-Type: application/json`.",
            Self::WantsRole { .. } => "Ask a supervisor.",
            Self::WantsSupervisor => {
                "Make a supervisor: station operator add NAME --data DIR --role supervisor"
            }
        }
    }
}
