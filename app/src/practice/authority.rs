//! An authority of two levels, as the cloud's own: a root, and below it one that issues.

use std::str::FromStr;
use std::time::Duration;

use const_oid::ObjectIdentifier;
use const_oid::db::rfc5280::ID_KP_CLIENT_AUTH;
use der::asn1::BitString;
use der::{DateTime, Decode, Encode};
use p384::ecdsa::VerifyingKey;
use signature::Keypair;
use signet_core::UnixTime;
use signet_core::key::PrivateKey;
use spki::{
    AlgorithmIdentifierOwned, DynSignatureAlgorithmIdentifier, SubjectPublicKeyInfoOwned,
    SubjectPublicKeyInfoRef,
};
use x509_cert::builder::profile::BuilderProfile;
use x509_cert::builder::{self, Builder, CertificateBuilder};
use x509_cert::certificate::TbsCertificate;
use x509_cert::ext::pkix::{
    AuthorityKeyIdentifier, BasicConstraints, ExtendedKeyUsage, KeyUsage, KeyUsages,
    SubjectKeyIdentifier,
};
use x509_cert::ext::{Extension, ToExtension};
use x509_cert::name::Name;
use x509_cert::serial_number::SerialNumber;
use x509_cert::time::{Time, Validity};

/// An authority of two levels. Its keys are never stored.
pub(super) struct Authority {
    /// DER of the root.
    pub(super) root: Vec<u8>,
    issuing: Vec<u8>,
    key: PrivateKey,
}

impl Authority {
    /// A fresh one; `None` if the browser gives no random bytes.
    pub(super) fn new(now: UnixTime) -> Option<Self> {
        let (top, key) = (fresh_key()?, fresh_key()?);
        let root_name = Name::from_str("CN=Signet practice root").ok()?;
        let name = Name::from_str("CN=Signet practice CA").ok()?;
        let root = Profile {
            issuer: root_name.clone(),
            subject: root_name.clone(),
            below: Some(1),
        };
        let issuing = Profile {
            issuer: root_name,
            subject: name,
            below: Some(0),
        };
        let spki = |key: &PrivateKey| key.public_key().to_spki_der();
        Some(Self {
            root: certificate(root, &spki(&top), &top, now)?,
            issuing: certificate(issuing, &spki(&key), &top, now)?,
            key,
        })
    }

    /// The chain for a device's key (SubjectPublicKeyInfo, DER), leaf first.
    pub(super) fn issue(&self, name: &str, spki: &[u8], now: UnixTime) -> Option<Vec<Vec<u8>>> {
        let profile = Profile {
            issuer: Name::from_str("CN=Signet practice CA").ok()?,
            // A registration ID needs no escaping in RFC 4514.
            subject: Name::from_str(&format!("CN={name}")).ok()?,
            below: None,
        };
        let leaf = certificate(profile, spki, &self.key, now)?;
        Some(vec![leaf, self.issuing.clone(), self.root.clone()])
    }
}

struct Profile {
    issuer: Name,
    subject: Name,
    /// How many authorities may stand below; `None` for a device.
    below: Option<u8>,
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
    ) -> builder::Result<Vec<Extension>> {
        let mut list = Vec::new();
        let mut push = |extension: &dyn Fn(&[Extension]) -> der::Result<Extension>| {
            let extension = extension(&list)?;
            list.push(extension);
            der::Result::Ok(())
        };
        let subject = tbs.subject();
        let constraints = BasicConstraints {
            ca: self.below.is_some(),
            path_len_constraint: self.below,
        };
        push(&|list| (&constraints).to_extension(subject, list))?;
        let usage = match self.below {
            Some(_) => KeyUsage(KeyUsages::KeyCertSign | KeyUsages::CRLSign),
            None => KeyUsage(KeyUsages::DigitalSignature.into()),
        };
        push(&|list| (&usage).to_extension(subject, list))?;
        if self.below.is_none() {
            let purpose = ExtendedKeyUsage(vec![ID_KP_CLIENT_AUTH]);
            push(&|list| (&purpose).to_extension(subject, list))?;
        }
        let own = SubjectKeyIdentifier::try_from(key)?;
        push(&|list| (&own).to_extension(subject, list))?;
        if self.issuer != self.subject {
            let above = AuthorityKeyIdentifier::try_from(issuer_key)?;
            push(&|list| (&above).to_extension(subject, list))?;
        }
        Ok(list)
    }
}

/// What the builder asks of a signer before it signs.
struct Signer(VerifyingKey);

impl Keypair for Signer {
    type VerifyingKey = VerifyingKey;

    fn verifying_key(&self) -> VerifyingKey {
        self.0
    }
}

impl DynSignatureAlgorithmIdentifier for Signer {
    fn signature_algorithm_identifier(&self) -> spki::Result<AlgorithmIdentifierOwned> {
        Ok(AlgorithmIdentifierOwned {
            oid: ECDSA_SHA384,
            parameters: None,
        })
    }
}

/// A practice certificate is good for a month, and its authority for as long as the tab is open.
const VALID_SECONDS: u64 = 30 * 86_400;

/// ecdsa-with-SHA384, RFC 5758, section 3.2; its parameters are absent.
const ECDSA_SHA384: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.10045.4.3.3");

fn certificate(profile: Profile, spki: &[u8], key: &PrivateKey, now: UnixTime) -> Option<Vec<u8>> {
    let spki = SubjectPublicKeyInfoOwned::from_der(spki).ok()?;
    let moment = |seconds| DateTime::from_unix_duration(Duration::from_secs(seconds)).ok();
    // Begun a minute ago: the page reads its clock more than once.
    let from = now.0.saturating_sub(60);
    let (from, to) = (moment(from)?, moment(from + VALID_SECONDS)?);
    let validity = Validity::new(Time::from(from), Time::from(to));
    let mut serial = [0; 16];
    getrandom::fill(&mut serial).ok()?;
    serial[0] = serial[0] & 0x7f | 0x40; // positive and of constant length
    let serial = SerialNumber::new(&serial).ok()?;
    let mut builder = CertificateBuilder::new(profile, serial, validity, spki).ok()?;
    let signer = Signer(VerifyingKey::from_sec1_bytes(&key.public_point()).ok()?);
    let message = builder.finalize(&signer).ok()?;
    let signature = BitString::from_bytes(&key.sign(&message)).ok()?;
    builder.assemble(signature, &signer).ok()?.to_der().ok()
}

fn fresh_key() -> Option<PrivateKey> {
    PrivateKey::from_entropy(&*crate::entropy::for_key().ok()?)
}
