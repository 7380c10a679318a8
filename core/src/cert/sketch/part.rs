use const_oid::ObjectIdentifier;

use super::Trouble;
use crate::asn1::{Node, Tree, oid};
use crate::cert::limit::Limit;

/// One node of the tree, with the bytes and the nodes in it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Part<'t> {
    tree: &'t Tree,
    bytes: &'t [u8],
    index: usize,
    node: &'t Node,
}

impl<'t> Part<'t> {
    /// The first node; `None` if there are no bytes.
    pub(super) fn root(tree: &'t Tree, bytes: &'t [u8]) -> Option<Self> {
        Self::at(tree, bytes, 0)
    }

    fn at(tree: &'t Tree, bytes: &'t [u8], index: usize) -> Option<Self> {
        let node = tree.nodes.get(index)?;
        Some(Self {
            tree,
            bytes,
            index,
            node,
        })
    }

    /// This node and those in it.
    fn all(self) -> impl Iterator<Item = (usize, &'t Node)> {
        let nodes = self.tree.nodes.iter().enumerate().skip(self.index);
        let depth = self.node.depth;
        let inside = move |at: usize, node: &Node| at == self.index || node.depth > depth;
        nodes.take_while(move |(at, node)| inside(*at, node))
    }

    /// The nodes that it consists of, without the mark that ends an indefinite length.
    pub(super) fn parts(self) -> Vec<Self> {
        let below = self.node.depth + 1;
        let children = self
            .all()
            .filter(|(_, node)| node.depth == below && node.kind != "END OF CONTENTS");
        let parts = children.filter_map(|(at, _)| Self::at(self.tree, self.bytes, at));
        parts.collect()
    }

    pub(super) fn kind(self) -> &'t str {
        &self.node.kind
    }

    pub(super) fn is(self, kind: &str) -> bool {
        self.node.kind == kind
    }

    pub(super) fn is_time(self) -> bool {
        self.is("UTCTime") || self.is("GeneralizedTime")
    }

    /// Byte where its content begins.
    pub(super) fn begin(self) -> usize {
        self.node.content
    }

    /// Byte after it.
    pub(super) fn stop(self) -> usize {
        self.node.stop
    }

    /// Header and content.
    pub(super) fn whole(self) -> &'t [u8] {
        let range = self.node.at..self.node.stop.max(self.node.at);
        self.bytes.get(range).unwrap_or_default()
    }

    pub(super) fn content(self) -> &'t [u8] {
        let range = self.node.content..self.node.stop.max(self.node.content);
        self.bytes.get(range).unwrap_or_default()
    }

    /// What follows it, on its own level.
    pub(super) fn behind(self) -> Option<Trouble> {
        let next = self.tree.nodes.iter().skip(self.index + 1);
        let mut next = next.filter(|node| node.depth <= self.node.depth);
        let what = "The certificate ends here, and more bytes follow.";
        next.next().map(|node| Trouble::new(node.at, what))
    }

    /// As the tree shows it, in one line.
    pub(super) fn shown(self) -> Option<String> {
        (!self.node.value.is_empty()).then(|| self.node.value.clone())
    }

    pub(super) fn oid(self) -> Option<ObjectIdentifier> {
        self.is("OBJECT IDENTIFIER")
            .then(|| ObjectIdentifier::from_bytes(self.content()).ok())?
    }

    /// The first thing in it that breaks the rules of the encoding or is not read here, outside of what
    /// strings hold.
    pub(super) fn flaw(self) -> Option<Trouble> {
        let mut wrapped = u16::MAX;
        for (at, node) in self.all() {
            if node.depth <= wrapped {
                wrapped = u16::MAX;
            }
            if node.inside && at != self.index {
                wrapped = wrapped.min(node.depth.saturating_sub(1));
            } else if wrapped == u16::MAX
                && let Some(flaw) = node.flaw.clone().or_else(|| self.beyond(node))
            {
                return Some(Trouble::new(node.at, flaw));
            }
        }
        None
    }

    fn beyond(self, node: &Node) -> Option<String> {
        let content = self.bytes.get(node.content..node.stop)?;
        Limit::of(node, content).map(|limit| format!("This is {limit}."))
    }

    /// Why it is not read, though it keeps the rules.
    pub(super) fn limit(self) -> Option<Limit> {
        Limit::of(self.node, self.content())
    }

    /// The object identifier in full, also where it is longer than what is read here.
    pub(super) fn number(self) -> Option<String> {
        self.is("OBJECT IDENTIFIER")
            .then(|| oid::dotted(self.content()))?
    }

    /// What breaks the rules in its own header or value.
    pub(super) fn own_flaw(self) -> Option<Trouble> {
        let flaw = self.node.flaw.as_ref()?;
        Some(Trouble::new(self.node.at, flaw.clone()))
    }

    pub(super) fn trouble(self, what: impl Into<String>) -> Trouble {
        Trouble::new(self.node.at, what)
    }

    /// What in it is sound and not read here, or else that.
    pub(super) fn trouble_or_limit(self, what: &str) -> Trouble {
        let mut all = self.all();
        let limit = all.find_map(|(_, node)| Some(Trouble::new(node.at, self.beyond(node)?)));
        limit.unwrap_or_else(|| self.trouble(what))
    }
}
