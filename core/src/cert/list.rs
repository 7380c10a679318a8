use const_oid::ObjectIdentifier;
use const_oid::db::rfc5280::{ID_CE_CRL_NUMBER, ID_CE_CRL_REASONS, ID_CE_DELTA_CRL_INDICATOR};
use der::asn1::{AnyRef, IntRef, UintRef};
use der::{Decode, Reader, SliceReader, Tag, TagMode, TagNumber, Tagged};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use spki::AlgorithmIdentifierRef;
use x509_cert::ext::Extensions;
use x509_cert::name::Name;
use x509_cert::time::Time;

use super::name::rfc4514;
use super::signed::{Flaw, Signed, position};
use super::{Error, Extension, MAX_BYTES, Reason, reason, text};
use crate::UnixTime;

/// The most entries that [`ListSummary`] keeps.
pub const MAX_ENTRIES: usize = 1_000;

/// One revocation list (RFC 5280 section 5.1), its fields as text that is safe to show.
///
/// Nothing was verified. This says what the list claims, not whether it is true.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ListSummary {
    /// Issuer, RFC 4514.
    pub issuer: String,
    /// When the list was made.
    pub this_update: UnixTime,
    /// When the next one is due at the latest.
    pub next_update: Option<UnixTime>,
    /// The list's own number, decimal; `0x` and upper-case hex beyond 128 bits.
    pub number: Option<String>,
    /// Of a list of changes: the number of the complete list that it changes, in the same notation.
    pub delta_base: Option<String>,
    /// Name and object identifier of the signature algorithm.
    pub signature_algorithm: String,
    /// SHA-256 of the DER, upper-case hex.
    pub sha256: String,
    /// Size of the DER in bytes.
    pub size: usize,
    /// How many certificates are listed.
    pub count: usize,
    /// The first of them, in the order of the list, at most [`MAX_ENTRIES`].
    pub entries: Vec<Revoked>,
    /// Each extension of the list, in its order.
    pub extensions: Vec<Extension>,
}

/// One entry of a revocation list.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Revoked {
    /// Serial number of the certificate, upper-case hex as in [`Summary`](super::Summary).
    pub serial: String,
    /// When it was revoked.
    pub at: UnixTime,
    /// Why, such as `keyCompromise` (section 5.3.1), if the list says so.
    pub reason: Option<String>,
    /// What that means, in one sentence, if it is known.
    #[serde(default)]
    pub meaning: Option<String>,
}

impl ListSummary {
    /// Reads the DER of one list, complete or of changes, version 1 or 2.
    ///
    /// # Errors
    /// [`Error::TooLarge`], [`Error::NotAList`], [`Error::EarlyTime`] and [`Error::LongOid`].
    pub fn from_der(der: &[u8]) -> Result<Self, Error> {
        if der.len() > MAX_BYTES {
            return Err(Error::TooLarge { bytes: der.len() });
        }
        let wrong = |at| Error::refused(der, at, |at| Error::NotAList { at });
        let signed = Signed::from_der(der).map_err(|flaw| match flaw {
            Flaw::NotDer(at) | Flaw::TrailingData(at) => wrong(at),
        })?;
        let body = SliceReader::new(signed.body).and_then(|mut reader| reader.sequence(Body::read));
        let body = body.map_err(|error| wrong(signed.offset + position(&error)))?;
        Ok(Self {
            issuer: rfc4514(&body.issuer),
            this_update: unix(body.this_update),
            next_update: body.next_update.map(unix),
            number: number(&body.extensions, ID_CE_CRL_NUMBER),
            delta_base: number(&body.extensions, ID_CE_DELTA_CRL_INDICATOR),
            signature_algorithm: text::oid(&signed.algorithm.oid),
            sha256: text::hex(&Sha256::digest(der)),
            size: der.len(),
            count: body.entries.count,
            entries: body.entries.kept,
            extensions: body.extensions.iter().map(Extension::new).collect(),
        })
    }
}

/// TBSCertList. That of x509-cert wants a version, which lists of version 1 do not have, and holds
/// every entry of a list in memory.
struct Body {
    issuer: Name,
    this_update: Time,
    next_update: Option<Time>,
    entries: Entries,
    extensions: Extensions,
}

#[derive(Default)]
struct Entries {
    count: usize,
    kept: Vec<Revoked>,
}

impl Body {
    fn read(reader: &mut SliceReader<'_>) -> der::Result<Self> {
        // Section 5.1.2.1: version 2 is written as 1, and version 1 is not written.
        if let Ok(Tag::Integer) = Tag::peek(reader)
            && reader.decode::<IntRef<'_>>()?.as_bytes() != [1]
        {
            return Err(reader.error(Tag::Integer.value_error()));
        }
        reader.decode::<AlgorithmIdentifierRef<'_>>()?;
        let issuer = reader.decode()?;
        let this_update = reader.decode()?;
        let next_update = match Tag::peek(reader) {
            Ok(Tag::UtcTime | Tag::GeneralizedTime) => Some(reader.decode()?),
            _ => None,
        };
        let entries = match Tag::peek(reader) {
            Ok(Tag::Sequence) => reader.sequence(Entries::read)?,
            _ => Entries::default(),
        };
        let extensions = reader.context_specific(TagNumber(0), TagMode::Explicit)?;
        Ok(Self {
            issuer,
            this_update,
            next_update,
            entries,
            extensions: extensions.unwrap_or_default(),
        })
    }
}

impl Entries {
    /// Every entry is counted, those that are kept are read.
    fn read(reader: &mut SliceReader<'_>) -> der::Result<Self> {
        let mut entries = Self::default();
        while !reader.is_finished() {
            if entries.count < MAX_ENTRIES {
                entries.kept.push(reader.sequence(Revoked::read)?);
            } else {
                reader.tlv_bytes()?;
            }
            entries.count += 1;
        }
        Ok(entries)
    }
}

impl Revoked {
    fn read(reader: &mut SliceReader<'_>) -> der::Result<Self> {
        // Of any length, and as written: a list may name a certificate that breaks the rules.
        let serial: AnyRef<'_> = reader.decode()?;
        serial.tag().assert_eq(Tag::Integer)?;
        let serial = match serial.value() {
            [0, rest @ ..] if !rest.is_empty() => rest,
            bytes => bytes,
        };
        let at = reader.decode()?;
        let (mut reason, mut meaning) = (None, None);
        if !reader.is_finished() {
            let extensions: Extensions = reader.decode()?;
            let found = extensions.iter().find(|e| e.extn_id == ID_CE_CRL_REASONS);
            let number = found.map(|found| reason::number(found.extn_value.as_bytes()));
            let known = number.as_ref().and_then(|number| number.as_ref().ok());
            let known = known.and_then(|number| Reason::by_number(*number));
            meaning = known.map(|known| known.meaning.to_owned());
            let unread = |_| "cannot be read".to_owned();
            reason = number.map(|number| number.map_or_else(unread, Reason::named));
        }
        Ok(Self {
            serial: text::hex(serial),
            at: unix(at),
            reason,
            meaning,
        })
    }
}

/// CRLNumber or BaseCRLNumber (sections 5.2.3 and 5.2.4); `None` if it is absent or no number.
fn number(extensions: &Extensions, oid: ObjectIdentifier) -> Option<String> {
    let found = extensions.iter().find(|e| e.extn_id == oid)?;
    let number = UintRef::from_der(found.extn_value.as_bytes()).ok()?;
    Some(decimal(number.as_bytes()))
}

/// A big-endian number for people.
pub(crate) fn decimal(bytes: &[u8]) -> String {
    if bytes.len() > size_of::<u128>() {
        return format!("0x{}", text::hex(bytes));
    }
    let add = |sum: u128, byte: &u8| sum << 8 | u128::from(*byte);
    bytes.iter().fold(0, add).to_string()
}

fn unix(time: Time) -> UnixTime {
    UnixTime(time.to_unix_duration().as_secs())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tlv(tag: u8, parts: &[&[u8]]) -> Vec<u8> {
        let content = parts.concat();
        let length = u16::try_from(content.len()).unwrap().to_be_bytes();
        let length = match length {
            [0, short @ 0..0x80] => vec![short],
            [0, long] => vec![0x81, long],
            [high, low] => vec![0x82, high, low],
        };
        [&[tag][..], &length, &content].concat()
    }

    const ALGORITHM: &[u8] = b"\x30\x0a\x06\x08\x2a\x86\x48\xce\x3d\x04\x03\x03";
    const ISSUER: &[u8] = b"\x30\x0c\x31\x0a\x30\x08\x06\x03\x55\x04\x03\x0c\x01a";
    const DATE: &[u8] = b"\x17\x0d260101000000Z";

    /// A list whose body holds these parts behind its issuer.
    fn list(version: &[u8], parts: &[&[u8]]) -> Vec<u8> {
        let body = [&[version, ALGORITHM, ISSUER], parts].concat();
        tlv(0x30, &[&tlv(0x30, &body), ALGORITHM, &[3, 2, 0, 7]])
    }

    fn extension(arc: u8, value: &[u8]) -> Vec<u8> {
        tlv(0x30, &[&[6, 3, 0x55, 0x1d, arc], &tlv(4, &[value])])
    }

    #[test]
    fn the_smallest_list_is_of_version_1() {
        let der = list(&[], &[DATE]);
        let read = ListSummary::from_der(&der).unwrap();
        assert_eq!((read.issuer.as_str(), read.next_update), ("CN=a", None));
        assert_eq!(read.this_update.to_string(), "2026-01-01T00:00:00Z");
        assert_eq!((read.count, read.size), (0, der.len()));
        assert!(read.entries.is_empty() && read.extensions.is_empty());
        assert_eq!((read.number, read.delta_base), (None, None));
    }

    #[test]
    fn everything_that_a_list_may_say() {
        let entry = |serial: &[u8], reason: &[u8]| {
            let extensions = match reason {
                [] => Vec::new(),
                reason => tlv(0x30, &[&extension(21, reason)]),
            };
            tlv(0x30, &[&tlv(2, &[serial]), DATE, &extensions])
        };
        let entries = tlv(
            0x30,
            &[
                &entry(&[0, 0xab], &[]),
                &entry(&[0], &[10, 1, 1]),
                &entry(&[1; 30], &[10, 1, 7]),
                &entry(&[0xff], &[10, 1, 11]),
                &entry(&[1], &[2, 1, 1]),
            ],
        );
        let extensions = [
            extension(20, &[2, 2, 1, 0]),
            extension(27, &tlv(2, &[&[1; 17]])),
            extension(28, &[0x30, 3, 0x84, 1, 0xff]),
        ];
        let extensions = tlv(0xa0, &[&tlv(0x30, &[&extensions.concat()])]);
        let read = list(&[2, 1, 1], &[DATE, DATE, &entries, &extensions]);
        let read = ListSummary::from_der(&read).unwrap();
        assert_eq!(read.next_update, Some(read.this_update));
        assert_eq!(read.number.unwrap(), "256");
        assert_eq!(read.delta_base.unwrap(), format!("0x{}", "01".repeat(17)));
        let names: Vec<_> = read.extensions.iter().map(|e| e.name.as_str()).collect();
        assert_eq!(
            names,
            [
                "CRL number",
                "Delta CRL indicator",
                "Issuing distribution point"
            ]
        );
        assert_eq!(read.extensions[0].value, "256");
        assert!(read.extensions[2].value.contains("indirect"));
        let said = read.entries.iter();
        let said: Vec<_> = said
            .map(|e| (e.serial.as_str(), e.reason.as_deref()))
            .collect();
        assert_eq!(
            said,
            [
                ("AB", None),
                ("00", Some("keyCompromise")),
                ("01".repeat(30).as_str(), Some("unknown (7)")),
                ("FF", Some("unknown (11)")),
                ("01", Some("cannot be read")),
            ]
        );
    }

    #[test]
    fn a_long_list_is_counted_and_its_beginning_kept() {
        let entry = tlv(0x30, &[&[2, 1, 5], DATE]);
        let entries = tlv(0x30, &[&entry.repeat(MAX_ENTRIES + 7)]);
        let read = ListSummary::from_der(&list(&[2, 1, 1], &[DATE, &entries])).unwrap();
        assert_eq!(
            (read.count, read.entries.len()),
            (MAX_ENTRIES + 7, MAX_ENTRIES)
        );
    }

    #[test]
    fn no_list() {
        for der in [
            Vec::new(),
            list(&[2, 1, 0], &[DATE]),
            list(&[], &[]),
            list(&[], &[DATE, DATE, DATE]),
            list(&[], &[DATE, &[4, 0]]),
            [list(&[], &[DATE]), vec![0]].concat(),
            include_bytes!("../../tests/corpus/csr/good.der").to_vec(),
        ] {
            let refused = ListSummary::from_der(&der);
            assert!(
                matches!(refused, Err(Error::NotAList { .. })),
                "{refused:?}"
            );
        }
        let good = list(&[2, 1, 1], &[DATE]);
        for end in 0..good.len() {
            assert!(ListSummary::from_der(&good[..end]).is_err());
        }
        let bytes = MAX_BYTES + 1;
        let refused = ListSummary::from_der(&vec![0x30; bytes]);
        assert_eq!(refused, Err(Error::TooLarge { bytes }));
    }
}
