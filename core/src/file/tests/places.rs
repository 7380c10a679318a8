//! Which byte of an input is named for a fault.

use super::*;
use base64ct::{Base64, Encoding};

#[cfg(target_family = "wasm")]
use wasm_bindgen_test::wasm_bindgen_test as test;

fn only(bytes: &[u8]) -> Flaw {
    let mut opened = open(bytes, None);
    assert_eq!(opened.flaws.len(), 1, "{opened:?}");
    opened.flaws.remove(0)
}

#[test]
fn the_wrong_character_of_bare_base64_is_named() {
    let good = Base64::encode_string(CHAIN);
    for (wrong, with) in [(5, "!"), (90, "\u{b0}"), (200, "="), (301, "{")] {
        let mut text = format!("\r\n  {good}");
        text.replace_range(4 + wrong..5 + wrong, with);
        let flaw = only(text.as_bytes());
        let wanted = 4 + wrong;
        if wrong < 24 {
            // It does not even begin like base64.
            assert_eq!(flaw.error, Error::Unrecognized);
        } else {
            assert_eq!((flaw.at, &flaw.error), (Some(wanted), &Error::Base64));
        }
    }
    let cut = good.trim_end_matches('=');
    let cut = &cut[..cut.len() / 4 * 4 - 3];
    assert_eq!(only(cut.as_bytes()).at, Some(cut.len()));
    // Both alphabets in one text.
    let mixed = format!("{}+{}-{}", &good[..40], &good[41..60], &good[61..80]);
    let mixed = mixed.replace('/', "A");
    assert_eq!(only(mixed.as_bytes()).at, Some(60));
    assert_eq!(
        only(b"MInd the gap between the words, please").error,
        Error::Unrecognized
    );
}

#[test]
fn the_wrong_character_of_pem_is_named_wherever_it_lies() {
    let good = pem::encode("CERTIFICATE", CHAIN);
    let wrong = 150;
    let mut bad = good.clone();
    bad.replace_range(wrong..=wrong, "!");
    let named = |bytes: &[u8], at: usize| {
        let flaw = only(bytes);
        assert_eq!(flaw.at, Some(at));
        assert_eq!(flaw.error, Error::Pem(pem::Error::BadCharacter { at }));
        let what = flaw.fault().what;
        assert!(what.contains(&format!("at byte {at} ")), "{what}");
    };
    named(format!("{good}{bad}").as_bytes(), good.len() + wrong);
    named(format!("\u{feff}{bad}").as_bytes(), 3 + wrong);
    let utf16 = [0xfeff].into_iter().chain(bad.encode_utf16());
    let utf16: Vec<u8> = utf16.flat_map(u16::to_le_bytes).collect();
    named(&utf16, 2 + 2 * wrong);
    // In JSON its own byte, behind as many escapes as there are lines.
    let spaced = bad.replace('\n', " ");
    named(format!("[\"{spaced}\"]").as_bytes(), 2 + wrong);
    let escaped = serde_json::json!([bad]).to_string();
    named(escaped.as_bytes(), escaped.find('!').unwrap());
    let base64 = Base64::encode_string(CHAIN);
    let mut bent = base64;
    bent.replace_range(99..100, "!");
    let flaw = only(format!("{{\"chain\": [\"{bent}\"]}}").as_bytes());
    assert_eq!((flaw.at, flaw.error), (Some(12 + 99), Error::Base64));
    // Base64 of PEM: the byte of what it holds, and where the base64 begins.
    let flaw = only(format!(" {}", Base64::encode_string(bad.as_bytes())).as_bytes());
    let decoded = Decoded {
        byte: wrong,
        line: None,
    };
    assert_eq!((flaw.at, flaw.decoded), (Some(1), Some(decoded)));
    let what = flaw.fault().what;
    assert!(what.contains(&format!("at byte {wrong} ")), "{what}");
    assert!(what.ends_with("(of what is encoded at byte 1)."), "{what}");
    // Deeper than that, no byte of the input can be named.
    let twice = Base64::encode_string(Base64::encode_string(bad.as_bytes()).as_bytes());
    let flaw = only(twice.as_bytes());
    assert_eq!((flaw.at, flaw.decoded), (None, None));
    let what = flaw.fault().what;
    assert!(
        what.ends_with("(of the text when it is unwrapped)."),
        "{what}"
    );
}

/// Many texts of a JSON begin alike, its fields are read in another order than they stand in, and a name may stand
/// twice.
#[test]
fn a_text_of_json_has_its_own_place() {
    let good = pem::encode("CERTIFICATE", CHAIN);
    let bad = format!("{}!{}", &good[..150], &good[151..]);
    let text = |pem: &str| serde_json::Value::from(pem).to_string();
    let (good, bad) = (text(&good), text(&bad));
    let marked = good
        .replacen('M', "\\u004D", 1)
        .replacen("\\n", "\\r\\n", 1);
    for (before, behind) in [
        (format!("[{good}, "), format!(", {good}]")),
        (
            format!("{{\"z\": [1, [], {{}}, {marked}], \"b\": "),
            format!(", \"a\": {good}}}"),
        ),
        (format!("{{\"\\u0061\": {good}, \"a\" : \t"), "}".to_owned()),
        (
            format!("[\"\\ud83d\\ude00 {}\", [null, ", "\u{e9}".repeat(60)),
            "]]".to_owned(),
        ),
    ] {
        let json = format!("{before}{bad}{behind}");
        let at = json.find('!').unwrap();
        assert_eq!(only(json.as_bytes()).at, Some(at), "{json}");
        for object in open(json.as_bytes(), None).objects {
            assert!(json[object.at..].starts_with("-----BEGIN"), "{json}");
        }
        let marked = format!("\u{feff}{json}");
        assert_eq!(only(marked.as_bytes()).at, Some(3 + at));
    }
    let bad = bad.replacen("!", "\\n\\u00e9\\u20ac\\ud83d\\ude00", 1);
    let json = format!("[{bad}]");
    assert_eq!(only(json.as_bytes()).at, json.find("\\u00e9"));
    // Behind characters of more than one byte; the first part of the text is no base64.
    let bad = bad.replacen("\\n\\u00e9\\u20ac\\ud83d\\ude00", "!", 1);
    let json = format!("[\"\\u00e9\\u20ac\\ud83d\\ude00\u{e9}\\\"\\n{}]", &bad[1..]);
    assert_eq!(only(json.as_bytes()).at, json.find('!'));
}

#[test]
fn a_text_in_utf_16_may_have_any_characters_before() {
    let good = pem::encode("CERTIFICATE", CHAIN);
    let before = "\u{e9}\u{20ac}\u{1f600}\n";
    let bad = format!("{before}{good}{before}{}", good.replacen("MII", "M!I", 1));
    let at = bad.encode_utf16().position(|unit| unit == u16::from(b'!'));
    let utf16 = [0xfeff].into_iter().chain(bad.encode_utf16());
    let utf16: Vec<u8> = utf16.flat_map(u16::to_be_bytes).collect();
    assert_eq!(only(&utf16).at, at.map(|at| 2 + 2 * at));
}

#[test]
fn the_place_of_bad_padding_is_exact() {
    let text = |body: &str| format!("-----BEGIN A-----\n{body}\n-----END A-----");
    for (body, at) in [
        ("AAE", 3),
        ("AA\nE\n", 4),
        ("AA=E", 3),
        ("A===", 1),
        ("AAE=AAE=", 4),
        ("AAEC====", 4),
        ("AAF=", 2),
        ("AAECAA\r\nF=", 8),
        ("AR==", 1),
    ] {
        let flaw = only(text(body).as_bytes());
        let at = 18 + at;
        assert_eq!(
            flaw.error,
            Error::Pem(pem::Error::BadBase64 { at }),
            "{body:?}"
        );
    }
}

#[test]
fn a_fault_of_the_der_is_named_by_its_byte_and_the_line_of_the_pem() {
    let good = pem::encode("CERTIFICATE", CHAIN);
    let two = [CHAIN, &[0x30, 0x80, 0, 0]].concat();
    let bad = pem::encode("CERTIFICATE", &two);
    let text = format!("explanation\n{good}\n{bad}");
    let flaw = only(text.as_bytes());
    assert_eq!(flaw.at, Some(12 + good.len() + 1));
    let line = 3 + good.lines().count();
    let place = flaw.decoded.unwrap();
    assert_eq!(place.line, Some(line));
    // Behind the length that is none.
    assert_eq!(place.byte, CHAIN.len() + 2);
    let wanted = format!("(at byte {} of the PEM object in line {line}).", place.byte);
    assert!(
        flaw.fault().what.ends_with(&wanted),
        "{}",
        flaw.fault().what
    );
    let flaw = only(format!("  {}", Base64::encode_string(&two)).as_bytes());
    let wanted = format!("(at byte {} of what is encoded at byte 2).", place.byte);
    assert!(
        flaw.fault().what.ends_with(&wanted),
        "{}",
        flaw.fault().what
    );
    let flaw = only(&two);
    assert_eq!((flaw.at, flaw.decoded), (Some(place.byte), None));
}

/// Objects in something encoded have the place of the encoding, and not one of a byte that was never in the input.
#[test]
fn objects_in_pem_have_the_place_of_the_pem() {
    let p7 = write::pkcs7(&[CHAIN, trust::ROOTS[0].der], &[]).unwrap();
    let text = format!("#\n{}", pem::encode("PKCS7", &p7));
    let opened = open(text.as_bytes(), None);
    let places: Vec<usize> = opened.objects.iter().map(|object| object.at).collect();
    assert_eq!(places, [2, 2]);
}

#[test]
fn damage_to_what_holds_texts_never_panics() {
    let pem = pem::encode("CERTIFICATE", CHAIN);
    let json = serde_json::json!({ "a": [1, { "b\u{e9}": pem }, "\u{1f600}\n"], "kty": "EC", "x5c": [pem] });
    let json = format!("[{json}, \"{}\"]", "\\ud83d\\ude00\\u00e9".repeat(9)).into_bytes();
    let lines = pem.replace('\n', "\\n\"\n\"").into_bytes();
    let utf16: Vec<u8> = pem.encode_utf16().flat_map(u16::to_be_bytes).collect();
    let utf16 = [&[0xfe, 0xff], utf16.as_slice()].concat();
    for whole in [json, lines, utf16] {
        for at in (0..whole.len()).step_by(11) {
            for with in [b'"', b'\\', b'{', 0xff] {
                let mut bent = whole.clone();
                bent[at] = with;
                for input in [&bent[..], &whole[..at]] {
                    let opened = open(input, None);
                    let places = opened.flaws.iter().filter_map(|flaw| flaw.at);
                    let mut places = places.chain(opened.objects.iter().map(|object| object.at));
                    assert!(places.all(|at| at <= input.len()));
                }
            }
        }
    }
}
