//! JSON Web Keys: RFC 7517, RFC 7518 section 6.

use const_oid::ObjectIdentifier;
use der::asn1::{AnyRef, UintRef};
use der::{Encode, Tag};
use serde_json::{Map, Value};
use zeroize::Zeroizing;

use super::reader::Reader;
use super::{Content, Error, base64, key};
use crate::key::EC_PUBLIC_KEY;

type Fields = Map<String, Value>;

/// Curves of section 6.2.1.1: name, number, bytes of a coordinate.
const CURVES: &[(&str, &str, usize)] = &[
    ("P-256", "1.2.840.10045.3.1.7", 32),
    ("P-384", "1.3.132.0.34", 48),
    ("P-521", "1.3.132.0.35", 66),
];

/// Reads one.
pub(super) fn read(reader: &mut Reader<'_>, fields: &Fields, pointer: &str) {
    let origin = reader.origin();
    let name = format!("JWK {}", crate::cert::text::shown(pointer));
    reader.inside(name.trim(), origin, |reader| match content(fields) {
        Ok(Found::Public(der)) => reader.found(Content::PublicKey(der), 0),
        Ok(Found::Private(der)) => reader.key(Some(der), 0),
        Err(field) => reader.flaw(None, Error::Jwk { field }),
    });
}

enum Found {
    Private(Zeroizing<Vec<u8>>),
    Public(Vec<u8>),
}

fn content(fields: &Fields) -> Result<Found, &'static str> {
    match fields.get("kty").and_then(Value::as_str) {
        Some("EC") => elliptic(fields),
        Some("RSA") => rsa(fields),
        _ => Err("kty"),
    }
}

/// Coordinates keep their leading zeros: section 6.2.1.2.
fn elliptic(fields: &Fields) -> Result<Found, &'static str> {
    let name = fields.get("crv").and_then(Value::as_str);
    let curve = CURVES.iter().find(|(known, ..)| Some(*known) == name);
    let (_, number, size) = curve.ok_or("crv")?;
    let oid = ObjectIdentifier::new(number).map_err(|_| "crv")?;
    let fixed = |field: &'static str| {
        let bytes = bytes(fields, field).filter(|bytes| bytes.len() == *size);
        bytes.ok_or(field)
    };
    let point = [&[4], fixed("x")?.as_slice(), fixed("y")?.as_slice()].concat();
    if fields.contains_key("d") {
        let private = key::ec(&oid, &fixed("d")?, Some(&point)).ok_or("d")?;
        return Ok(Found::Private(private));
    }
    let algorithm = pkcs8::AlgorithmIdentifierRef {
        oid: EC_PUBLIC_KEY,
        parameters: Some(AnyRef::from(&oid)),
    };
    key::spki(algorithm, &point).map(Found::Public).ok_or("x")
}

/// Section 6.3: with `d`, all of the primes and their helpers are needed.
fn rsa(fields: &Fields) -> Result<Found, &'static str> {
    const PRIVATE: [&str; 8] = ["n", "e", "d", "p", "q", "dp", "dq", "qi"];
    let private = fields.contains_key("d");
    let names = if private {
        &PRIVATE[..]
    } else {
        PRIVATE.get(..2).unwrap_or_default()
    };
    let texts = names.iter().filter_map(|name| fields.get(*name)?.as_str());
    // Room for all of it and each length: what grows leaves copies behind.
    let room = texts.map(|text| text.len() + 8).sum();
    let mut content = Zeroizing::new(Vec::with_capacity(room));
    if private {
        content.extend([2, 1, 0]);
    }
    for name in names {
        let number = bytes(fields, name).ok_or(*name)?;
        let number = UintRef::new(&number).and_then(|number| number.to_der());
        content.extend(Zeroizing::new(number.map_err(|_| *name)?).iter());
    }
    let outer = AnyRef::new(Tag::Sequence, &content).and_then(|any| any.to_der());
    let outer = Zeroizing::new(outer.map_err(|_| "n")?);
    if private {
        key::from_pkcs1(&outer).map(Found::Private).ok_or("d")
    } else {
        key::rsa_spki(&outer).map(Found::Public).ok_or("n")
    }
}

fn bytes(fields: &Fields, name: &str) -> Option<Zeroizing<Vec<u8>>> {
    base64::url(fields.get(name)?.as_str()?)
}
