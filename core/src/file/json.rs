use serde_json::Value;

use super::reader::{Place, Reader};
use super::{Error, json_text, jwk};

/// The most texts of one JSON that are tried.
const MAX_TEXTS: usize = super::MAX_OBJECTS;

/// Reads every text of a JSON that holds an object, such as `issuedCertificateChain` in the answer of a
/// DPS, in whichever of its encodings, and every JSON Web Key.
///
/// `origin` tells which byte of the input a byte of the text is.
pub(super) fn read(reader: &mut Reader<'_>, text: &[u8], origin: &dyn Fn(usize) -> usize) {
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
        from: 0,
        left: MAX_TEXTS,
        lost: false,
    };
    walk.value(reader, &value.0, "");
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
    origin: &'t dyn Fn(usize) -> usize,
    /// Where the next text is looked for: they stand in the order in which they are visited, mostly.
    from: usize,
    left: usize,
    /// A text was not found: it has escapes. Searching on would cost a pass over all for each.
    lost: bool,
}

impl Walk<'_> {
    /// `pointer` is the place as RFC 6901 names it. The depth has a limit: see [`json_text`].
    fn value(&mut self, reader: &mut Reader<'_>, value: &Value, pointer: &str) {
        match value {
            Value::String(text) => self.string(reader, text, pointer),
            Value::Array(items) => {
                for (index, item) in items.iter().enumerate() {
                    self.value(reader, item, &format!("{pointer}/{index}"));
                }
            }
            Value::Object(fields) if fields.contains_key("kty") => {
                jwk::read(reader, fields, pointer);
            }
            Value::Object(fields) => {
                for (name, item) in fields {
                    let name = name.replace('~', "~0").replace('/', "~1");
                    self.value(reader, item, &format!("{pointer}/{name}"));
                }
            }
            _ => {}
        }
    }

    fn string(&mut self, reader: &mut Reader<'_>, text: &str, pointer: &str) {
        /// Less than this is a word.
        const LEAST: usize = 60;
        if text.len() < LEAST || self.left == 0 {
            return;
        }
        self.left -= 1;
        let at = self.place(text);
        // Without escapes, each byte of the text is one of the input.
        let rest = self.text.get(at..).unwrap_or_default();
        let exact = rest.starts_with(text.as_bytes());
        let name = format!("JSON {}", crate::cert::text::shown(pointer));
        let input = self.origin;
        reader.inside(&name, Place::Bare(input(at)), |reader| {
            // Text that only looks like base64, such as a token, is no damage.
            let der = match super::base64::decode(text.as_bytes()) {
                Ok(der) => der.first() == Some(&0x30) || crate::pem::is_pem(&der),
                Err(_) => super::base64::claims(text.as_bytes()),
            };
            if der || crate::pem::is_pem(text.as_bytes()) {
                let origin = |within| input(if exact { at + within } else { at });
                reader.any(text.as_bytes(), &origin);
            }
        });
    }

    /// The byte where a text stands, by its first characters, which have no escapes in base64; zero if
    /// it is not found.
    fn place(&mut self, text: &str) -> usize {
        if self.lost {
            return 0;
        }
        let head: Vec<u8> = text.bytes().take(24).collect();
        let rest = self.text.get(self.from..).unwrap_or_default();
        match rest.windows(head.len()).position(|window| window == head) {
            Some(found) => {
                self.from += found;
                self.from
            }
            None => {
                self.lost = true;
                0
            }
        }
    }
}
