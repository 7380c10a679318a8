mod value;

use super::reader::{Origin, Reader};
use super::{Error, jwk};
use value::Text;
pub(super) use value::{Fields, Value};

/// The most texts of one JSON that are tried.
const MAX_TEXTS: usize = super::MAX_OBJECTS;

/// Less than this is a word.
const LEAST: usize = 60;

/// Reads every text of a JSON that holds an object, such as `issuedCertificateChain` in the answer of a
/// DPS, in whichever of its encodings, and every JSON Web Key.
///
/// `origin` tells which byte of the input a byte of the text is.
pub(super) fn read(reader: &mut Reader<'_>, text: &[u8], origin: Origin<'_>) {
    let value = match Value::parse(text) {
        Ok(value) => value,
        Err(error) => {
            reader.flaw(None, error);
            return;
        }
    };
    let before = reader.said();
    let mut walk = Walk {
        origin,
        left: MAX_TEXTS,
    };
    walk.value(reader, &value, "");
    if reader.said() == before {
        reader.flaw(None, Error::Unrecognized);
    }
}

struct Walk<'t> {
    origin: Origin<'t>,
    left: usize,
}

impl Walk<'_> {
    /// `pointer` is the place as RFC 6901 names it. The depth has a limit: see [`value`].
    fn value(&mut self, reader: &mut Reader<'_>, value: &Value<'_>, pointer: &str) {
        match value {
            Value::Text(text) => self.text(reader, text, pointer),
            Value::Items(items) => {
                for (index, item) in items.iter().enumerate().filter(|it| may_hold(it.1)) {
                    self.value(reader, item, &member(pointer, &index.to_string()));
                }
            }
            Value::Fields(fields) if fields.contains_key("kty") => {
                jwk::read(reader, fields, pointer);
                // RFC 7517 section 4.7: the certificate of the key, and its issuers.
                if let Some(chain) = fields.get("x5c") {
                    self.value(reader, chain, &member(pointer, "x5c"));
                }
            }
            Value::Fields(fields) => {
                for (name, item) in fields.iter().filter(|it| may_hold(it.1)) {
                    let name = name.replace('~', "~0").replace('/', "~1");
                    self.value(reader, item, &member(pointer, &name));
                }
            }
            Value::Word => {}
        }
    }

    fn text(&mut self, reader: &mut Reader<'_>, text: &Text<'_>, pointer: &str) {
        if text.len() < LEAST || self.left == 0 {
            return;
        }
        self.left -= 1;
        let places = text.places();
        let origin = |at| (self.origin)(places.origin(at));
        let text = text.unescaped();
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
fn may_hold(value: &Value<'_>) -> bool {
    match value {
        Value::Text(text) => text.len() >= LEAST,
        Value::Items(_) | Value::Fields(_) => true,
        Value::Word => false,
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
