use der::asn1::Any;
use der::{Encode, SliceReader, Tag};
use x509_cert::attr::AttributeTypeAndValue;

use super::part::Part;
use super::slot::{Slot, Slots};
use super::{Field, Trouble};
use crate::cert::name::attribute;

/// A name, as [`rfc4514`](crate::cert::name::rfc4514) writes one that is whole.
pub(super) fn field(slots: &Slots<'_>, slot: Slot) -> Field {
    match slots.want_fit(slot) {
        Ok(part) => read(part).but(part.flaw()),
        Err(field) => field,
    }
}

fn read(part: Part<'_>) -> Field {
    let mut trouble = None;
    let mut parts: Vec<String> = Vec::new();
    for rdn in part.parts() {
        let attributes = rdn.parts();
        if attributes.is_empty() {
            note(&mut trouble, rdn.trouble("A part of the name is empty."));
        }
        let sorted = attributes.is_sorted_by(|one, next| one.whole() <= next.whole());
        if !sorted {
            let what = "The SET is not sorted, which DER demands.";
            note(&mut trouble, rdn.trouble(what));
        }
        let mut shown = Vec::new();
        for attribute in attributes {
            match one(attribute) {
                Ok((words, doubt)) => {
                    shown.push(words);
                    if let Some(doubt) = doubt {
                        note(&mut trouble, doubt);
                    }
                }
                Err(doubt) => {
                    shown.push("?".to_owned());
                    note(&mut trouble, doubt);
                }
            }
        }
        parts.push(shown.join("+"));
    }
    parts.reverse();
    Field::good(parts.join(",")).but(trouble)
}

/// Keeps the first.
fn note(trouble: &mut Option<Trouble>, doubt: Trouble) {
    trouble.get_or_insert(doubt);
}

/// Type and value, and what is wrong about the characters.
fn one(part: Part<'_>) -> Result<(String, Option<Trouble>), Trouble> {
    let parts = part.parts();
    let [kind, value, rest @ ..] = parts.as_slice() else {
        return Err(part.trouble("A part of the name has no type or no value."));
    };
    let oid = kind
        .oid()
        .ok_or_else(|| kind.trouble_or_limit("The type of a part of the name cannot be read."))?;
    let tag = SliceReader::new(value.whole()).and_then(|reader| Tag::peek(&reader));
    let any = tag.and_then(|tag| Any::new(tag, value.content()));
    let any = any.map_err(|_| value.trouble("The value of a part of the name cannot be read."))?;
    let text = crate::cert::name::text(&any).is_some();
    let doubt = if let Some(more) = rest.first() {
        Some(more.trouble("Nothing belongs behind the value of a part of the name."))
    } else if !text && value.kind().ends_with("String") {
        let what = format!("The text is not what a {} may hold.", value.kind());
        Some(value.trouble(what))
    } else {
        None
    };
    // What cannot be encoded cannot be shown in hexadecimal either.
    any.to_der()
        .map_err(|_| value.trouble("The value of a part of the name cannot be read."))?;
    Ok((attribute(&AttributeTypeAndValue { oid, value: any }), doubt))
}
