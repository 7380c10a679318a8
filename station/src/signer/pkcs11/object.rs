//! Key objects: PKCS #11 3.1, section 4.6 to 4.9; elliptic curves: section 6.3.

use anyhow::{Context, Result, anyhow, bail, ensure};
use cryptoki::mechanism::Mechanism;
use cryptoki::object::{Attribute, AttributeType, KeyType, ObjectClass, ObjectHandle};
use cryptoki::session::Session;
use der::Decode;
use der::asn1::OctetStringRef;
use signet_core::key::{POINT_BYTES, PublicKey};

use super::refusal::Refusal;
use crate::random;

/// DER of the OID secp384r1 (RFC 5480, section 2.1.1.1): CKA_EC_PARAMS.
const SECP384R1: [u8; 7] = [0x06, 0x05, 0x2b, 0x81, 0x04, 0x00, 0x22];

/// The one key of that class, kind and label, if there is one.
pub(super) fn find(
    session: &Session,
    class: ObjectClass,
    kind: KeyType,
    label: &str,
) -> Result<Option<ObjectHandle>> {
    let wanted = [
        Attribute::Class(class),
        Attribute::KeyType(kind),
        Attribute::Token(true),
        Attribute::Label(label.into()),
    ];
    let found = session.find_objects(&wanted).map_err(Refusal)?;
    match found.as_slice() {
        [] => Ok(None),
        [one] => Ok(Some(*one)),
        many => bail!(
            "it has {} keys labelled {label:?}: give the others another label",
            many.len()
        ),
    }
}

/// The kind of a key, as people say it.
pub(super) fn named(kind: KeyType) -> &'static str {
    match kind {
        KeyType::RSA => "RSA",
        _ => "EC",
    }
}

/// Makes a P-384 pair that never leaves the token.
pub(super) fn generate(session: &Session, label: &str) -> Result<()> {
    let id = random::bytes::<8>()?.to_vec();
    let public = [
        Attribute::Token(true),
        Attribute::Private(false),
        Attribute::Verify(true),
        Attribute::EcParams(SECP384R1.to_vec()),
        Attribute::Label(label.into()),
        Attribute::Id(id.clone()),
    ];
    let private = [
        Attribute::Token(true),
        Attribute::Private(true),
        Attribute::Sensitive(true),
        Attribute::Extractable(false),
        Attribute::Sign(true),
        Attribute::Label(label.into()),
        Attribute::Id(id),
    ];
    let (_, key) = session
        .generate_key_pair(&Mechanism::EccKeyPairGen, &public, &private)
        .map_err(Refusal)
        .context("it cannot make a P-384 key")?;
    let kinds = [AttributeType::Sensitive, AttributeType::Extractable];
    let is = session.get_attributes(key, &kinds).map_err(Refusal)?;
    ensure!(
        is.contains(&Attribute::Sensitive(true)) && is.contains(&Attribute::Extractable(false)),
        "it made the key {label:?}, but would give it away: delete it and take another token"
    );
    Ok(())
}

/// The public key of an object.
pub(super) fn public_key(session: &Session, object: ObjectHandle) -> Result<PublicKey> {
    let kinds = [AttributeType::EcParams, AttributeType::EcPoint];
    let (mut curve, mut point) = (None, None);
    for attribute in session.get_attributes(object, &kinds).map_err(Refusal)? {
        match attribute {
            Attribute::EcParams(value) => curve = Some(value),
            Attribute::EcPoint(value) => point = Some(value),
            _ => {}
        }
    }
    ensure!(
        curve.as_deref() == Some(&SECP384R1),
        "its key is not on P-384: make one there"
    );
    read_point(&point.context("its public key object has no point")?)
}

/// CKA_EC_POINT is the DER of an OCTET STRING; some modules give the point itself.
fn read_point(value: &[u8]) -> Result<PublicKey> {
    let point = if value.len() == POINT_BYTES {
        value
    } else {
        let inner = <&OctetStringRef>::from_der(value);
        inner
            .map_err(|_| anyhow!("its public key object has no readable point"))?
            .as_bytes()
    };
    PublicKey::from_point(point).map_err(|error| anyhow!("{error}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn points_are_read_bare_and_wrapped() {
        let key = random::key().unwrap().public_key();
        let bare = key.to_point();
        let wrapped = [&[0x04, 97], bare.as_slice()].concat();
        for form in [bare.as_slice(), &wrapped] {
            assert_eq!(read_point(form).unwrap(), key);
        }
        for wrong in [&wrapped[..98], &wrapped[1..98], &[][..], &[0x04, 1, 4]] {
            assert!(read_point(wrong).is_err());
        }
    }
}
