//! Where the texts of a JSON stand, which a parsed one does not tell: its fields are in another order.

use core::cell::Cell;
use std::collections::BTreeMap;

/// The long texts of a JSON, and what leads to them.
pub(super) enum Node {
    Fields(BTreeMap<String, Self>),
    Items(BTreeMap<usize, Self>),
    /// Byte of the JSON where the text begins, behind its quotation mark.
    Text(usize),
}

impl Node {
    /// Looks through a JSON that was parsed before, which has bounded its depth. Texts that take less than `least`
    /// bytes are left out.
    pub(super) fn read(json: &[u8], least: usize) -> Option<Self> {
        let mut scan = Scan { json, least, at: 0 };
        scan.value()?
    }

    pub(super) fn item(&self, index: usize) -> Option<&Self> {
        match self {
            Self::Items(items) => items.get(&index),
            _ => None,
        }
    }

    pub(super) fn field(&self, name: &str) -> Option<&Self> {
        match self {
            Self::Fields(fields) => fields.get(name),
            _ => None,
        }
    }

    pub(super) fn text(&self) -> Option<usize> {
        match self {
            Self::Text(at) => Some(*at),
            _ => None,
        }
    }
}

struct Scan<'t> {
    json: &'t [u8],
    least: usize,
    at: usize,
}

impl Scan<'_> {
    /// The outer `None` is no JSON, the inner one nothing with a long text.
    fn value(&mut self) -> Option<Option<Node>> {
        match self.next()? {
            b'"' => {
                let start = self.at;
                let long = self.string()? - start >= self.least;
                Some(long.then_some(Node::Text(start)))
            }
            b'[' => self.items(),
            b'{' => self.fields(),
            _ => {
                let rest = self.json.get(self.at..)?;
                let ends =
                    |byte: &u8| matches!(byte, b',' | b']' | b'}') || byte.is_ascii_whitespace();
                self.at += rest.iter().position(ends).unwrap_or(rest.len());
                Some(None)
            }
        }
    }

    fn items(&mut self) -> Option<Option<Node>> {
        let mut found = BTreeMap::new();
        if self.skips(b']')? {
            return Some(None);
        }
        for index in 0.. {
            if let Some(node) = self.value()? {
                found.insert(index, node);
            }
            if self.next()? == b']' {
                break;
            }
        }
        Some((!found.is_empty()).then_some(Node::Items(found)))
    }

    fn fields(&mut self) -> Option<Option<Node>> {
        let mut found = BTreeMap::new();
        if self.skips(b'}')? {
            return Some(None);
        }
        loop {
            self.skips(b'"')?;
            let start = self.at - 1;
            let end = self.string()? + 1;
            let name: String = serde_json::from_slice(self.json.get(start..end)?).ok()?;
            // The colon.
            self.next()?;
            // Of two fields with one name the second counts.
            match self.value()? {
                Some(node) => found.insert(name, node),
                None => found.remove(&name),
            };
            if self.next()? == b'}' {
                break;
            }
        }
        Some((!found.is_empty()).then_some(Node::Fields(found)))
    }

    /// The next byte that is no white space, which is passed.
    fn next(&mut self) -> Option<u8> {
        let rest = self.json.get(self.at..)?;
        let skipped = rest.iter().position(|byte| !byte.is_ascii_whitespace())?;
        self.at += skipped + 1;
        rest.get(skipped).copied()
    }

    /// Passes that byte, if it is the next one; whether it is.
    fn skips(&mut self, wanted: u8) -> Option<bool> {
        let before = self.at;
        let is = self.next()? == wanted;
        if !is {
            self.at = before;
        }
        Some(is)
    }

    /// Passes the rest of a text; where its last quotation mark stands.
    fn string(&mut self) -> Option<usize> {
        loop {
            let rest = self.json.get(self.at..)?;
            let stop = rest.iter().position(|byte| matches!(byte, b'"' | b'\\'))?;
            let end = self.at + stop;
            if rest.get(stop) == Some(&b'"') {
                self.at = end + 1;
                return Some(end);
            }
            self.at = end + 2;
        }
    }
}

/// A text as it is written, with escapes (RFC 8259 section 7).
pub(super) struct Written<'t> {
    json: &'t [u8],
    start: usize,
    /// A byte of the text, and the one of the JSON: what comes behind is counted from there.
    known: Cell<(usize, usize)>,
}

impl<'t> Written<'t> {
    pub(super) fn new(json: &'t [u8], start: usize) -> Self {
        Self {
            json,
            start,
            known: Cell::new((0, start)),
        }
    }

    /// The byte of the JSON that the byte `at` of the text is written as.
    pub(super) fn origin(&self, at: usize) -> usize {
        let (mut text, mut json) = match self.known.get() {
            known if known.0 <= at => known,
            _ => (0, self.start),
        };
        while text < at {
            let rest = self.json.get(json..).unwrap_or_default();
            let (written, stands_for) = step(rest);
            if text + stands_for > at {
                break;
            }
            text += stands_for;
            json += written;
        }
        self.known.set((text, json));
        json
    }
}

/// How many bytes the next character takes, and how many it stands for.
fn step(json: &[u8]) -> (usize, usize) {
    let [b'\\', kind, rest @ ..] = json else {
        return (1, 1);
    };
    if *kind != b'u' {
        return (2, 1);
    }
    let digits = rest
        .get(..4)
        .and_then(|digits| core::str::from_utf8(digits).ok());
    match digits.and_then(|digits| u16::from_str_radix(digits, 16).ok()) {
        Some(..0x80) => (6, 1),
        Some(..0x800) => (6, 2),
        // The first half of a pair.
        Some(0xd800..0xdc00) => (12, 4),
        _ => (6, 3),
    }
}
