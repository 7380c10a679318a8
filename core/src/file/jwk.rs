//! JSON Web Keys: RFC 7517, RFC 7518 section 6, RFC 8037, RFC 8812.

use const_oid::ObjectIdentifier;
use der::asn1::{AnyRef, OctetStringRef, UintRef};
use der::{Encode, Tag};
use pkcs8::{AlgorithmIdentifierRef, PrivateKeyInfoRef};
use zeroize::Zeroizing;

use super::json::{Fields, Value};
use super::reader::Reader;
use super::{Content, Error, base64, key};
use crate::cert::text::shown;
use crate::key::EC_PUBLIC_KEY;

/// Name, number, bytes of a coordinate.
type Curve = (&'static str, &'static str, usize);

/// RFC 7518 section 6.2.1.1, and RFC 8812 section 3.1.
const CURVES: &[Curve] = &[
    ("P-256", "1.2.840.10045.3.1.7", 32),
    ("P-384", "1.3.132.0.34", 48),
    ("P-521", "1.3.132.0.35", 66),
    ("secp256k1", "1.3.132.0.10", 32),
];

/// RFC 8037 section 2, with the numbers of RFC 8410 section 3: an octet string for each half.
const OCTETS: &[Curve] = &[
    ("Ed25519", "1.3.101.112", 32),
    ("Ed448", "1.3.101.113", 57),
    ("X25519", "1.3.101.110", 32),
    ("X448", "1.3.101.111", 56),
];

/// Reads one.
pub(super) fn read(reader: &mut Reader<'_>, fields: &Fields<'_>, pointer: &str) {
    let origin = reader.origin();
    let name = format!("JWK {}", shown(pointer));
    reader.inside(name.trim(), origin, |reader| match content(fields) {
        Ok(Found::Public(der)) => reader.found(Content::PublicKey(der), 0),
        Ok(Found::Private(der)) => reader.key(Some(der), 0),
        Err(wrong) => {
            let key = which(fields, pointer);
            let error = match wrong {
                Wrong::Halves => return reader.key(None, 0),
                Wrong::Field(field) => Error::Jwk { field, key },
                Wrong::Kind(kind) => Error::JwkKind { key, kind },
            };
            reader.flaw(None, error);
        }
    });
}

/// Which key it is, for people: one of many may have neither place nor name.
fn which(fields: &Fields<'_>, pointer: &str) -> String {
    let mut which = format!("JSON Web Key {}", shown(pointer)).trim().to_owned();
    if let Some(kid) = fields.get("kid").and_then(Value::text) {
        which.push_str(&format!(" (kid {})", cut(&kid)));
    }
    which
}

/// The beginning of a text of the input, safe to show.
fn cut(text: &str) -> String {
    const MOST: usize = 64;
    let start: String = text.chars().take(MOST).collect();
    let end = if start.len() < text.len() { "…" } else { "" };
    format!("{}{end}", shown(&start))
}

enum Found {
    Private(Zeroizing<Vec<u8>>),
    Public(Vec<u8>),
}

/// Why one is not opened.
enum Wrong {
    /// This field breaks a rule.
    Field(&'static str),
    /// The private half belongs to another public one.
    Halves,
    /// It is this, which is not known here.
    Kind(String),
}

impl From<&'static str> for Wrong {
    fn from(field: &'static str) -> Self {
        Self::Field(field)
    }
}

fn content(fields: &Fields<'_>) -> Result<Found, Wrong> {
    let kind = fields.get("kty").and_then(Value::text);
    match kind.as_ref().map(|kind| kind.as_str()) {
        Some("EC") => elliptic(fields),
        Some("OKP") => octets(fields),
        Some("RSA") => rsa(fields),
        Some("oct") => Err(Wrong::Kind("a symmetric key (kty oct)".to_owned())),
        Some(kty) => Err(Wrong::Kind(format!(
            "a key of another kind (kty {})",
            cut(kty)
        ))),
        None => Err(Wrong::Field("kty")),
    }
}

/// The number of its curve, and the bytes of a coordinate.
fn curve(fields: &Fields<'_>, known: &[Curve]) -> Result<(ObjectIdentifier, usize), Wrong> {
    let name = fields.get("crv").and_then(Value::text).ok_or("crv")?;
    let found = known.iter().find(|(known, ..)| *known == *name);
    let unknown = || Wrong::Kind(format!("a key on another curve (crv {})", cut(&name)));
    let (_, number, size) = found.ok_or_else(unknown)?;
    let number = ObjectIdentifier::new(number).map_err(|_| "crv")?;
    Ok((number, *size))
}

/// A field of that many bytes.
fn fixed(
    fields: &Fields<'_>,
    field: &'static str,
    size: usize,
) -> Result<Zeroizing<Vec<u8>>, &'static str> {
    let bytes = bytes(fields, field).filter(|bytes| bytes.len() == size);
    bytes.ok_or(field)
}

/// RFC 8037 section 2. Not every program reads a PKCS #8 with both halves, so only one of them is kept.
fn octets(fields: &Fields<'_>) -> Result<Found, Wrong> {
    let (oid, size) = curve(fields, OCTETS)?;
    let algorithm = AlgorithmIdentifierRef {
        oid,
        parameters: None,
    };
    let public = fixed(fields, "x", size)?;
    if !fields.contains_key("d") {
        let public = key::spki(algorithm, &public).ok_or("x")?;
        return Ok(Found::Public(public));
    }
    // RFC 8410 section 7: CurvePrivateKey inside of the privateKey.
    let private = fixed(fields, "d", size)?;
    if !key::belongs(&oid, &private, &public) {
        return Err(Wrong::Halves);
    }
    let inner = OctetStringRef::new(&private).and_then(|octets| octets.to_der());
    let inner = Zeroizing::new(inner.map_err(|_| "d")?);
    let octets = OctetStringRef::new(&inner).map_err(|_| "d")?;
    let whole = PrivateKeyInfoRef::new(algorithm, octets).to_der();
    Ok(Found::Private(Zeroizing::new(whole.map_err(|_| "d")?)))
}

/// Coordinates keep their leading zeros: RFC 7518 section 6.2.1.2.
fn elliptic(fields: &Fields<'_>) -> Result<Found, Wrong> {
    let (oid, size) = curve(fields, CURVES)?;
    let (x, y) = (fixed(fields, "x", size)?, fixed(fields, "y", size)?);
    let point = [&[4], x.as_slice(), y.as_slice()].concat();
    if fields.contains_key("d") {
        let private = fixed(fields, "d", size)?;
        let private = key::ec(&oid, &private, Some(&point)).ok_or("d")?;
        return Ok(Found::Private(private));
    }
    let algorithm = AlgorithmIdentifierRef {
        oid: EC_PUBLIC_KEY,
        parameters: Some(AnyRef::from(&oid)),
    };
    let public = key::spki(algorithm, &point).ok_or("x")?;
    Ok(Found::Public(public))
}

/// RFC 7518 section 6.3. With `d` alone the primes would have to be searched for, and a third is one too many for
/// PKCS #1 in its first version.
fn rsa(fields: &Fields<'_>) -> Result<Found, Wrong> {
    const PRIVATE: [&str; 8] = ["n", "e", "d", "p", "q", "dp", "dq", "qi"];
    let private = fields.contains_key("d");
    let primes = PRIVATE.get(3..).unwrap_or_default();
    if private && !primes.iter().any(|name| fields.contains_key(*name)) {
        let kind = "an RSA key without its primes".to_owned();
        return Err(Wrong::Kind(kind));
    }
    if private && fields.contains_key("oth") {
        let kind = "an RSA key of more than two primes".to_owned();
        return Err(Wrong::Kind(kind));
    }
    let names = if private {
        &PRIVATE[..]
    } else {
        PRIVATE.get(..2).unwrap_or_default()
    };
    let texts = names.iter().filter_map(|name| fields.get(*name)?.text());
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
    Ok(if private {
        Found::Private(key::from_pkcs1(&outer).ok_or("d")?)
    } else {
        Found::Public(key::rsa_spki(&outer).ok_or("n")?)
    })
}

fn bytes(fields: &Fields<'_>, name: &str) -> Option<Zeroizing<Vec<u8>>> {
    base64::url(&fields.get(name)?.text()?)
}
