//! JSON whose texts are copied once, so that a key in one of them can be wiped.
//!
//! serde_json copies a text with escapes, such as the line ends of PEM, through a buffer that grows and is given back
//! as it is. Here it only judges, which takes no copies; the texts are taken out after that.

use serde::de::IgnoredAny;
use serde_json::{Map, Value};
use zeroize::Zeroize;

use super::Error;

/// How deep lists and objects may lie in each other: as deep as serde_json reads them by itself.
const MAX_NESTED: usize = 127;

/// The texts, lists and objects of a JSON (RFC 8259). What else it may have is null.
pub(super) fn parse(json: &[u8]) -> Result<Value, Error> {
    if let Err(error) = serde_json::from_slice::<IgnoredAny>(json) {
        let (line, column) = (error.line(), error.column());
        return Err(Error::Json { line, column });
    }
    if let Some(at) = too_deep(json) {
        return Err(fault(json, at));
    }
    let json = core::str::from_utf8(json).map_err(|error| fault(json, error.valid_up_to()))?;
    Ok(Scan { json, at: 0 }.value())
}

/// Wipes the texts in it.
pub(super) fn wipe(value: &mut Value) {
    match value {
        Value::String(text) => text.zeroize(),
        Value::Array(items) => items.iter_mut().for_each(wipe),
        Value::Object(fields) => fields.values_mut().for_each(wipe),
        _ => {}
    }
}

fn fault(json: &[u8], at: usize) -> Error {
    let before = json.get(..at).unwrap_or_default();
    let lines = before.split(|byte| *byte == b'\n');
    let column = lines.clone().next_back().map_or(0, <[u8]>::len) + 1;
    Error::Json {
        line: lines.count(),
        column,
    }
}

/// The byte of a sound JSON where a list or an object is one too many in each other.
fn too_deep(json: &[u8]) -> Option<usize> {
    let (mut open, mut quoted, mut escaped) = (0_usize, false, false);
    for (at, byte) in json.iter().enumerate() {
        match byte {
            _ if escaped => escaped = false,
            b'\\' => escaped = true,
            b'"' => quoted = !quoted,
            b'[' | b'{' if !quoted => {
                open += 1;
                if open > MAX_NESTED {
                    return Some(at);
                }
            }
            b']' | b'}' if !quoted => open = open.saturating_sub(1),
            _ => {}
        }
    }
    None
}

/// Goes over a JSON that is sound and not too deep.
struct Scan<'t> {
    json: &'t str,
    at: usize,
}

impl<'t> Scan<'t> {
    fn value(&mut self) -> Value {
        let first = self.peek();
        self.at += 1;
        match first {
            Some(b'"') => Value::String(unescaped(self.raw())),
            Some(b'[') => {
                let mut items = Vec::new();
                while self.goes_on(b']') {
                    items.push(self.value());
                }
                Value::Array(items)
            }
            Some(b'{') => {
                let mut fields = Map::new();
                while self.goes_on(b'}') {
                    self.at += 1;
                    let name = unescaped(self.raw());
                    // Of two with one name, the last counts.
                    if let Some(mut former) = fields.insert(name, self.value()) {
                        wipe(&mut former);
                    }
                }
                Value::Object(fields)
            }
            _ => {
                let is_end = |byte: &u8| b",]} \t\r\n".contains(byte);
                let rest = self.rest();
                self.at += rest.iter().position(is_end).unwrap_or(rest.len());
                Value::Null
            }
        }
    }

    fn rest(&self) -> &'t [u8] {
        self.json.as_bytes().get(self.at..).unwrap_or_default()
    }

    /// Goes to where the next value or name begins, or something ends.
    fn peek(&mut self) -> Option<u8> {
        let skipped = |byte: &&u8| b",: \t\r\n".contains(byte);
        self.at += self.rest().iter().take_while(skipped).count();
        self.rest().first().copied()
    }

    /// Whether there is more before that end, over which it goes if not.
    fn goes_on(&mut self, end: u8) -> bool {
        let more = self.peek().is_some_and(|byte| byte != end);
        self.at += usize::from(!more);
        more
    }

    /// What stands between here and the quotation mark that ends it, over which it goes.
    fn raw(&mut self) -> &'t str {
        let mut escaped = false;
        let ends = |byte: &u8| {
            let ends = !escaped && *byte == b'"';
            escaped = !escaped && *byte == b'\\';
            ends
        };
        let length = self.rest().iter().position(ends).unwrap_or_default();
        let raw = self.json.get(self.at..self.at + length);
        self.at += length + 1;
        raw.unwrap_or_default()
    }
}

/// What a text stands for, RFC 8259 section 7.
fn unescaped(raw: &str) -> String {
    // No escape is shorter than what it stands for, so that this never grows.
    let mut text = String::with_capacity(raw.len());
    let mut rest = raw;
    while let Some((plain, escape)) = rest.split_once('\\') {
        text.push_str(plain);
        let (character, after) = character(escape);
        text.push(character);
        rest = after;
    }
    text.push_str(rest);
    text
}

/// The character of an escape, and what follows.
fn character(escape: &str) -> (char, &str) {
    let mut characters = escape.chars();
    let character = match characters.next() {
        Some('b') => '\u{8}',
        Some('f') => '\u{c}',
        Some('n') => '\n',
        Some('r') => '\r',
        Some('t') => '\t',
        Some('u') => return utf16(characters.as_str()),
        other => other.unwrap_or(char::REPLACEMENT_CHARACTER),
    };
    (character, characters.as_str())
}

/// One that is written as UTF-16, in one unit or in two.
fn utf16(text: &str) -> (char, &str) {
    let Some((high, rest)) = unit(text) else {
        return (char::REPLACEMENT_CHARACTER, text);
    };
    let low = rest.strip_prefix("\\u").and_then(unit);
    let pair = low.and_then(|(low, rest)| {
        let mut both = char::decode_utf16([high, low]);
        // Two characters that are one unit each are no pair.
        let character = both.next()?.ok().filter(|_| both.next().is_none())?;
        Some((character, rest))
    });
    let alone = char::from_u32(high.into()).unwrap_or(char::REPLACEMENT_CHARACTER);
    pair.unwrap_or((alone, rest))
}

fn unit(text: &str) -> Option<(u16, &str)> {
    let (digits, rest) = text.split_at_checked(4)?;
    Some((u16::from_str_radix(digits, 16).ok()?, rest))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[cfg(target_family = "wasm")]
    use wasm_bindgen_test::wasm_bindgen_test as test;

    /// What serde_json makes of it, with null for what is neither text, list nor object.
    fn model(json: &str) -> Value {
        fn plain(value: Value) -> Value {
            match value {
                Value::Array(items) => items.into_iter().map(plain).collect(),
                Value::Object(fields) => fields
                    .into_iter()
                    .map(|(name, value)| (name, plain(value)))
                    .collect(),
                Value::String(text) => Value::String(text),
                _ => Value::Null,
            }
        }
        plain(serde_json::from_str(json).unwrap())
    }

    #[test]
    fn reads_as_serde_json_does() {
        for json in [
            r#""""#,
            r#" "a" "#,
            "[]",
            "{}",
            " [ ] ",
            "[[],{},[{}]]",
            r#"{"a":"b","c":["d",1,-2.5e+3,true,false,null,"e"],"f":{"g":{}}}"#,
            "{ \"a\" :\t\"b\"\r\n,\"c\" : [ 1 , 2 ] }",
            r#"{"a":"b","a":"c"}"#,
            r#"["\"\\\/\b\f\n\r\t","\\","\\\\\"","\u0041\u00e9\u20AC\ud83d\ude00z"]"#,
            r#"{"a\nb":"]}","c":"[{,:\""}"#,
            r#"["ä€😀",{"ä":"\u0041ä"}]"#,
            "1",
            "null",
        ] {
            assert_eq!(parse(json.as_bytes()), Ok(model(json)), "{json}");
        }
    }

    #[test]
    fn half_a_pair_is_replaced() {
        for (json, text) in [
            (r#""\ud83dx""#, "\u{fffd}x"),
            (r#""\ud83d\u0041""#, "\u{fffd}A"),
            (r#""\ude00\ud83d\ude00""#, "\u{fffd}\u{1f600}"),
            (r#""\u0041\u0042""#, "AB"),
        ] {
            assert_eq!(parse(json.as_bytes()), Ok(Value::from(text)), "{json}");
        }
    }

    #[test]
    fn damage_and_depth_are_named_by_their_place() {
        let place = |line, column| Err(Error::Json { line, column });
        assert_eq!(parse(b"{\"status\":"), place(1, 10));
        assert_eq!(parse(b"[\n\"a\" \"b\"]"), place(2, 5));
        assert_eq!(parse(b"[\n \"a\xff\"]"), place(2, 4));
        let deep = |depth: usize| [b"[\n".repeat(depth), b"]".repeat(depth)].concat();
        assert!(parse(&deep(MAX_NESTED)).is_ok());
        assert_eq!(parse(&deep(MAX_NESTED + 1)), place(128, 1));
        assert!(serde_json::from_slice::<Value>(&deep(MAX_NESTED)).is_ok());
        assert!(serde_json::from_slice::<Value>(&deep(MAX_NESTED + 1)).is_err());
        let quoted = format!("[\"{}\"]", "[".repeat(200));
        assert!(parse(quoted.as_bytes()).is_ok());
    }
}
