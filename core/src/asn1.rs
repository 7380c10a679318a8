//! Any bytes as a tree of ASN.1, also those that every strict reader refuses.
//!
//! BER is read (ITU-T X.690): what DER forbids is shown and marked. Lengths that reach too far end where
//! the bytes do, so there is always a tree, and each part knows its bytes.

mod field;
mod header;
pub(crate) mod oid;
mod value;

#[cfg(test)]
mod tests;

use crate::file::outline;
use header::Header;

/// The most nodes of one tree.
pub const MAX_NODES: usize = 50_000;

/// How deep a tree may be.
pub const MAX_DEPTH: u16 = 64;

/// The nodes of some bytes, each before what is in it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Tree {
    /// In the order of the bytes.
    pub nodes: Vec<Node>,
    /// Whether there are more nodes than [`MAX_NODES`].
    pub truncated: bool,
}

/// One TLV.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Node {
    /// How many nodes it lies in.
    pub depth: u16,
    /// Byte where its header begins.
    pub at: usize,
    /// Byte where its content begins.
    pub content: usize,
    /// Byte after its content.
    pub stop: usize,
    /// `SEQUENCE`, `[0]`, `OBJECT IDENTIFIER` and the like.
    pub kind: String,
    /// What the structure calls it, where that is known: `serialNumber`.
    pub field: Option<&'static str>,
    /// The value in one line, safe to show; empty if it has nodes in it.
    pub value: String,
    /// What breaks the rules of the encoding here.
    pub flaw: Option<String>,
    /// Whether its parent is a string of octets or bits that happens to hold ASN.1.
    pub inside: bool,
}

impl Tree {
    /// The deepest node that covers a byte.
    pub fn at_byte(&self, byte: usize) -> Option<usize> {
        let covers = |node: &Node| node.at <= byte && byte < node.stop.max(node.content);
        self.nodes.iter().rposition(covers)
    }
}

/// Shows bytes as a tree.
pub fn tree(bytes: &[u8]) -> Tree {
    let mut tree = Tree::default();
    let mut builder = Builder {
        bytes,
        tree: &mut tree,
    };
    builder.all(0, bytes.len(), 0, false);
    field::name(&mut tree, outline(bytes));
    tree
}

/// The value of a primitive in one line, where the tag of its type is hidden behind another one: IMPLICIT,
/// X.680 section 31.2.7. The type is told by the number of its universal tag.
pub(crate) fn implicit(universal: u32, body: &[u8]) -> String {
    value::universal(universal, body).0
}

struct Builder<'b> {
    bytes: &'b [u8],
    tree: &'b mut Tree,
}

impl Builder<'_> {
    /// The TLVs from `from` up to `to`. Depth is bounded by [`MAX_DEPTH`], so recursion ends.
    fn all(&mut self, from: usize, to: usize, depth: u16, inside: bool) {
        let mut at = from;
        while at < to {
            if self.tree.nodes.len() >= MAX_NODES {
                self.tree.truncated = true;
                return;
            }
            at = self.one(at, to, depth, inside);
        }
    }

    /// The TLVs from `from` up to the mark that ends them, itself included; where what follows begins.
    fn until_mark(&mut self, from: usize, to: usize, depth: u16) -> usize {
        let mut at = from;
        while at < to && self.tree.nodes.len() < MAX_NODES {
            let ends = self
                .bytes
                .get(at..to)
                .unwrap_or_default()
                .starts_with(&[0; 2]);
            at = self.one(at, to, depth, false);
            if ends {
                break;
            }
        }
        self.tree.truncated |= at < to && self.tree.nodes.len() >= MAX_NODES;
        at
    }

    /// One TLV; where the next begins.
    fn one(&mut self, at: usize, to: usize, depth: u16, inside: bool) -> usize {
        let rest = self.bytes.get(at..to).unwrap_or_default();
        let header = Header::read(rest);
        let content = at + header.bytes;
        let stop = content.saturating_add(header.length).min(to);
        let body = self.bytes.get(content..stop).unwrap_or_default();
        let index = self.tree.nodes.len();
        self.tree.nodes.push(Node {
            depth,
            at,
            content,
            stop,
            kind: header.kind(),
            field: None,
            value: String::new(),
            flaw: header.flaw.map(str::to_owned),
            inside,
        });
        let deeper = depth < MAX_DEPTH;
        if header.constructed && header.indefinite && deeper {
            let end = self.until_mark(content, stop, depth + 1);
            if let Some(node) = self.tree.nodes.get_mut(index) {
                node.stop = end;
            }
            return end.max(at + 1);
        } else if header.constructed && deeper {
            self.all(content, stop, depth + 1, false);
        } else if let Some(skip) = header.wraps(body).filter(|_| deeper) {
            self.all(content + skip, stop, depth + 1, true);
        } else if let Some(node) = self.tree.nodes.get_mut(index) {
            let (value, flaw) = value::of(&header, body);
            node.value = value;
            node.flaw = node.flaw.take().or(flaw);
        }
        // An empty header at the very end still has to make progress.
        stop.max(at + 1)
    }
}
