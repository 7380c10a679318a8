use std::sync::Arc;

use sha2::{Digest, Sha256};
use signet_core::cert::{Certificate, Key, ListSummary, Sketch};
use signet_core::csr::RequestSummary;
use signet_core::file::{Content, Object, public_key_of};
use signet_core::trust;
use signet_core::{Explain, Fault, UnixTime};

use super::key;
use crate::shell::{Shape, plain};

/// Names one object on the Bench for as long as the tab lives.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct Id(pub(super) u32);

/// One object on the Bench. It holds nothing secret: of a private key only its public half.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Item {
    pub(super) id: Id,
    /// The file it came from.
    pub(super) file: Arc<str>,
    /// How it was wrapped in there, and the name that the wrapping gives it.
    pub(super) within: Arc<str>,
    pub(super) kind: Kind,
    /// What people call it.
    pub(super) title: Arc<str>,
    /// The bytes as received; of a private key, its public key's, or none if that is not known.
    pub(super) der: Arc<[u8]>,
    /// SHA-256 of the SubjectPublicKeyInfo.
    pub(super) key: Option<[u8; 32]>,
}

/// What an object is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Certificate(Facts),
    Request,
    RevocationList,
    PublicKey,
    PrivateKey,
    /// What would be a certificate, and strict reading refuses: to look at, and for nothing else.
    Refused,
    /// A file, or a key, that wants a password.
    Sealed,
    /// DER of something else.
    Other,
}

/// The little of a certificate that the list and the search for issuers need.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Facts {
    pub(super) not_before: UnixTime,
    pub(super) not_after: UnixTime,
    /// What people call the issuer.
    pub(super) issuer: Arc<str>,
    pub(super) is_ca: bool,
    pub(super) is_self_issued: bool,
    /// Version 1 has no extension that could say whose it is.
    pub(super) version: u8,
    /// Why Azure has left it, if it has.
    pub(super) retired: Option<&'static str>,
}

impl Item {
    /// `None` for what is still sealed: the file as a whole stands for it.
    pub(super) fn new(id: Id, file: Arc<str>, object: &Object) -> Option<Self> {
        let key = public_key_of(&object.content);
        let digest = key.as_ref().map(|key| Sha256::digest(key).into());
        let (kind, title, der): (_, _, Arc<[u8]>) = match &object.content {
            Content::Certificate(der) => certificate(der),
            Content::Request(der) => (Kind::Request, request(der), der.as_slice().into()),
            Content::Crl(der) => (
                Kind::RevocationList,
                revocation_list(der),
                der.as_slice().into(),
            ),
            Content::PublicKey(der) => (
                Kind::PublicKey,
                key::title(Key::from_spki_der(der), digest),
                der.as_slice().into(),
            ),
            Content::PrivateKey(secret) => (
                Kind::PrivateKey,
                match &key {
                    Some(public) => key::title(Key::from_spki_der(public), digest),
                    None => key::title(key::kind(secret), digest),
                },
                key.unwrap_or_default().into(),
            ),
            Content::Sealed(_) => return None,
            Content::Broken(bytes) => refused(bytes),
            Content::Other(der) if Sketch::is_likely(der) => refused(der),
            Content::Other(der) => (Kind::Other, "Other ASN.1".into(), der.as_slice().into()),
        };
        let mut within = object.within.join(" › ");
        if let Some(name) = &object.name {
            within = format!("{within} “{}”", plain(name, 80));
        }
        Some(Self {
            id,
            file,
            within: within.trim().into(),
            kind,
            title,
            der,
            key: digest,
        })
    }

    /// The file `name` as a whole, which wants a password.
    pub(super) fn sealed(id: Id, name: &Arc<str>) -> Self {
        Self {
            id,
            file: Arc::clone(name),
            within: "".into(),
            kind: Kind::Sealed,
            title: Arc::clone(name),
            der: [].into(),
            key: None,
        }
    }

    /// Whether it is a private key whose other half is not known: of such a one nothing can be shown.
    pub(super) fn is_half(&self) -> bool {
        self.kind == Kind::PrivateKey && self.der.is_empty()
    }

    pub(super) fn facts(&self) -> Option<&Facts> {
        match &self.kind {
            Kind::Certificate(facts) => Some(facts),
            _ => None,
        }
    }

    /// Whether it could stand above another certificate.
    pub(super) fn may_issue(&self) -> bool {
        let facts = self.facts();
        facts.is_some_and(|facts| facts.is_ca || facts.is_self_issued || facts.version == 1)
    }

    /// Whether it is trusted as long as nobody says otherwise: a root.
    pub(super) fn is_root(&self) -> bool {
        let facts = self.facts();
        facts.is_some_and(|facts| facts.is_self_issued && (facts.is_ca || facts.version == 1))
    }

    /// The kind, for people.
    pub(super) fn word(&self) -> &'static str {
        match &self.kind {
            Kind::Certificate(facts) => match (facts.is_ca, facts.is_self_issued) {
                (true, true) => "Root authority",
                (true, false) => "Issuing authority",
                (false, true) => "Self-issued certificate",
                (false, false) => "Certificate",
            },
            Kind::Request => "Certificate request",
            Kind::RevocationList => "Revocation list",
            Kind::PublicKey => "Public key",
            Kind::PrivateKey => "Private key",
            Kind::Refused => "Refused certificate",
            Kind::Sealed => "Sealed with a password",
            Kind::Other => "Unknown structure",
        }
    }

    pub(super) fn shape(&self) -> Shape {
        match &self.kind {
            Kind::Certificate(facts) if facts.is_ca => Shape::Seal,
            Kind::PrivateKey | Kind::PublicKey => Shape::Key,
            Kind::Sealed => Shape::Lock,
            _ => Shape::File,
        }
    }
}

/// Why an object cannot be read as what it seems to be.
pub(super) fn refusal(content: &Content) -> Option<Fault> {
    let certificate = |der: &[u8]| Some(Certificate::from_der(der).err()?.fault());
    match content {
        Content::Certificate(der) => certificate(der),
        Content::Other(der) if Sketch::is_likely(der) => certificate(der),
        Content::Request(der) => Some(RequestSummary::from_der(der).err()?.fault()),
        Content::Crl(der) => Some(ListSummary::from_der(der).err()?.fault()),
        _ => None,
    }
}

fn certificate(der: &[u8]) -> (Kind, Arc<str>, Arc<[u8]>) {
    let Ok(read) = Certificate::from_der(der) else {
        return refused(der);
    };
    let facts = Facts {
        not_before: read.not_before(),
        not_after: read.not_after(),
        issuer: short(&read.issuer()).into(),
        is_ca: read.is_ca(),
        is_self_issued: read.is_self_issued(),
        version: read.version(),
        retired: trust::is_dead(der).map(|dead| dead.reason),
    };
    let title = short(&read.subject());
    (Kind::Certificate(facts), title.into(), der.into())
}

fn refused(bytes: &[u8]) -> (Kind, Arc<str>, Arc<[u8]>) {
    let subject = Sketch::read(bytes).subject.value;
    let title = subject.filter(|subject| !subject.is_empty());
    let title = title.map_or("Unreadable certificate".into(), |it| short(&it).into());
    (Kind::Refused, title, bytes.into())
}

fn request(der: &[u8]) -> Arc<str> {
    let summary = RequestSummary::from_der(der);
    summary.map_or("Unreadable request".into(), |it| short(&it.subject).into())
}

fn revocation_list(der: &[u8]) -> Arc<str> {
    let summary = ListSummary::from_der(der);
    summary.map_or("Unreadable list".into(), |it| short(&it.issuer).into())
}

/// The day of a moment, in UTC.
pub(super) fn day(time: UnixTime) -> String {
    let text = time.to_string();
    text.split('T').next().unwrap_or_default().to_owned()
}

/// So many seconds as days, in words.
pub(super) fn days(seconds: u64) -> String {
    match seconds / 86_400 {
        0 => "less than a day".to_owned(),
        1 => "1 day".to_owned(),
        days => format!("{days} days"),
    }
}

/// The common name of an RFC 4514 text if it has one, else the whole.
pub(super) fn short(subject: &str) -> String {
    let mut parts = subject.split(',');
    let common = parts.find_map(|part| part.strip_prefix("CN="));
    match common {
        // An escaped comma: the whole is clearer than half a name.
        Some(name) if !name.ends_with('\\') => plain(name, 80),
        _ if subject.is_empty() => "(no subject)".to_owned(),
        _ => plain(subject, 80),
    }
}
