//! Certificates: one root per namespace, one issuing CA per policy, one leaf per device.
//!
//! All keys are P-384 and all signatures ecdsa-with-SHA384, as the certificate management of the
//! service documents for its own.

use std::str::FromStr;
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use const_oid::db::rfc5280::ID_KP_CLIENT_AUTH;
use const_oid::db::rfc5280::ID_KP_SERVER_AUTH;
use der::asn1::BitString;
use der::{DateTime, Decode, Encode};
use signet_core::UnixTime;
use spki::{SubjectPublicKeyInfoOwned, SubjectPublicKeyInfoRef};
use x509_cert::Certificate;
use x509_cert::builder::profile::BuilderProfile;
use x509_cert::builder::{Builder, CertificateBuilder};
use x509_cert::certificate::TbsCertificate;
use x509_cert::ext::pkix::name::GeneralName;
use x509_cert::ext::pkix::{
    AuthorityKeyIdentifier, BasicConstraints, ExtendedKeyUsage, KeyUsage, KeyUsages,
    SubjectAltName, SubjectKeyIdentifier,
};
use x509_cert::ext::{Extension, ToExtension};
use x509_cert::name::Name;
use x509_cert::serial_number::SerialNumber;
use x509_cert::time::{Time, Validity};

use crate::random;
use crate::signer::{Description, Signer};

/// From when to when a certificate holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Span {
    /// First moment.
    pub(crate) from: UnixTime,
    /// Last moment.
    pub(crate) to: UnixTime,
}

impl Span {
    /// `days` days, begun a minute ago, so that a device whose clock is a little late accepts it.
    pub(crate) fn days(days: u32, now: UnixTime) -> Self {
        let from = UnixTime(now.0.saturating_sub(60));
        Self {
            from,
            to: UnixTime(from.0 + u64::from(days) * 86_400),
        }
    }
}

/// What a certificate is for.
pub(crate) enum Role {
    /// An authority below which stand this many others.
    Authority { below: u8 },
    /// A device.
    Device,
    /// Signs this station's reports.
    Reporter,
    /// This station's own HTTPS port, under these names.
    Server(Vec<GeneralName>),
}

/// An authority: its certificate and who signs for it.
pub(crate) struct Authority {
    /// DER.
    pub(crate) certificate: Vec<u8>,
    /// Holds the key.
    pub(crate) signer: Box<dyn Signer>,
}

impl Authority {
    /// A root: signs itself.
    pub(crate) fn root(signer: Box<dyn Signer>, name: &str, below: u8, span: Span) -> Result<Self> {
        let subject = common_name(name)?;
        let key = public_key(signer.as_ref())?;
        let role = Role::Authority { below };
        let profile = Profile {
            issuer: subject.clone(),
            subject,
            role,
        };
        let certificate = build(profile, key, span, signer.as_ref())?;
        Ok(Self {
            certificate,
            signer,
        })
    }

    /// One that exists: the certificate must be for the signer's key.
    pub(crate) fn held(certificate: Vec<u8>, signer: Box<dyn Signer>) -> Result<Self> {
        let own = Certificate::from_der(&certificate).context("the authority's certificate")?;
        let key = own.tbs_certificate().subject_public_key_info();
        ensure!(
            key.subject_public_key.raw_bytes() == signer.public_point(),
            "the certificate is for another key than the authority has: put back the certificate \
             and the key that belong together"
        );
        Ok(Self {
            certificate,
            signer,
        })
    }

    /// An authority under this one.
    pub(crate) fn subordinate(
        &self,
        signer: Box<dyn Signer>,
        name: &str,
        span: Span,
    ) -> Result<Self> {
        let key = public_key(signer.as_ref())?;
        let certificate =
            self.issue(common_name(name)?, key, span, Role::Authority { below: 0 })?;
        Ok(Self {
            certificate,
            signer,
        })
    }

    /// A device's certificate for the key of a verified request.
    pub(crate) fn device(&self, common: &str, spki: &[u8], span: Span) -> Result<Vec<u8>> {
        let key = SubjectPublicKeyInfoOwned::from_der(spki).context("the request's key")?;
        self.issue(common_name(common)?, key, span, Role::Device)
    }

    /// A certificate for a key that signs reports.
    pub(crate) fn reporter(&self, key: &dyn Signer, name: &str, span: Span) -> Result<Vec<u8>> {
        self.issue(common_name(name)?, public_key(key)?, span, Role::Reporter)
    }

    /// A certificate for this station's HTTPS port.
    pub(crate) fn server(
        &self,
        key: &dyn Signer,
        names: Vec<GeneralName>,
        span: Span,
    ) -> Result<Vec<u8>> {
        let subject = common_name("Signet station")?;
        self.issue(subject, public_key(key)?, span, Role::Server(names))
    }

    fn issue(
        &self,
        subject: Name,
        key: SubjectPublicKeyInfoOwned,
        span: Span,
        role: Role,
    ) -> Result<Vec<u8>> {
        let own =
            Certificate::from_der(&self.certificate).context("the authority's certificate")?;
        let issuer = own.tbs_certificate().subject().clone();
        build(
            Profile {
                issuer,
                subject,
                role,
            },
            key,
            span,
            self.signer.as_ref(),
        )
    }
}

/// What the ledger wants to know of a certificate.
pub(crate) struct Facts {
    /// Upper-case hex.
    pub(crate) serial: String,
    /// When it ends.
    pub(crate) not_after: UnixTime,
}

/// Reads the facts of a certificate.
pub(crate) fn facts(certificate: &[u8]) -> Result<Facts> {
    let certificate = Certificate::from_der(certificate).context("the certificate")?;
    let tbs = certificate.tbs_certificate();
    let serial = random::to_hex(tbs.serial_number().as_bytes()).to_ascii_uppercase();
    let not_after = UnixTime(tbs.validity().not_after.to_unix_duration().as_secs());
    Ok(Facts { serial, not_after })
}

struct Profile {
    issuer: Name,
    subject: Name,
    role: Role,
}

impl BuilderProfile for Profile {
    fn get_issuer(&self, _subject: &Name) -> Name {
        self.issuer.clone()
    }

    fn get_subject(&self) -> Name {
        self.subject.clone()
    }

    fn build_extensions(
        &self,
        key: SubjectPublicKeyInfoRef<'_>,
        issuer_key: SubjectPublicKeyInfoRef<'_>,
        tbs: &TbsCertificate,
    ) -> x509_cert::builder::Result<Vec<Extension>> {
        let mut list = Extensions {
            subject: tbs.subject(),
            list: Vec::new(),
        };
        match &self.role {
            Role::Authority { below } => {
                list.push(&BasicConstraints {
                    ca: true,
                    path_len_constraint: Some(*below),
                })?;
                list.push(&KeyUsage(KeyUsages::KeyCertSign | KeyUsages::CRLSign))?;
            }
            Role::Device => {
                list.push(&CRITICAL_END_ENTITY)?;
                list.push(&KeyUsage(KeyUsages::DigitalSignature.into()))?;
                list.push(&ExtendedKeyUsage(vec![ID_KP_CLIENT_AUTH]))?;
            }
            Role::Reporter => {
                list.push(&CRITICAL_END_ENTITY)?;
                list.push(&KeyUsage(KeyUsages::DigitalSignature.into()))?;
            }
            Role::Server(names) => {
                list.push(&CRITICAL_END_ENTITY)?;
                list.push(&KeyUsage(KeyUsages::DigitalSignature.into()))?;
                list.push(&ExtendedKeyUsage(vec![ID_KP_SERVER_AUTH]))?;
                list.push(&SubjectAltName(names.clone()))?;
            }
        }
        list.push(&SubjectKeyIdentifier::try_from(key)?)?;
        // RFC 5280, section 4.2.1.1: a self-signed certificate may leave it out.
        if self.issuer != self.subject {
            list.push(&AuthorityKeyIdentifier::try_from(issuer_key)?)?;
        }
        Ok(list.list)
    }
}

const CRITICAL_END_ENTITY: BasicConstraints = BasicConstraints {
    ca: false,
    path_len_constraint: None,
};

struct Extensions<'a> {
    subject: &'a Name,
    list: Vec<Extension>,
}

impl Extensions<'_> {
    fn push<E: ToExtension<Error = der::Error>>(&mut self, extension: E) -> der::Result<()> {
        let extension = extension.to_extension(self.subject, &self.list)?;
        self.list.push(extension);
        Ok(())
    }
}

fn build(
    profile: Profile,
    key: SubjectPublicKeyInfoOwned,
    span: Span,
    signer: &dyn Signer,
) -> Result<Vec<u8>> {
    ensure!(
        span.from < span.to,
        "a certificate must end after it begins"
    );
    let validity = Validity::new(time(span.from)?, time(span.to)?);
    let mut builder = CertificateBuilder::new(profile, fresh_serial()?, validity, key)?;
    let description = Description::new(signer)?;
    let message = builder.finalize(&description)?;
    let signature = BitString::from_bytes(&signer.sign(&message)?)?;
    Ok(builder.assemble(signature, &description)?.to_der()?)
}

/// 16 random bytes, positive and never zero. The first bit is cleared, so that the length is constant.
fn fresh_serial() -> Result<SerialNumber> {
    let mut bytes = random::bytes::<16>()?;
    bytes[0] = bytes[0] & 0x7f | 0x40;
    Ok(SerialNumber::new(bytes.as_slice())?)
}

fn public_key(signer: &dyn Signer) -> Result<SubjectPublicKeyInfoOwned> {
    Ok(SubjectPublicKeyInfoOwned::from_key(
        Description::new(signer)?.key(),
    )?)
}

/// `CN=` and nothing else. Only names that need no escaping are passed here.
fn common_name(name: &str) -> Result<Name> {
    let plain = |c: char| c.is_ascii_alphanumeric() || " -._:".contains(c);
    ensure!(
        (1..=64).contains(&name.len()) && name.chars().all(plain),
        "{name:?} cannot be the name of a certificate"
    );
    Ok(Name::from_str(&format!("CN={name}"))?)
}

fn time(time: UnixTime) -> Result<Time> {
    Ok(Time::from(DateTime::from_unix_duration(
        Duration::from_secs(time.0),
    )?))
}
