//! Whether a request may speak for a registration ID: tokens and certificates against enrollments.

mod token;

use std::sync::Arc;

use anyhow::{Context, Result, anyhow};
use der::asn1::{PrintableStringRef, Utf8StringRef};
use der::{Decode, Tag, Tagged};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, UnixTime as TlsTime};
use rustls::server::danger::ClientCertVerifier;
use sha2::{Digest, Sha256};
use signet_core::UnixTime;
use signet_core::dps::device_key;
use x509_cert::Certificate;

use crate::enrollment::{Enrollment, Proof, Scope};
use crate::random;
use crate::tls;
use crate::tpm::{Challenges, Session, StorageKey};
use token::Token;

/// The credentials that came with a request.
#[derive(Clone, Debug, Default)]
pub(crate) struct Presented {
    /// The `Authorization` header.
    pub(crate) authorization: Option<String>,
    /// The certificates of the TLS client, leaf first, whose key it has proved to hold.
    pub(crate) certificates: Vec<Vec<u8>>,
}

/// A request that may speak for its registration ID.
#[derive(Clone, Debug)]
pub(crate) struct Admitted {
    /// The enrollment that admitted it.
    pub(crate) enrollment: Arc<Enrollment>,
    /// What proved it: `symmetricKey`, `tpm` or `x509`.
    pub(crate) by: &'static str,
    /// The challenge that its TPM has answered, if it was that.
    pub(crate) tpm: Option<Arc<Session>>,
}

/// Why a request may not. The words are those of the service.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Refusal {
    /// A certificate of an authority that no group names.
    CaNotFound,
    /// A certificate that is out of date, broken, or of another name.
    InvalidCertificate,
    /// No enrollment could match this ID at all.
    NotFound,
    /// A wrong token, or no credential.
    Unauthorized,
}

/// The enrollments, ready to judge.
pub(crate) struct Gate {
    id_scope: String,
    entries: Vec<Entry>,
    /// The keys with which TPMs may sign.
    pub(crate) challenges: Challenges,
}

struct Entry {
    enrollment: Arc<Enrollment>,
    /// For groups with authorities.
    verifier: Option<Arc<dyn ClientCertVerifier>>,
}

impl Gate {
    pub(crate) fn new(id_scope: &str, enrollments: Vec<Enrollment>) -> Result<Self> {
        let entries = enrollments
            .into_iter()
            .map(Entry::new)
            .collect::<Result<_>>()?;
        Ok(Self {
            id_scope: id_scope.to_owned(),
            entries,
            challenges: Challenges::default(),
        })
    }

    /// The endorsement key of a device that a TPM proves.
    pub(crate) fn endorsement_key(&self, id: &str) -> Option<&StorageKey> {
        match &self.own(id)?.enrollment.proof {
            Proof::Tpm { endorsement_key } => Some(&endorsement_key.0),
            _ => None,
        }
    }

    /// The individual enrollment of this ID.
    fn own(&self, id: &str) -> Option<&Entry> {
        self.entries.iter().find(|e| {
            e.enrollment.scope == Scope::Individual && e.enrollment.name.eq_ignore_ascii_case(id)
        })
    }

    /// Judges the credentials for `id`, which is the text of the path: derived keys depend on its case.
    pub(crate) fn admit(
        &self,
        presented: &Presented,
        id: &str,
        now: UnixTime,
    ) -> Result<Admitted, Refusal> {
        // An individual enrollment, where there is one, is the only one that counts.
        let candidates: Vec<&Entry> = match self.own(id) {
            Some(entry) => vec![entry],
            None => self
                .entries
                .iter()
                .filter(|e| e.enrollment.scope == Scope::Group)
                .collect(),
        };
        if candidates.is_empty() {
            return Err(Refusal::NotFound);
        }
        let (by, judge): (_, Judge<'_>) = match &presented.authorization {
            Some(text) => {
                let token = Token::parse(text).ok_or(Refusal::Unauthorized)?;
                if !token.concerns(&self.id_scope, id, now) {
                    return Err(Refusal::Unauthorized);
                }
                if self.endorsement_key(id).is_some() {
                    return self.admit_tpm(&token, id, now);
                }
                (
                    "symmetricKey",
                    Box::new(move |entry| entry.judge_token(&token, id)),
                )
            }
            None => {
                let leaf = presented
                    .certificates
                    .first()
                    .ok_or(Refusal::Unauthorized)?;
                check_leaf(leaf, id, now)?;
                let chain = &presented.certificates;
                ("x509", Box::new(move |entry| entry.judge_chain(chain, now)))
            }
        };
        let mut refusal = Refusal::Unauthorized;
        for entry in candidates {
            match judge(entry) {
                Ok(()) => {
                    return Ok(Admitted {
                        enrollment: Arc::clone(&entry.enrollment),
                        by,
                        tpm: None,
                    });
                }
                Err(Refusal::Unauthorized) => {}
                Err(other) => refusal = other,
            }
        }
        Err(refusal)
    }

    /// Judges a token of a device that a TPM proves: it was signed with the key of a challenge.
    fn admit_tpm(&self, token: &Token<'_>, id: &str, now: UnixTime) -> Result<Admitted, Refusal> {
        let entry = self.own(id).ok_or(Refusal::NotFound)?;
        let session = self
            .challenges
            .signed(id, now, |key| token.signed_with(key))
            .ok_or(Refusal::Unauthorized)?;
        Ok(Admitted {
            enrollment: Arc::clone(&entry.enrollment),
            by: "tpm",
            tpm: Some(session),
        })
    }

    /// The symmetric key of a group, for the relay.
    pub(crate) fn group_key(&self, name: &str) -> Option<&[u8]> {
        let group = |e: &&Entry| e.enrollment.scope == Scope::Group && e.enrollment.name == name;
        match &self.entries.iter().find(group)?.enrollment.proof {
            Proof::SymmetricKey { primary_key, .. } => Some(primary_key.as_bytes()),
            _ => None,
        }
    }
}

type Judge<'a> = Box<dyn Fn(&Entry) -> Result<(), Refusal> + 'a>;

impl Entry {
    fn new(enrollment: Enrollment) -> Result<Self> {
        let verifier = match &enrollment.proof {
            Proof::Authority { certificates } => Some(
                verifier(certificates)
                    .with_context(|| format!("the authorities of {:?}", enrollment.name))?,
            ),
            _ => None,
        };
        Ok(Self {
            enrollment: Arc::new(enrollment),
            verifier,
        })
    }

    fn judge_token(&self, token: &Token<'_>, id: &str) -> Result<(), Refusal> {
        let Proof::SymmetricKey {
            primary_key,
            secondary_key,
        } = &self.enrollment.proof
        else {
            return Err(Refusal::Unauthorized);
        };
        let right = [primary_key, secondary_key].into_iter().any(|key| {
            let key = key.as_bytes();
            match self.enrollment.scope {
                Scope::Individual => token.signed_with(key),
                Scope::Group => token.signed_with(&device_key(key, id)),
            }
        });
        if right {
            Ok(())
        } else {
            Err(Refusal::Unauthorized)
        }
    }

    fn judge_chain(&self, chain: &[Vec<u8>], now: UnixTime) -> Result<(), Refusal> {
        let (leaf, others) = chain.split_first().ok_or(Refusal::Unauthorized)?;
        match (&self.enrollment.proof, &self.verifier) {
            (Proof::Thumbprint { sha256 }, _) => {
                let own = random::to_hex(&Sha256::digest(leaf));
                let known = sha256
                    .iter()
                    .any(|text| text.replace(':', "").eq_ignore_ascii_case(&own));
                if known {
                    Ok(())
                } else {
                    Err(Refusal::InvalidCertificate)
                }
            }
            (Proof::Authority { .. }, Some(verifier)) => {
                let leaf = CertificateDer::from(leaf.as_slice());
                let others: Vec<_> = others
                    .iter()
                    .map(|der| CertificateDer::from(der.as_slice()))
                    .collect();
                let now = TlsTime::since_unix_epoch(std::time::Duration::from_secs(now.0));
                match verifier.verify_client_cert(&leaf, &others, now) {
                    Ok(_) => Ok(()),
                    Err(rustls::Error::InvalidCertificate(
                        rustls::CertificateError::UnknownIssuer
                        | rustls::CertificateError::BadSignature,
                    )) => Err(Refusal::CaNotFound),
                    Err(_) => Err(Refusal::InvalidCertificate),
                }
            }
            _ => Err(Refusal::Unauthorized),
        }
    }
}

fn verifier(certificates: &[String]) -> Result<Arc<dyn ClientCertVerifier>> {
    let mut roots = Vec::new();
    for pem in certificates {
        for der in CertificateDer::pem_slice_iter(pem.as_bytes()) {
            roots.push(der.map_err(|error| anyhow!("{error}"))?);
        }
    }
    tls::client_verifier(roots)
}

/// The rules that hold for a leaf whatever admits it: in date, and named as the registration ID.
fn check_leaf(der: &[u8], id: &str, now: UnixTime) -> Result<(), Refusal> {
    let leaf = Certificate::from_der(der).map_err(|_| Refusal::InvalidCertificate)?;
    let validity = leaf.tbs_certificate().validity();
    let seconds = |time: x509_cert::time::Time| time.to_unix_duration().as_secs();
    if now.0 < seconds(validity.not_before) || now.0 > seconds(validity.not_after) {
        return Err(Refusal::InvalidCertificate);
    }
    let names: Vec<&str> = leaf
        .tbs_certificate()
        .subject()
        .iter()
        .filter(|attribute| attribute.oid == const_oid::db::rfc4519::CN)
        .filter_map(|attribute| match attribute.value.tag() {
            Tag::Utf8String => attribute
                .value
                .decode_as::<Utf8StringRef<'_>>()
                .ok()
                .map(|s| s.as_str()),
            Tag::PrintableString => attribute
                .value
                .decode_as::<PrintableStringRef<'_>>()
                .ok()
                .map(|s| s.as_str()),
            _ => None,
        })
        .collect();
    match names.as_slice() {
        [name] if name.eq_ignore_ascii_case(id) => Ok(()),
        _ => Err(Refusal::InvalidCertificate),
    }
}
