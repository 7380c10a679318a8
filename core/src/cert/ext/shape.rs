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
    let line = |node: &asn1::Node| {
        let indent = "  ".repeat(node.depth.into());
        let value = if node.value.is_empty() {
            String::new()
        } else {
            format!(": {}", node.value)
        };
        format!("{indent}{}{value}", node.kind)
    };
    let mut lines: Vec<String> = tree.nodes.iter().take(LINES).map(line).collect();
    if let Some(more) = tree.nodes.len().checked_sub(LINES).filter(|more| *more > 0) {
        lines.push(format!("… and {more} more parts"));
    }
    lines.join("\n")
}

/// What has a meaning here, and a structure that nobody reads but its own program.
pub(super) fn with<'a>(meaning: &'static str, der: &'a [u8]) -> Content<'a> {
    content(meaning, move || lines(der))
}
