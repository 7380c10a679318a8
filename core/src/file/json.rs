mod places;

use serde_json::Value;

use super::reader::{Origin, Place, Reader};
use super::{Error, json_text, jwk};
use places::{Node, Written};

/// The most texts of one JSON that are tried.
const MAX_TEXTS: usize = super::MAX_OBJECTS;

/// Less than this is a word.
const LEAST: usize = 60;

/// Reads every text of a JSON that holds an object, such as `issuedCertificateChain` in the answer of a
/// DPS, in whichever of its encodings, and every JSON Web Key.
///
/// `origin` tells which byte of the input a byte of the text is.
pub(super) fn read(reader: &mut Reader<'_>, text: &[u8], origin: Origin<'_>) {
    let value = match json_text::parse(text) {
        Ok(value) => Wiped(value),
        Err(error) => {
            reader.flaw(None, error);
            return;
        }
    };
    let before = reader.said();
    let mut walk = Walk {
        text,
        origin,
        left: MAX_TEXTS,
    };
    let places = Node::read(text, LEAST);
    walk.value(reader, &value.0, places.as_ref(), "");
    if reader.said() == before {
        reader.flaw(None, Error::Unrecognized);
    }
}

/// A JSON whose texts are wiped on drop: a key may be one of them.
struct Wiped(Value);

impl Drop for Wiped {
    fn drop(&mut self) {
        json_text::wipe(&mut self.0);
    }
}

struct Walk<'t> {
    text: &'t [u8],
    origin: Origin<'t>,
    left: usize,
}

impl Walk<'_> {
    /// `pointer` is the place as RFC 6901 names it. The depth has a limit: see [`json_text`].
    fn value(
        &mut self,
        reader: &mut Reader<'_>,
        value: &Value,
        node: Option<&Node>,
        pointer: &str,
    ) {
        match value {
            Value::String(text) => self.string(reader, text, node, pointer),
            Value::Array(items) => {
                for (index, item) in items.iter().enumerate().filter(|it| may_hold(it.1)) {
                    let node = node.and_then(|node| node.item(index));
                    self.value(reader, item, node, &member(pointer, &index.to_string()));
                }
            }
            Value::Object(fields) if fields.contains_key("kty") => {
                jwk::read(reader, fields, pointer);
                // RFC 7517 section 4.7: the certificate of the key, and its issuers.
                if let Some(chain) = fields.get("x5c") {
                    let node = node.and_then(|node| node.field("x5c"));
                    self.value(reader, chain, node, &member(pointer, "x5c"));
                }
            }
            Value::Object(fields) => {
                for (name, item) in fields.iter().filter(|it| may_hold(it.1)) {
                    let node = node.and_then(|node| node.field(name));
                    let name = name.replace('~', "~0").replace('/', "~1");
                    self.value(reader, item, node, &member(pointer, &name));
                }
            }
            _ => {}
        }
    }

    fn string(&mut self, reader: &mut Reader<'_>, text: &str, node: Option<&Node>, pointer: &str) {
        if text.len() < LEAST || self.left == 0 {
            return;
        }
        self.left -= 1;
        let written = node
            .and_then(Node::text)
            .map(|at| Written::new(self.text, at));
        let unknown = Place::Within((self.origin)(0).start());
        let origin = |at| match &written {
            Some(written) => (self.origin)(written.origin(at)),
            None => unknown,
        };
        let name = format!("JSON {}", crate::cert::text::shown(pointer));
        reader.inside(&name, origin(0), |reader| {
            // Text that only looks like base64, such as a token, is no damage.
            let der = match super::base64::decode(text.as_bytes()) {
                Ok(der) => der.first() == Some(&0x30) || crate::pem::is_pem(&der),
                Err(_) => super::base64::claims(text.as_bytes()),
            };
            if der || crate::pem::is_pem(text.as_bytes()) {
                reader.any(text.as_bytes(), &origin);
            }
        });
    }
}

/// Whether an object may be in it. Most of a JSON are words and numbers, of which nobody asks where they stand.
fn may_hold(value: &Value) -> bool {
    match value {
        Value::String(text) => text.len() >= LEAST,
        Value::Array(_) | Value::Object(_) => true,
        _ => false,
    }
}

/// The pointer to a member. Only the end of a long one is kept: each member repeats it.
fn member(pointer: &str, name: &str) -> String {
    const MOST: usize = 200;
    let whole = format!("{pointer}/{name}");
    let mut ends = whole.char_indices().rev().skip(MOST);
    match ends.next().and_then(|(at, _)| whole.get(at..)) {
        Some(end) => format!("…{end}"),
        None => whole,
    }
}
