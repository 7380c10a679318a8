use der::asn1::{AnyRef, BitStringRef, OctetString};
use der::{Decode, Tag};
use spki::{AlgorithmIdentifier, SubjectPublicKeyInfoRef};
use x509_cert::ext::Extension as Raw;
use x509_cert::time::Time;

use super::part::Part;
use super::slot::{Slot, Slots};
use super::{Field, Trouble};
use crate::UnixTime;
use crate::cert::{Extension, Key, text};

/// Section 4.1.2.1: version 1 is not written, 2 is 1 and 3 is 2.
pub(super) fn version(slots: &Slots<'_>) -> Field {
    let Some(part) = slots.part(Slot::Version) else {
        return Field::good("1".to_owned());
    };
    let parts = part.parts();
    let [number] = parts.as_slice() else {
        return Field::unread(part.trouble("It does not hold one INTEGER."));
    };
    match (number.is("INTEGER"), number.content()) {
        (true, [written @ 0..=2]) => Field::good((written + 1).to_string()).but(part.flaw()),
        (true, [written @ 3..=0x7f]) => {
            let version = written + 1;
            let what = format!("There is no version {version} of certificates.");
            Field::good(version.to_string()).but(Some(number.trouble(what)))
        }
        _ => Field {
            value: number.shown(),
            trouble: Some(number.trouble("This is the number of no version.")),
        },
    }
}

/// Section 4.1.2.2: positive, and at most 20 bytes.
pub(super) fn serial(slots: &Slots<'_>) -> Field {
    let part = match slots.want_fit(Slot::Serial) {
        Ok(part) => part,
        Err(field) => return field,
    };
    let digits = match part.content() {
        [0, rest @ ..] if !rest.is_empty() => rest,
        bytes => bytes,
    };
    let size = part.content().len();
    let what = match part.content() {
        [] => Some("It has no bytes.".to_owned()),
        [0x80..=0xff, ..] => Some("It is negative.".to_owned()),
        _ if size > 20 => Some(format!("It has {size} bytes, and at most 20 are allowed.")),
        _ => None,
    };
    let trouble = what.map(|what| part.trouble(what));
    let value = (!digits.is_empty()).then(|| text::hex(digits));
    Field {
        value,
        trouble: trouble.or_else(|| part.flaw()),
    }
}

/// Section 4.1.1.2, and section 4.1.2.3: it stands inside of what is signed, too.
pub(super) fn algorithm(slots: &Slots<'_>) -> Field {
    let named = |part: Part<'_>| {
        let oid = part.parts().first().and_then(|it| it.oid());
        oid.map(|oid| text::oid(&oid))
    };
    let inner = slots.want_fit(Slot::Algorithm);
    let Some(outer) = slots.outer else {
        return match inner {
            Ok(part) => Field {
                value: named(part),
                trouble: Some(part.trouble("It stands only inside of what is signed.")),
            },
            Err(field) => field,
        };
    };
    let Some(name) = named(outer) else {
        let what = "There is no object identifier of an algorithm here.";
        return Field::unread(outer.trouble_or_limit(what));
    };
    let field = Field::good(name).but(outer.flaw());
    match inner {
        Ok(inner) if inner.content() != outer.content() => {
            let what = "Inside of what is signed stands another one.";
            field.but(inner.flaw().or(Some(inner.trouble(what))))
        }
        Ok(inner) => field.but(inner.flaw()),
        Err(missing) => field.but(missing.trouble.map(|trouble| {
            let what = format!("Inside of what is signed: {}", trouble.what);
            Trouble { what, ..trouble }
        })),
    }
}

/// Section 4.1.2.5: first and last moment.
pub(super) fn validity(slots: &Slots<'_>) -> (Field, Field) {
    let part = match slots.want(Slot::Validity) {
        Ok(part) => part,
        Err(field) => return (field.clone(), field),
    };
    let parts = part.parts();
    let missing = || Field::unread(Trouble::new(part.stop(), "The field is missing."));
    let time = |index: usize| parts.get(index).map_or_else(missing, |part| moment(*part));
    let (first, last) = (time(0), time(1));
    let extra = parts.get(2);
    let extra = extra.map(|part| part.trouble("Nothing belongs behind the two moments."));
    (first.but(part.own_flaw()), last.but(extra))
}

fn moment(part: Part<'_>) -> Field {
    let what = if part.is_time() {
        if let Some(time) = time(part) {
            return Field::good(time.to_string()).but(part.flaw());
        }
        match part.limit() {
            Some(limit) => format!("This is {limit}; shown as it stands."),
            None => "No time as RFC 5280 has it written; shown as it stands.".to_owned(),
        }
    } else {
        "This is no time.".to_owned()
    };
    Field {
        value: part.shown(),
        trouble: Some(part.trouble(what)),
    }
}

/// Its content under a header that cannot be wrong.
fn time(part: Part<'_>) -> Option<UnixTime> {
    let tag = part.whole().first()?;
    let length = u8::try_from(part.content().len()).ok()?;
    let der = [&[*tag, length], part.content()].concat();
    let time = Time::from_der(&der).ok()?;
    Some(UnixTime(time.to_unix_duration().as_secs()))
}

/// Section 4.1.2.7.
pub(super) fn key(slots: &Slots<'_>) -> Field {
    let part = match slots.want_fit(Slot::Key) {
        Ok(part) => part,
        Err(field) => return field,
    };
    let parts = part.parts();
    let Some(key) = parts
        .first()
        .and_then(|algorithm| public_key(*algorithm, &parts))
    else {
        return Field::unread(part.trouble_or_limit("Its algorithm cannot be read."));
    };
    let unsure = key.bits.is_none();
    let value = match key.bits {
        Some(bits) => format!("{}, {bits} bit", key.kind),
        None => key.kind,
    };
    let what = "The size of the key cannot be told.";
    let doubt = unsure.then(|| part.trouble(what));
    Field::good(value).but(part.flaw()).but(doubt)
}

/// The parts put together again, without their headers.
fn public_key(algorithm: Part<'_>, parts: &[Part<'_>]) -> Option<Key> {
    let inner = algorithm.parts();
    let oid = inner.first()?.oid()?;
    let curve = inner.get(1).filter(|it| it.oid().is_some());
    let parameters = curve.and_then(|it| AnyRef::new(Tag::ObjectIdentifier, it.content()).ok());
    let bits = parts.get(1).filter(|it| it.is("BIT STRING"));
    let bits = bits.and_then(|it| it.content().split_first());
    let (_, bits) = bits.unwrap_or((&0, &[]));
    let info = SubjectPublicKeyInfoRef {
        algorithm: AlgorithmIdentifier { oid, parameters },
        subject_public_key: BitStringRef::from_bytes(bits).ok()?,
    };
    Some(Key::new(&info))
}

/// Section 4.2: those that can be read, and what is wrong with the others.
pub(super) fn extensions(part: Option<Part<'_>>) -> (Vec<Extension>, Vec<Trouble>) {
    let (mut read, mut troubles) = (Vec::new(), Vec::new());
    let Some(part) = part else {
        return (read, troubles);
    };
    let lists = part.parts();
    let [list] = lists.as_slice() else {
        return (read, vec![part.trouble("The extensions are no SEQUENCE.")]);
    };
    troubles.extend(part.own_flaw());
    troubles.extend(list.own_flaw());
    let all = list.parts();
    if all.is_empty() {
        troubles.push(list.trouble("There are extensions, but none in them."));
    }
    for (index, extension) in all.iter().enumerate() {
        troubles.extend(extension.flaw());
        match one(*extension) {
            Some(extension) => read.push(extension),
            None => {
                let what = format!("Extension {} cannot be read.", index + 1);
                troubles.push(extension.trouble(what));
            }
        }
    }
    (read, troubles)
}

fn one(part: Part<'_>) -> Option<Extension> {
    let parts = part.parts();
    let (critical, value) = match parts.as_slice() {
        [_, value] => (false, value),
        [_, critical, value] if critical.is("BOOLEAN") => (critical.content() != [0], value),
        _ => return None,
    };
    let value = Some(value).filter(|value| value.is("OCTET STRING"))?;
    let kind = parts.first()?;
    let Some(extn_id) = kind.oid() else {
        return Some(Extension::foreign(
            kind.number()?,
            critical,
            value.content(),
        ));
    };
    Some(Extension::new(&Raw {
        extn_id,
        critical,
        extn_value: OctetString::new(value.content()).ok()?,
    }))
}
