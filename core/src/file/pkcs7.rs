use der::{Decode, Tag, asn1::ObjectIdentifier};

use super::ber::{self, parts, sequence};
use super::reader::Reader;
use super::tlv::{self, Part, context};
use super::{Content, Error};

/// id-data, id-signedData, RFC 5652 sections 4 and 5.1.
pub(super) const DATA: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.7.1");
pub(super) const SIGNED_DATA: ObjectIdentifier =
    ObjectIdentifier::new_unwrap("1.2.840.113549.1.7.2");

const DAMAGED: Error = Error::Container {
    kind: "PKCS #7 file",
};

/// The certificates and revocation lists of a SignedData; anything else stays ASN.1.
pub(super) fn read(reader: &mut Reader<'_>, der: &[u8], at: usize) {
    let Some((kind, inner)) = content_info(der) else {
        reader.flaw(Some(reader.origin().plus(at)), DAMAGED);
        return;
    };
    if kind != SIGNED_DATA {
        reader.found(Content::Other(der.to_vec()), at);
        return;
    }
    let origin = reader.origin().plus(at);
    if ber::departs(der) {
        let kind = "PKCS #7 file";
        reader.flaw(Some(origin), Error::Ber { kind });
    }
    reader.inside("PKCS #7", origin, |reader| {
        let Some(fields) = inner.and_then(|inner| sequence(inner.whole)) else {
            reader.flaw(Some(origin), DAMAGED);
            return;
        };
        for field in fields {
            // RFC 5652 section 5.1: certificates [0], crls [1].
            if field.tag == context(0, true) || field.tag == context(1, true) {
                set(reader, &field, offset(der, field.content));
            }
        }
    });
}

fn set(reader: &mut Reader<'_>, field: &Part<'_>, at: usize) {
    let origin = reader.origin();
    let Some(members) = parts(field.content) else {
        reader.flaw(Some(origin.plus(at)), DAMAGED);
        return;
    };
    for member in members {
        // What was signed is DER, whatever lies around it (RFC 5280 section 4.1).
        if tlv::first(member.whole).is_none() {
            reader.flaw(Some(origin.plus(at + member.at)), Error::NotDer);
        // The other choices have tags of their own: attribute certificates and foreign formats.
        } else if member.tag == Tag::Sequence {
            reader.der(member.whole, at + member.at);
        } else {
            reader.found(Content::Other(member.whole.to_vec()), at + member.at);
        }
    }
}

/// Type and content of a ContentInfo (RFC 5652 section 3).
pub(super) fn content_info(der: &[u8]) -> Option<(ObjectIdentifier, Option<Part<'_>>)> {
    let fields = sequence(der)?;
    let kind = ObjectIdentifier::from_der(fields.first()?.whole).ok()?;
    let content = fields.get(1).and_then(|field| parts(field.content));
    let content = content.and_then(|parts| parts.first().copied());
    Some((kind, content))
}

/// Where `part` lies in `whole`, of which it is a part.
pub(super) fn offset(whole: &[u8], part: &[u8]) -> usize {
    (part.as_ptr() as usize).saturating_sub(whole.as_ptr() as usize)
}
