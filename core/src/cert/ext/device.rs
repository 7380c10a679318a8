//! What devices say about themselves: TCG DICE, TPM, Android, SGX.

use der::Sequence;
use der::asn1::OctetStringRef;

use super::{Content, content, shape};
use crate::cert::cursor::decode;
use crate::cert::text;

/// `TcgUeid`, TCG DICE Attestation Architecture section 6.1.3.
#[derive(Sequence)]
struct Ueid<'a> {
    ueid: &'a OctetStringRef,
}

pub(super) fn ueid(der: &[u8]) -> Content<'_> {
    let ueid = decode::<Ueid>(der)?.ueid.as_bytes();
    let meaning = "The device's identity for life, given by its maker (TCG DICE).";
    content(meaning, move || text::hex(ueid))
}

/// The names of DiceTcbInfo's fields, by tag: TCG DICE Attestation Architecture section 6.1.1.
const TCB: [&str; 12] = [
    "vendor",
    "model",
    "version",
    "security version",
    "layer",
    "index",
    "measurements",
    "flags",
    "vendor info",
    "type",
    "flags mask",
    "integrity registers",
];

/// What one layer of the boot measured of the next.
pub(super) fn tcb_info(der: &[u8]) -> Content<'_> {
    // The reader of DER decides whether it is a SEQUENCE at all.
    let _fields = decode::<Vec<der::asn1::AnyRef<'_>>>(der)?;
    let meaning = "What the device measured of the program that holds this key (TCG DICE).";
    content(meaning, move || measured(der))
}

/// A line for each field.
fn measured(der: &[u8]) -> String {
    let tree = crate::asn1::tree(der);
    let mut lines = Vec::new();
    for node in tree.nodes.iter().skip(1) {
        let tag = node.kind.trim_matches(['[', ']']).parse::<usize>().ok();
        let name = tag.and_then(|tag| TCB.get(tag)).filter(|_| node.depth == 1);
        let label = name.map_or_else(|| node.kind.clone(), |name| (*name).to_owned());
        let indent = "  ".repeat(usize::from(node.depth).saturating_sub(1));
        lines.push(
            format!("{indent}{label}: {}", node.value)
                .trim_end_matches(": ")
                .to_owned(),
        );
    }
    lines.join("\n")
}

pub(super) fn tcb_infos(der: &[u8]) -> Content<'_> {
    let meaning = "What the device measured of the programs below this key (TCG DICE).";
    shape::with(meaning, der)
}

pub(super) fn dice_evidence(der: &[u8]) -> Content<'_> {
    let meaning = "Evidence for whoever attests the device (TCG DICE).";
    shape::with(meaning, der)
}

pub(super) fn android(der: &[u8]) -> Content<'_> {
    let meaning = "What Android's key store says about the key and the phone's state.";
    shape::with(meaning, der)
}

pub(super) fn sgx(der: &[u8]) -> Content<'_> {
    let meaning = "Version and state of the Intel platform that attests enclaves.";
    shape::with(meaning, der)
}
