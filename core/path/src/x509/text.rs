use std::borrow::Cow;

use const_oid::ObjectIdentifier;
use const_oid::db::DB;

/// Text from a certificate, safe to show: control characters, and those that turn the direction of
/// writing or are invisible, appear as `\u{202e}`.
pub fn shown(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        if c == '\\' || is_deceptive(c) {
            out.extend(c.escape_unicode());
        } else {
            out.push(c);
        }
    }
    out
}

/// Characters that change how their neighbours look, or that cannot be seen: controls, line and paragraph
/// separators, marks of annotations, and all of Unicode's Default_Ignorable_Code_Point
/// (DerivedCoreProperties.txt), which has the zero-width and bidirectional ones of TR 36 section 2.10.
pub fn is_deceptive(c: char) -> bool {
    c.is_control()
        || matches!(c,
            '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{115f}'..='\u{1160}' | '\u{17b4}'..='\u{17b5}'
            | '\u{180b}'..='\u{180f}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}' | '\u{3164}' | '\u{fe00}'..='\u{fe0f}' | '\u{feff}' | '\u{ffa0}'
            | '\u{fff0}'..='\u{fffb}' | '\u{1bca0}'..='\u{1bca3}' | '\u{1d173}'..='\u{1d17a}'
            | '\u{e0000}'..='\u{e0fff}')
}

/// What nearly every certificate names, as [`oid`] writes it: the database looks through its thousand
/// entries one by one.
const FREQUENT: [(ObjectIdentifier, &str); 9] = {
    use const_oid::db::{rfc5280, rfc5912};
    [
        (
            rfc5912::ECDSA_WITH_SHA_384,
            "ecdsa-with-SHA384 (1.2.840.10045.4.3.3)",
        ),
        (
            rfc5912::ECDSA_WITH_SHA_256,
            "ecdsa-with-SHA256 (1.2.840.10045.4.3.2)",
        ),
        (
            rfc5912::SHA_256_WITH_RSA_ENCRYPTION,
            "sha256WithRSAEncryption (1.2.840.113549.1.1.11)",
        ),
        (
            rfc5912::SHA_384_WITH_RSA_ENCRYPTION,
            "sha384WithRSAEncryption (1.2.840.113549.1.1.12)",
        ),
        (
            rfc5912::ID_EC_PUBLIC_KEY,
            "id-ecPublicKey (1.2.840.10045.2.1)",
        ),
        (rfc5912::SECP_384_R_1, "secp384r1 (1.3.132.0.34)"),
        (rfc5912::SECP_256_R_1, "secp256r1 (1.2.840.10045.3.1.7)"),
        (
            rfc5280::ID_KP_CLIENT_AUTH,
            "id-kp-clientAuth (1.3.6.1.5.5.7.3.2)",
        ),
        (
            rfc5280::ID_KP_SERVER_AUTH,
            "id-kp-serverAuth (1.3.6.1.5.5.7.3.1)",
        ),
    ]
};

/// An algorithm or attribute by its best-known name and its number.
pub fn oid(oid: &ObjectIdentifier) -> String {
    named(oid).into_owned()
}

/// The same, without a copy of what is frequent.
pub fn named(oid: &ObjectIdentifier) -> Cow<'static, str> {
    let frequent = FREQUENT.iter().find(|(known, _)| known == oid);
    match frequent {
        Some((_, text)) => Cow::Borrowed(text),
        None => Cow::Owned(rare(oid)),
    }
}

fn rare(oid: &ObjectIdentifier) -> String {
    match DB.by_oid(oid) {
        Some(name) => format!("{name} ({oid})"),
        None => oid.to_string(),
    }
}

/// Upper-case hexadecimal digits without separators.
pub fn hex(bytes: &[u8]) -> String {
    base16ct::upper::encode_string(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_deceives_is_shown_as_a_number() {
        assert_eq!(shown("exe\u{202e}gpj"), "exe\\u{202e}gpj");
        assert_eq!(
            shown("a\nb\u{200b}\u{7f}\\"),
            "a\\u{a}b\\u{200b}\\u{7f}\\u{5c}"
        );
        assert_eq!(shown("Ünïcode 設備"), "Ünïcode 設備");
    }

    #[test]
    fn what_cannot_be_seen_is_shown_as_a_number() {
        // Default_Ignorable_Code_Point of Unicode 17, DerivedCoreProperties.txt.
        let ignorable = [
            0xad..=0xad,
            0x34f..=0x34f,
            0x61c..=0x61c,
            0x115f..=0x1160,
            0x17b4..=0x17b5,
            0x180b..=0x180f,
            0x200b..=0x200f,
            0x202a..=0x202e,
            0x2060..=0x206f,
            0x3164..=0x3164,
            0xfe00..=0xfe0f,
            0xfeff..=0xfeff,
            0xffa0..=0xffa0,
            0xfff0..=0xfff8,
            0x1bca0..=0x1bca3,
            0x1d173..=0x1d17a,
            0xe0000..=0xe0fff,
        ];
        let others = [0x2028..=0x2029, 0xfff9..=0xfffb];
        for number in 0xa0..=0x0010_ffff {
            let Some(c) = char::from_u32(number) else {
                continue;
            };
            let mut all = ignorable.iter().chain(&others);
            let expected = all.any(|range| range.contains(&number));
            assert_eq!(is_deceptive(c), expected, "{number:x}");
        }
    }

    #[test]
    fn numbers_get_names() {
        let known = ObjectIdentifier::new_unwrap("1.2.840.10045.4.3.3");
        assert_eq!(oid(&known), "ecdsa-with-SHA384 (1.2.840.10045.4.3.3)");
        assert_eq!(oid(&ObjectIdentifier::new_unwrap("1.2.3.4")), "1.2.3.4");
        assert_eq!(hex(&[0, 0xab]), "00AB");
        for (frequent, text) in FREQUENT {
            assert_eq!(rare(&frequent), text);
        }
    }
}
