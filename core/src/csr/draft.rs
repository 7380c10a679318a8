use core::net::IpAddr;

use const_oid::ObjectIdentifier;
use der::asn1::{Any, BitString, Ia5String, OctetString, SetOfVec, Utf8StringRef};
use der::{Decode, Encode};
use spki::{AlgorithmIdentifierOwned, SubjectPublicKeyInfoOwned};
use x509_cert::attr::{Attribute, AttributeTypeAndValue};
use x509_cert::ext::Extension;
use x509_cert::ext::pkix::SubjectAltName;
use x509_cert::ext::pkix::name::GeneralName;
use x509_cert::name::{Name, RdnSequence, RelativeDistinguishedName};
use x509_cert::request::{CertReq, CertReqInfo, Version};

use super::{Csr, Error, MAX_COMMON_NAME};
use crate::cert::name::COMMON_NAME;
use crate::key::{ECDSA_SHA384, PrivateKey};

const ORGANIZATION: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.5.4.10");
const SUBJECT_ALT_NAME: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.5.29.17");
/// extensionRequest, RFC 2985 section 5.4.2.
pub(super) const EXTENSION_REQUEST: ObjectIdentifier =
    ObjectIdentifier::new_unwrap("1.2.840.113549.1.9.14");

/// A request before it is signed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Draft {
    /// Common name, 1 to 64 characters; for Azure the registration ID and nothing else.
    pub common_name: String,
    /// Organization; left out if empty.
    pub organization: String,
    /// Names beside the subject.
    pub alternative_names: Vec<AlternativeName>,
}

/// One subject alternative name (RFC 5280 section 4.2.1.6).
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum AlternativeName {
    /// An IP address.
    Address(IpAddr),
    /// A host name, perhaps with `*.` in front.
    Dns(String),
    /// An e-mail address.
    Email(String),
    /// A URI.
    Uri(String),
}

impl AlternativeName {
    /// Recognises an address, an e-mail address by its `@`, a URI by its scheme; all else is a host.
    ///
    /// # Errors
    /// [`Error::BadAlternativeName`].
    pub fn parse(text: &str) -> Result<Self, Error> {
        let text = text.trim();
        let bad = || Error::BadAlternativeName {
            name: crate::cert::text::shown(&text.chars().take(80).collect::<String>()),
        };
        if let Ok(address) = text.parse() {
            return Ok(Self::Address(address));
        }
        if !text.is_ascii() || text.contains(|c: char| c.is_ascii_control() || c == ' ') {
            return Err(bad());
        }
        if text
            .split_once("://")
            .is_some_and(|(scheme, _)| !scheme.is_empty())
        {
            return Ok(Self::Uri(text.to_owned()));
        }
        if let Some((local, host)) = text.rsplit_once('@') {
            let good = !local.is_empty() && is_host(host);
            return good.then(|| Self::Email(text.to_owned())).ok_or_else(bad);
        }
        let host = text.strip_prefix("*.").unwrap_or(text);
        is_host(host)
            .then(|| Self::Dns(text.to_owned()))
            .ok_or_else(bad)
    }

    fn general(&self) -> der::Result<GeneralName> {
        Ok(match self {
            Self::Address(IpAddr::V4(v4)) => {
                GeneralName::IpAddress(OctetString::new(v4.octets().to_vec())?)
            }
            Self::Address(IpAddr::V6(v6)) => {
                GeneralName::IpAddress(OctetString::new(v6.octets().to_vec())?)
            }
            Self::Dns(text) => GeneralName::DnsName(Ia5String::new(text)?),
            Self::Email(text) => GeneralName::Rfc822Name(Ia5String::new(text)?),
            Self::Uri(text) => GeneralName::UniformResourceIdentifier(Ia5String::new(text)?),
        })
    }
}

/// RFC 1123 section 2.1: labels of letters, digits and hyphens.
fn is_host(text: &str) -> bool {
    let label = |label: &str| {
        let plain = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_';
        (1..=63).contains(&label.len())
            && label.bytes().all(plain)
            && !label.starts_with('-')
            && !label.ends_with('-')
    };
    text.len() <= 253 && text.split('.').all(label)
}

impl Draft {
    /// Signs with ecdsa-with-SHA384. Texts are UTF8Strings; without alternative names there is no
    /// extensionRequest at all.
    ///
    /// # Errors
    /// [`Error::BadCommonName`]; an organization that is too long counts as one.
    pub fn sign(&self, key: &PrivateKey) -> Result<Csr, Error> {
        for text in [&self.common_name, &self.organization] {
            let characters = text.chars().count();
            let empty = characters == 0 && text == &self.common_name;
            if empty || characters > MAX_COMMON_NAME {
                return Err(Error::BadCommonName { characters });
            }
        }
        // What remains can only fail on lengths beyond 256 MiB.
        let der = self.build(key).map_err(|_| Error::BadCommonName {
            characters: self.common_name.chars().count(),
        })?;
        Ok(Csr { der })
    }

    fn build(&self, key: &PrivateKey) -> der::Result<Vec<u8>> {
        let info = CertReqInfo {
            version: Version::V1,
            subject: self.subject()?,
            public_key: SubjectPublicKeyInfoOwned::from_der(&key.public_key().to_spki_der())?,
            attributes: self.attributes()?,
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

    fn subject(&self) -> der::Result<Name> {
        let mut names = Vec::new();
        for (oid, text) in [
            (ORGANIZATION, &self.organization),
            (COMMON_NAME, &self.common_name),
        ] {
            if !text.is_empty() {
                let value = Any::from(Utf8StringRef::new(text)?);
                let attribute = AttributeTypeAndValue { oid, value };
                names.push(RelativeDistinguishedName::try_from(vec![attribute])?);
            }
        }
        Name::from_der(&RdnSequence::from(names).to_der()?)
    }

    fn attributes(&self) -> der::Result<SetOfVec<Attribute>> {
        let mut attributes = SetOfVec::new();
        if !self.alternative_names.is_empty() {
            let names = self.alternative_names.iter().map(AlternativeName::general);
            let names = SubjectAltName(names.collect::<der::Result<_>>()?);
            let extension = Extension {
                extn_id: SUBJECT_ALT_NAME,
                critical: false,
                extn_value: OctetString::new(names.to_der()?)?,
            };
            let mut values = SetOfVec::new();
            values.insert(Any::from_der(&vec![extension].to_der()?)?)?;
            attributes.insert(Attribute {
                oid: EXTENSION_REQUEST,
                values,
            })?;
        }
        Ok(attributes)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[cfg(target_family = "wasm")]
    use wasm_bindgen_test::wasm_bindgen_test as test;

    #[test]
    fn names_are_recognised_or_refused() {
        for (text, good) in [
            ("192.0.2.7", true),
            ("2001:db8::1", true),
            ("*.contoso.example", true),
            ("a@contoso.example", true),
            ("https://contoso.example/a", true),
            ("pump 1", false),
            ("-a.example", false),
            ("ü.example", false),
            ("", false),
            ("@x", false),
        ] {
            assert_eq!(AlternativeName::parse(text).is_ok(), good, "{text}");
        }
    }

    #[test]
    fn texts_that_do_not_fit_are_refused() {
        let key = PrivateKey::from_entropy(&[7; 48]).unwrap();
        let draft = |common_name: String| Draft {
            common_name,
            ..Draft::default()
        };
        assert!(draft("a".repeat(64)).sign(&key).is_ok());
        assert_eq!(
            draft("a".repeat(65)).sign(&key).unwrap_err(),
            Error::BadCommonName { characters: 65 }
        );
        assert!(draft(String::new()).sign(&key).is_err());
        let plain = draft("pump".to_owned()).sign(&key).unwrap();
        assert_eq!(plain, Csr::for_device(&key, "pump").unwrap());
    }
}
