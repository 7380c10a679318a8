//! JSON as it stands in the input: what is in it, and where.
//!
//! serde_json copies a text with escapes, such as the line ends of PEM, through a buffer that grows and is given back
//! as it is, and tells of no text where it stands. Here it only judges, which takes no copies; a text is copied once,
//! when somebody asks for it, and wiped: a key may stand in it.

use core::cell::Cell;
use std::collections::BTreeMap;

use serde::de::IgnoredAny;
use zeroize::Zeroizing;

use crate::file::Error;

/// How deep lists and objects may lie in each other: as deep as serde_json reads them by itself.
const MAX_NESTED: usize = 127;

/// What a JSON (RFC 8259) holds.
pub(in crate::file) enum Value<'t> {
    Text(Text<'t>),
    Items(Vec<Self>),
    Fields(Fields<'t>),
    /// A number, true, false or null.
    Word,
}

/// The members of an object. Of two with one name, the last counts.
pub(in crate::file) type Fields<'t> = BTreeMap<String, Value<'t>>;

impl<'t> Value<'t> {
    pub(super) fn parse(json: &'t [u8]) -> Result<Self, Error> {
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

    /// What it says, if it is a text.
    pub(in crate::file) fn text(&self) -> Option<Zeroizing<String>> {
        match self {
            Self::Text(text) => Some(text.unescaped()),
            _ => None,
        }
    }
}

/// A text as it is written, with escapes.
pub(in crate::file) struct Text<'t> {
    raw: &'t str,
    /// Byte of the JSON where it begins, behind its quotation mark.
    start: usize,
}

impl<'t> Text<'t> {
    /// How many bytes it takes: at least as many as what it stands for.
    pub(super) fn len(&self) -> usize {
        self.raw.len()
    }

    /// What it stands for.
    pub(super) fn unescaped(&self) -> Zeroizing<String> {
        // No escape is shorter than what it stands for, so that this never grows.
        let mut text = Zeroizing::new(String::with_capacity(self.raw.len()));
        let mut rest = self.raw;
        while let Some((plain, escape)) = rest.split_once('\\') {
            text.push_str(plain);
            let (character, after) = character(escape);
            text.push(character);
            rest = after;
        }
        text.push_str(rest);
        text
    }

    pub(super) fn places(&self) -> Places<'t> {
        Places {
            raw: self.raw,
            start: self.start,
            known: Cell::default(),
        }
    }
}

/// Where the bytes stand that a text stands for.
pub(super) struct Places<'t> {
    raw: &'t str,
    start: usize,
    /// A byte of what the text stands for, and of the text: what comes behind is counted from there.
    known: Cell<(usize, usize)>,
}

impl Places<'_> {
    /// The byte of the JSON that the byte `at` is written as.
    pub(super) fn origin(&self, at: usize) -> usize {
        let (mut text, mut raw) = Some(self.known.get())
            .filter(|known| known.0 <= at)
            .unwrap_or_default();
        while text < at {
            let escape = self.raw.get(raw..).and_then(|rest| rest.strip_prefix('\\'));
            let (written, stands_for) = escape.map_or((1, 1), |escape| {
                let (character, after) = character(escape);
                (1 + escape.len() - after.len(), character.len_utf8())
            });
            if text + stands_for > at {
                break;
            }
            text += stands_for;
            raw += written;
        }
        self.known.set((text, raw));
        self.start + raw
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
    fn value(&mut self) -> Value<'t> {
        let first = self.peek();
        self.at += 1;
        match first {
            Some(b'"') => Value::Text(self.text()),
            Some(b'[') => {
                let mut items = Vec::new();
                while self.goes_on(b']') {
                    items.push(self.value());
                }
                Value::Items(items)
            }
            Some(b'{') => {
                let mut fields = Fields::new();
                while self.goes_on(b'}') {
                    self.at += 1;
                    let mut name = self.text().unescaped();
                    fields.insert(core::mem::take(&mut *name), self.value());
                }
                Value::Fields(fields)
            }
            _ => {
                let is_end = |byte: &u8| b",]} \t\r\n".contains(byte);
                let rest = self.rest();
                self.at += rest.iter().position(is_end).unwrap_or(rest.len());
                Value::Word
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
    fn text(&mut self) -> Text<'t> {
        let mut escaped = false;
        let ends = |byte: &u8| {
            let ends = !escaped && *byte == b'"';
            escaped = !escaped && *byte == b'\\';
            ends
        };
        let start = self.at;
        let length = self.rest().iter().position(ends).unwrap_or_default();
        let raw = self.json.get(start..start + length).unwrap_or_default();
        self.at += length + 1;
        Text { raw, start }
    }
}

/// The character of an escape (section 7) without its backslash, and what follows.
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

    use serde_json::Value as Model;

    /// What serde_json makes of it, with null for what is neither text, list nor object.
    fn model(json: &str) -> Model {
        fn plain(value: Model) -> Model {
            match value {
                Model::Array(items) => items.into_iter().map(plain).collect(),
                Model::Object(fields) => fields
                    .into_iter()
                    .map(|(name, value)| (name, plain(value)))
                    .collect(),
                Model::String(text) => Model::String(text),
                _ => Model::Null,
            }
        }
        plain(serde_json::from_str(json).unwrap())
    }

    /// The same of what is read here, if each character stands where it is said to.
    fn read(json: &str, value: &Value<'_>) -> Model {
        match value {
            Value::Text(text) => {
                let (said, places) = (text.unescaped(), text.places());
                for (at, character) in said.char_indices() {
                    let end = places.origin(at + character.len_utf8());
                    let written = format!("\"{}\"", &json[places.origin(at)..end]);
                    assert_eq!(Model::from(character.to_string()), model(&written));
                }
                Model::from(said.as_str())
            }
            Value::Items(items) => items.iter().map(|item| read(json, item)).collect(),
            Value::Fields(fields) => fields
                .iter()
                .map(|(name, value)| (name.clone(), read(json, value)))
                .collect(),
            Value::Word => Model::Null,
        }
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
            let value = Value::parse(json.as_bytes()).unwrap();
            assert_eq!(read(json, &value), model(json), "{json}");
        }
    }

    #[test]
    fn half_a_pair_is_replaced() {
        for (json, said) in [
            (r#""\ud83dx""#, "\u{fffd}x"),
            (r#""\ud83d\u0041""#, "\u{fffd}A"),
            (r#""\ude00\ud83d\ude00""#, "\u{fffd}\u{1f600}"),
            (r#""\u0041\u0042""#, "AB"),
        ] {
            let Ok(Value::Text(text)) = Value::parse(json.as_bytes()) else {
                panic!()
            };
            assert_eq!(*text.unescaped(), said, "{json}");
            // Each first character is written in six bytes.
            let second = said.chars().next().map_or(0, char::len_utf8);
            assert_eq!(text.places().origin(second), 1 + 6, "{json}");
        }
    }

    #[test]
    fn damage_and_depth_are_named_by_their_place() {
        let parse = |json: &[u8]| Value::parse(json).err();
        let place = |line, column| Some(Error::Json { line, column });
        assert_eq!(parse(b"{\"status\":"), place(1, 10));
        assert_eq!(parse(b"[\n\"a\" \"b\"]"), place(2, 5));
        assert_eq!(parse(b"[\n \"a\xff\"]"), place(2, 4));
        let deep = |depth: usize| [b"[\n".repeat(depth), b"]".repeat(depth)].concat();
        assert_eq!(parse(&deep(MAX_NESTED)), None);
        assert_eq!(parse(&deep(MAX_NESTED + 1)), place(128, 1));
        assert!(serde_json::from_slice::<Model>(&deep(MAX_NESTED)).is_ok());
        assert!(serde_json::from_slice::<Model>(&deep(MAX_NESTED + 1)).is_err());
        let quoted = format!("[\"{}\"]", "[".repeat(200));
        assert_eq!(parse(quoted.as_bytes()), None);
    }
}
