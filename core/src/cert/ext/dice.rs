//! What a device that boots in layers says of itself: TCG DICE Attestation Architecture, section 6.1.

use der::Sequence;
use der::asn1::{AnyRef, OctetStringRef};

use super::{Content, content, shape};
use crate::asn1::{self, Node};
use crate::cert::cursor::decode;
use crate::cert::text;

/// `TcgUeid`, section 6.1.3.
#[derive(Sequence)]
struct Ueid<'a> {
    ueid: &'a OctetStringRef,
}

pub(super) fn ueid(der: &[u8]) -> Content<'_> {
    let ueid = decode::<Ueid>(der)?.ueid.as_bytes();
    let meaning = "The device's identity for life, given by its maker (TCG DICE).";
    content(meaning, move || text::hex(ueid))
}

pub(super) fn evidence(der: &[u8]) -> Content<'_> {
    let meaning = "Evidence for whoever attests the device (TCG DICE).";
    shape::with(meaning, der)
}

/// What is behind a field's tag, which hides the tag of its type.
#[derive(Clone, Copy)]
enum Type {
    /// UTF8String.
    Text,
    /// INTEGER.
    Number,
    /// FWIDLIST: an algorithm and a digest each.
    Digests,
    /// OperationalFlags and their mask.
    Flags,
    /// OCTET STRING, which makers fill with text as often as not.
    Bytes,
    /// Shown as ASN.1.
    Other,
}

/// DiceTcbInfo's fields, by tag: section 6.1.1.
const FIELDS: [(&str, Type); 12] = [
    ("vendor", Type::Text),
    ("model", Type::Text),
    ("version", Type::Text),
    ("security version", Type::Number),
    ("layer", Type::Number),
    ("index", Type::Number),
    ("measurements", Type::Digests),
    ("flags", Type::Flags),
    ("vendor info", Type::Bytes),
    ("type", Type::Bytes),
    ("flags mask", Type::Flags),
    ("integrity registers", Type::Other),
];

/// OperationalFlags, by bit: section 6.1.1.
const FLAGS: [(usize, &str); 10] = [
    (0, "not configured"),
    (1, "not secure"),
    (2, "recovery"),
    (3, "debug"),
    (4, "not replay protected"),
    (5, "not integrity protected"),
    (6, "not runtime measured"),
    (7, "not immutable"),
    (8, "not TCB"),
    (31, "fixed width"),
];

/// The most bytes of flags that are read: the standard has four.
const MAX_FLAGS: usize = 8;

/// What one layer of the boot measured of the next.
pub(super) fn tcb_info(der: &[u8]) -> Content<'_> {
    // The reader of DER decides whether it is a SEQUENCE at all.
    let _fields = decode::<Vec<AnyRef<'_>>>(der)?;
    let meaning = "What the device measured of the program that holds this key (TCG DICE).";
    content(meaning, move || {
        let tree = asn1::tree(der);
        let below = tree.nodes.get(1..).unwrap_or_default();
        shape::cut(measured(below, der, 0).into_iter())
    })
}

/// DiceTcbInfoSeq: the same of each layer.
pub(super) fn tcb_infos(der: &[u8]) -> Content<'_> {
    let _layers = decode::<Vec<Vec<AnyRef<'_>>>>(der)?;
    let meaning = "What the device measured of the programs below this key (TCG DICE).";
    content(meaning, move || {
        let tree = asn1::tree(der);
        let below = tree.nodes.get(1..).unwrap_or_default();
        let mut lines = Vec::new();
        for (index, layer) in branches(below).enumerate() {
            lines.push(format!("measured {}", index + 1));
            let below = layer.get(1..).unwrap_or_default();
            lines.extend(measured(below, der, 1));
        }
        shape::cut(lines.into_iter())
    })
}

/// Each node that is as high as the first, with what is in it.
fn branches(nodes: &[Node]) -> impl Iterator<Item = &[Node]> {
    let top = nodes.first().map_or(0, |node| node.depth);
    nodes.chunk_by(move |_, next| next.depth > top)
}

/// A line for each field, and more for what is in it.
fn measured(fields: &[Node], der: &[u8], indent: usize) -> Vec<String> {
    let mut lines = Vec::new();
    for field in branches(fields) {
        let Some((head, below)) = field.split_first() else {
            continue;
        };
        let tag = head
            .kind
            .strip_prefix('[')
            .and_then(|it| it.strip_suffix(']'));
        let known = tag.and_then(|tag| FIELDS.get(tag.parse::<usize>().ok()?));
        let (name, value) = match known {
            Some((name, Type::Digests)) if !below.is_empty() => {
                lines.push(format!("{}{name}", "  ".repeat(indent)));
                lines.extend(digests(below, indent + 1));
                continue;
            }
            Some((name, kind)) if below.is_empty() => {
                let body = der.get(head.content..head.stop).unwrap_or_default();
                (*name, shown(*kind, head, body))
            }
            Some((name, _)) => (*name, head.value.clone()),
            None => (head.kind.as_str(), head.value.clone()),
        };
        let line = format!("{}{name}: {value}", "  ".repeat(indent));
        lines.push(line.trim_end_matches(": ").to_owned());
        lines.extend(
            below
                .iter()
                .map(|node| shape::line(node, head.depth, indent)),
        );
    }
    lines
}

/// A field without parts.
fn shown(kind: Type, node: &Node, body: &[u8]) -> String {
    match kind {
        Type::Text => asn1::implicit(12, body),
        Type::Number => asn1::implicit(2, body),
        Type::Flags => flags(body),
        Type::Bytes => {
            let hex = asn1::implicit(4, body);
            let text = core::str::from_utf8(body).ok().filter(|text| {
                text.bytes()
                    .all(|byte| byte.is_ascii_graphic() || byte == b' ')
            });
            match text.filter(|text| !text.is_empty()) {
                Some(_) => format!("{} ({hex})", asn1::implicit(12, body)),
                None => hex,
            }
        }
        Type::Digests | Type::Other => node.value.clone(),
    }
}

/// FWID: hashAlg and digest, a line for both; as ASN.1 if the list is of another form.
fn digests(nodes: &[Node], indent: usize) -> Vec<String> {
    let one = |fwid: &[Node]| match fwid {
        [list, algorithm, digest]
            if list.kind == "SEQUENCE"
                && algorithm.kind == "OBJECT IDENTIFIER"
                && digest.kind == "OCTET STRING" =>
        {
            let indent = "  ".repeat(indent);
            Some(format!("{indent}{}: {}", algorithm.value, digest.value))
        }
        _ => None,
    };
    let all: Option<Vec<String>> = branches(nodes).map(one).collect();
    let top = nodes.first().map_or(0, |node| node.depth);
    let plain = || {
        nodes
            .iter()
            .map(|node| shape::line(node, top, indent))
            .collect()
    };
    all.unwrap_or_else(plain)
}

/// The names of the bits that are set.
fn flags(body: &[u8]) -> String {
    let Some((0..=7, bytes)) = body
        .split_first()
        .filter(|(_, bytes)| bytes.len() <= MAX_FLAGS)
    else {
        return asn1::implicit(3, body);
    };
    let bits = bytes
        .iter()
        .flat_map(|byte| (0..8).map(move |bit| byte & (0x80 >> bit) != 0));
    let set = bits.enumerate().filter(|(_, set)| *set);
    let name = |bit: usize| {
        let known = FLAGS.iter().find(|(known, _)| *known == bit);
        known.map_or_else(|| format!("bit {bit}"), |(_, name)| (*name).to_owned())
    };
    let names: Vec<String> = set.map(|(bit, _)| name(bit)).collect();
    if names.is_empty() {
        return "none".to_owned();
    }
    names.join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Vendor, security version, layer and flags; numbers that would be letters as text.
    const TCB: &[u8] = b"\x30\x0d\x80\x01V\x83\x01\x35\x84\x01\x41\x87\x02\x04\x80";

    fn of(content: Content<'_>) -> String {
        content.unwrap()().1
    }

    #[test]
    fn each_field_is_read_as_what_its_tag_says() {
        let lines = "vendor: V\nsecurity version: 53\nlayer: 65\nflags: not configured";
        assert_eq!(of(tcb_info(TCB)), lines);
        let index = b"\x30\x04\x85\x02\x01\x00";
        assert_eq!(of(tcb_info(index)), "index: 256");
        let kind = b"\x30\x0b\x88\x03\x01\x02\xff\x89\x04\x46\x4d\x43\x35";
        assert_eq!(
            of(tcb_info(kind)),
            "vendor info: 0102FF\ntype: FMC5 (464D4335)"
        );
        let mask = b"\x30\x0a\x87\x01\x00\x8a\x05\x00\x10\x00\x80\x01";
        assert_eq!(
            of(tcb_info(mask)),
            "flags: none\nflags mask: debug, bit 16, fixed width"
        );
        let unknown = b"\x30\x06\x93\x01\x01\x02\x01\x07";
        assert_eq!(of(tcb_info(unknown)), "[19]: 01\nINTEGER: 7");
        assert_eq!(of(tcb_info(&[0x30, 0])), "");
        assert!(tcb_info(&[4, 0]).is_err());
    }

    #[test]
    fn measurements_have_a_line_each() {
        let fwid = b"\x30\x0d\x06\x09\x60\x86\x48\x01\x65\x03\x04\x02\x02\x04\x00";
        let both = [&[0x30, 32, 0xa6, 30][..], fwid, fwid].concat();
        let line = "  id-sha384 (2.16.840.1.101.3.4.2.2):";
        let shown = of(tcb_info(&both));
        let lines: Vec<&str> = shown.lines().map(str::trim_end).collect();
        assert_eq!(lines, ["measurements", line, line]);
        let other = b"\x30\x05\xa6\x03\x02\x01\x07";
        assert_eq!(of(tcb_info(other)), "measurements\n  INTEGER: 7");
        let none = b"\x30\x03\x86\x01\x07";
        assert_eq!(of(tcb_info(none)), "measurements: 07");
    }

    #[test]
    fn several_are_read_like_one() {
        let several = [&[0x30, 30][..], TCB, TCB].concat();
        let one = "  vendor: V\n  security version: 53\n  layer: 65\n  flags: not configured";
        let lines = format!("measured 1\n{one}\nmeasured 2\n{one}");
        assert_eq!(of(tcb_infos(&several)), lines);
        assert!(tcb_infos(TCB).is_err());
        let many = [&[0x30, 0x81, 200][..], &[0x30, 0].repeat(100)].concat();
        assert_eq!(of(tcb_infos(&many)).lines().count(), 61);
    }

    #[test]
    fn flags_of_a_wrong_form_are_bytes() {
        assert_eq!(flags(&[]), "");
        assert_eq!(flags(&[9, 0x80]), "0980");
        assert_eq!(flags(&[0; 10]), "000000000000000000");
    }
}
