//! Certificate signing requests (PKCS#10, RFC 2986): as the DPS wants them (CN only), drafted with any
//! names, verified, and explained.

mod draft;
mod error;
mod info;
mod summary;
mod verify;

use base64ct::{Base64, Encoding};
use der::asn1::{Any, BitString, SetOfVec, Utf8StringRef};
use der::{Decode, Encode};
use spki::{AlgorithmIdentifierOwned, SubjectPublicKeyInfoOwned};
use x509_cert::attr::AttributeTypeAndValue;
use x509_cert::name::{Name, RdnSequence, RelativeDistinguishedName};
use x509_cert::request::{CertReq, CertReqInfo, Version};

use crate::cert::name::COMMON_NAME;
use crate::key::{ECDSA_SHA384, PrivateKey};

pub use draft::{AlternativeName, Draft};
pub use error::Error;
pub use summary::{Proof, RequestSummary};
pub use verify::{MAX_BYTES, VerifiedCsr};

/// The longest common name, in characters (RFC 5280 appendix A.1, ub-common-name).
pub const MAX_COMMON_NAME: usize = 64;

/// A signed PKCS#10 request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Csr {
    der: Vec<u8>,
}

impl Csr {
    /// A request whose subject is exactly `CN=registration_id`, without attributes, signed with
    /// ecdsa-with-SHA384 (RFC 5758). The CN is a UTF8String of at most 64 characters.
    ///
    /// # Errors
    /// [`Error::BadCommonName`] for a registration ID that is empty or too long.
    pub fn for_device(key: &PrivateKey, registration_id: &str) -> Result<Self, Error> {
        let characters = registration_id.chars().count();
        let bad_name = Error::BadCommonName { characters };
        if !(1..=MAX_COMMON_NAME).contains(&characters) {
            return Err(bad_name);
        }
        // What remains can only fail on lengths beyond 256 MiB.
        let der = build(key, registration_id).map_err(|_| bad_name)?;
        Ok(Self { der })
    }

    /// The DER bytes.
    pub fn as_der(&self) -> &[u8] {
        &self.der
    }

    /// Base64 of the DER on one line, without armour: the `csr` field of a registration.
    pub fn to_base64(&self) -> String {
        Base64::encode_string(&self.der)
    }
}

fn build(key: &PrivateKey, common_name: &str) -> der::Result<Vec<u8>> {
    let info = CertReqInfo {
        version: Version::V1,
        subject: subject(common_name)?,
        public_key: SubjectPublicKeyInfoOwned::from_der(&key.public_key().to_spki_der())?,
        // Not OPTIONAL in RFC 2986: no attributes are A0 00. The builder of x509-cert would put an
        // empty extensionRequest here, which RFC 5280 does not allow.
        attributes: SetOfVec::new(),
    };
    let signature = BitString::from_bytes(&key.sign(&info.to_der()?))?;
    let algorithm = AlgorithmIdentifierOwned {
        oid: ECDSA_SHA384,
        parameters: None,
    };
    let request = CertReq {
        info,
        algorithm,
        signature,
    };
    request.to_der()
}

/// `CN=common_name`, taken literally: no escape sequence is looked for.
fn subject(common_name: &str) -> der::Result<Name> {
    let attribute = AttributeTypeAndValue {
        oid: COMMON_NAME,
        value: Any::from(Utf8StringRef::new(common_name)?),
    };
    let rdn = RelativeDistinguishedName::try_from(vec![attribute])?;
    Name::from_der(&RdnSequence::from(vec![rdn]).to_der()?)
}
