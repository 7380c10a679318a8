use super::{Content, content};
use crate::asn1;
use crate::cert::text;

/// The most lines of a structure that are shown.
const LINES: usize = 60;

/// The longest content that is shown as hex, in bytes.
const HEX: usize = 512;

/// The content as ASN.1, a line for each part, set in by its depth; as hex if it is no ASN.1.
pub(super) fn lines(der: &[u8]) -> String {
    let tree = asn1::tree(der);
    let whole = tree.nodes.iter().filter(|node| node.depth == 0);
    if whole.clone().count() != 1 || whole.clone().any(|node| node.flaw.is_some()) {
        return match der.split_at_checked(HEX) {
            Some((first, rest)) if !rest.is_empty() => {
                format!("{}… ({} bytes)", text::hex(first), der.len())
            }
            _ => text::hex(der),
        };
    }
    cut(tree.nodes.iter().map(|node| line(node, 0, 0)))
}

/// One part, set in by how much deeper it is than `top`, and by `indent`.
pub(super) fn line(node: &asn1::Node, top: u16, indent: usize) -> String {
    let depth = usize::from(node.depth.saturating_sub(top));
    let indent = "  ".repeat(indent + depth);
    let value = if node.value.is_empty() {
        String::new()
    } else {
        format!(": {}", node.value)
    };
    format!("{indent}{}{value}", node.kind)
}

/// The first of many lines, and how many are left out.
pub(super) fn cut(all: impl ExactSizeIterator<Item = String>) -> String {
    let more = all.len().checked_sub(LINES).filter(|more| *more > 0);
    let mut lines: Vec<String> = all.take(LINES).collect();
    if let Some(more) = more {
        lines.push(format!("… and {more} more parts"));
    }
    lines.join("\n")
}

/// What has a meaning here, and a structure that nobody reads but its own program.
pub(super) fn with<'a>(meaning: &'static str, der: &'a [u8]) -> Content<'a> {
    content(meaning, move || lines(der))
}
