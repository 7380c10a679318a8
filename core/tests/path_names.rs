//! Name constraints: RFC 5280 sections 4.2.1.10, 6.1.3 (b) and (c), and 7.
#![allow(clippy::unwrap_used)]

mod common;
#[path = "common/path.rs"]
mod path;

use core::slice::from_ref;

use common::{extension, name, tlv};
use path::{alt_names, authority, chain, changed, code, constraints, dns, plain, sign};
use signet_core::path::Report;
#[cfg(target_family = "wasm")]
use wasm_bindgen_test::wasm_bindgen_test as test;

fn mail(text: &str) -> Vec<u8> {
    tlv(0x81, &[text.as_bytes()])
}

fn uri(text: &str) -> Vec<u8> {
    tlv(0x86, &[text.as_bytes()])
}

fn address(bytes: &[u8]) -> Vec<u8> {
    tlv(0x87, &[bytes])
}

fn directory(names: &[&str]) -> Vec<u8> {
    tlv(0xa4, &[&name(names)])
}

/// The leaf has these names, and the upper authority permits and excludes.
fn constrained(names: &[Vec<u8>], permitted: &[Vec<u8>], excluded: &[Vec<u8>]) -> Report {
    changed(|drafts| {
        drafts[1].extensions.push(constraints(permitted, excluded));
        drafts[3].extensions[4] = alt_names(names);
    })
}

fn verdict(name: Vec<u8>, permitted: &[Vec<u8>], excluded: &[Vec<u8>]) -> &'static str {
    code(&constrained(&[name], permitted, excluded))
}

const PERMITTED: &str = "path.name-permitted";
const EXCLUDED: &str = "path.name-excluded";
const FORM: &str = "path.name-form";

#[test]
fn dns_names() {
    let good = [dns("example.com")];
    for (name, permitted, excluded) in [
        ("example.com", "ok", EXCLUDED),
        ("a.b.Example.com", "ok", EXCLUDED),
        ("*.example.com", "ok", EXCLUDED),
        ("xexample.com", PERMITTED, "ok"),
        ("example.org", PERMITTED, "ok"),
        (".example.com", FORM, FORM),
        ("*.com", PERMITTED, EXCLUDED),
    ] {
        assert_eq!(verdict(dns(name), &good, &[]), permitted, "{name}");
        assert_eq!(verdict(dns(name), &[], &good), excluded, "{name}");
    }
    let all = [dns("")];
    assert_eq!(verdict(dns("example.com"), &all, &[]), "ok");
    assert_eq!(verdict(dns("example.com"), &[], &all), EXCLUDED);
    // What is excluded stays excluded, however much is permitted.
    assert_eq!(verdict(dns("example.com"), &good, &good), EXCLUDED);
}

#[test]
fn addresses_mailboxes_and_uris() {
    let net = [address(&[192, 0, 2, 0, 255, 255, 255, 0])];
    assert_eq!(verdict(address(&[192, 0, 2, 1]), &net, &[]), "ok");
    assert_eq!(verdict(address(&[192, 0, 3, 1]), &net, &[]), PERMITTED);
    assert_eq!(verdict(address(&[192, 0, 2, 1]), &[], &net), EXCLUDED);
    assert_eq!(verdict(address(&[0; 16]), &net, &[]), PERMITTED);
    assert_eq!(verdict(address(&[192, 0, 2]), &net, &[]), FORM);
    let host = [mail("example.com"), mail("one@example.org")];
    assert_eq!(verdict(mail("a@example.com"), &host, &[]), "ok");
    assert_eq!(verdict(mail("one@example.org"), &host, &[]), "ok");
    assert_eq!(verdict(mail("two@example.org"), &host, &[]), PERMITTED);
    assert_eq!(verdict(mail("a@b@example.com"), &host, &[]), FORM);
    let site = [uri(".example.com")];
    assert_eq!(verdict(uri("https://a.example.com/x"), &site, &[]), "ok");
    assert_eq!(verdict(uri("https://example.com/x"), &site, &[]), PERMITTED);
    assert_eq!(verdict(uri("https://10.0.0.1/x"), &site, &[]), FORM);
}

#[test]
fn a_constraint_of_one_kind_says_nothing_about_others() {
    let net = [address(&[192, 0, 2, 0, 255, 255, 255, 0])];
    assert_eq!(verdict(dns("example.com"), &net, &[]), "ok");
    assert_eq!(verdict(dns("example.com"), &[], &net), "ok");
    // A kind that is not understood cannot be permitted.
    let other = [tlv(0xa0, &[&[6, 2, 0x2a, 3], &[0xa0, 2, 5, 0]])];
    assert_eq!(verdict(other[0].clone(), &[], &other), FORM);
    assert_eq!(verdict(dns("example.com"), &[], &other), "ok");
}

/// Each type of otherName is a form of its own, known by its type.
#[test]
fn a_constraint_on_one_type_of_other_names_says_nothing_about_another() {
    let other = |arc: u8| tlv(0xa0, &[&[6, 2, 0x2a, arc], &[0xa0, 2, 5, 0]]);
    let nameless = tlv(0xa0, &[&[5, 0]]);
    for (name, base, said) in [
        (other(3), other(3), FORM),
        (other(3), other(4), "ok"),
        (nameless.clone(), other(4), FORM),
        (other(3), nameless, FORM),
    ] {
        assert_eq!(verdict(name.clone(), from_ref(&base), &[]), said);
        assert_eq!(verdict(name, &[], &[base]), said);
    }
}

#[test]
fn directory_names_are_about_the_subject_too() {
    let subject = |base: &[&str]| {
        let base = directory(base);
        code(&changed(|drafts| {
            drafts[2].extensions.push(constraints(&[base], &[]));
            drafts[3].subject = name(&["Factory", "leaf"]);
        }))
    };
    assert_eq!(subject(&["Factory"]), "ok");
    assert_eq!(subject(&[" factORY  "]), "ok");
    assert_eq!(subject(&["Fac\u{ad}tory\u{a0}\t"]), "ok");
    assert_eq!(subject(&["leaf"]), PERMITTED);
    assert_eq!(subject(&["Factory", "leaf", "more"]), PERMITTED);
    let elsewhere = |names: &[Vec<u8>]| {
        code(&changed(|drafts| {
            drafts[2]
                .extensions
                .push(constraints(&[directory(&["leaf"])], &[]));
            drafts[3].extensions[4] = alt_names(names);
        }))
    };
    assert_eq!(elsewhere(&[directory(&["leaf"])]), "ok");
    assert_eq!(elsewhere(&[directory(&["other"])]), PERMITTED);
}

/// A name that is one emailAddress.
fn mail_subject(tag: u8, text: &[u8]) -> Vec<u8> {
    let kind = b"\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x09\x01";
    let attribute = tlv(0x30, &[kind, &tlv(tag, &[text])]);
    tlv(0x30, &[&tlv(0x31, &[&attribute])])
}

/// Section 4.2.1.10: a constraint on addresses MUST be applied to it, and one that is no text cannot be compared.
#[test]
fn mail_in_the_subject_that_is_no_text() {
    let verdict = |tag: u8, text: &[u8], constraint: Vec<u8>| {
        code(&changed(|drafts| {
            drafts[2].extensions.push(constraint);
            drafts[3].subject = mail_subject(tag, text);
            drafts[3].extensions.remove(4);
        }))
    };
    let permitted = || constraints(&[mail("example.com")], &[]);
    for (tag, text) in [(0x16, &b"\xe9@example.org"[..]), (4, b"a@example.org")] {
        assert_eq!(verdict(tag, text, permitted()), FORM);
        let excluded = constraints(&[], &[mail("example.org")]);
        assert_eq!(verdict(tag, text, excluded), FORM);
        assert_eq!(verdict(tag, text, constraints(&[dns("a")], &[])), "ok");
    }
    assert_eq!(verdict(0x14, b"\xe9@example.org", permitted()), PERMITTED);
}

/// emailAddress in the subject counts if there are no alternative names at all.
#[test]
fn mail_in_the_subject() {
    let subject = mail_subject(0x16, b"a@example.org");
    let verdict = |keep: bool| {
        code(&changed(|drafts| {
            drafts[2]
                .extensions
                .push(constraints(&[mail("example.com")], &[]));
            drafts[3].subject.clone_from(&subject);
            if !keep {
                drafts[3].extensions.remove(4);
            }
        }))
    };
    assert_eq!((verdict(true), verdict(false)), ("ok", PERMITTED));
}

#[test]
fn constraints_of_several_authorities_intersect() {
    let both = |upper: &str, lower: &str| {
        code(&changed(|drafts| {
            drafts[1].extensions.push(constraints(&[dns(upper)], &[]));
            drafts[2].extensions.push(constraints(&[dns(lower)], &[]));
        }))
    };
    assert_eq!(both("example.com", "a.example.com"), "ok");
    assert_eq!(both("a.example.com", "example.com"), "ok");
    assert_eq!(both("example.com", "b.example.com"), PERMITTED);
    assert_eq!(both("example.org", "a.example.com"), PERMITTED);
    let root = code(&changed(|drafts| {
        drafts[0].extensions.push(constraints(&[], &[dns("com")]));
    }));
    assert_eq!(root, EXCLUDED);
}

/// Section 6.1.4 (g) comes after 6.1.3 (b) and (c): an authority's constraints are not about itself.
#[test]
fn constraints_hold_below_the_authority() {
    let with = |lower: &str| {
        code(&changed(|drafts| {
            drafts[1].extensions.extend([
                constraints(&[], &[mail("example.com")]),
                alt_names(&[mail("me@example.com")]),
            ]);
            drafts[2].extensions.push(alt_names(&[mail(lower)]));
        }))
    };
    assert_eq!(
        (with("me@example.org"), with("me@example.com")),
        ("ok", EXCLUDED)
    );
}

/// A self-issued certificate is exempt, unless it is the last.
#[test]
fn self_issued_certificates_are_exempt() {
    let with = |lower: &str| {
        let [root, mut upper, mut lower_draft, mut leaf] = chain();
        upper
            .extensions
            .push(constraints(&[dns("example.com")], &[]));
        if lower == "Upper" {
            lower_draft = authority("Upper", "Upper", 3, 2);
            leaf.issuer = name(&["Upper"]);
        }
        lower_draft
            .extensions
            .push(alt_names(&[dns("elsewhere.org")]));
        code(&plain(&sign(&[root, upper, lower_draft, leaf])))
    };
    assert_eq!((with("Upper"), with("Lower")), ("ok", PERMITTED));
}

#[test]
fn malformed_constraints_are_refused() {
    for base in [
        dns(".example.com"),
        dns("*.example.com"),
        mail("a@b@example.com"),
        uri("http://example.com"),
        address(&[192, 0, 2, 1]),
        address(&[192, 0, 2, 0, 255, 0, 255, 0]),
    ] {
        assert_eq!(
            verdict(dns("a.example.com"), &[base], &[]),
            "path.constraint-form"
        );
    }
    let minimum = tlv(0x30, &[&dns("example.com"), &[0x80, 1, 1]]);
    let odd = extension(30, true, &tlv(0x30, &[&tlv(0xa0, &[&minimum])]));
    let report = changed(|drafts| drafts[2].extensions.push(odd));
    assert_eq!(code(&report), "path.constraint-form");
}

/// RFC 5280 section 7.1: case, string type and spaces make no difference, anything else does.
#[test]
fn names_chain() {
    let issued_by = |issuer: Vec<u8>| code(&changed(|drafts| drafts[3].issuer = issuer));
    let written = |tag: u8, text: &[u8]| {
        let attribute = tlv(0x30, &[b"\x06\x03\x55\x04\x03", &tlv(tag, &[text])]);
        tlv(0x30, &[&tlv(0x31, &[&attribute])])
    };
    assert_eq!(issued_by(written(0x13, b"LOWER")), "ok");
    assert_eq!(issued_by(written(0x0c, b"  lower ")), "ok");
    assert_eq!(issued_by(written(0x1e, b"\0L\0o\0w\0e\0r")), "ok");
    assert_eq!(issued_by(written(0x0c, b"lower1")), "path.issuer-missing");
    assert_eq!(issued_by(name(&["Lower", "Lower"])), "path.issuer-missing");
    assert_eq!(issued_by(tlv(0x30, &[])), "rfc5280.issuer-name");
}

/// RFC 9598 section 6: constraints of rfc822Name are about SmtpUTF8Mailbox as well.
#[test]
fn international_mailboxes() {
    let international = |text: &str| {
        let oid = b"\x06\x08\x2b\x06\x01\x05\x05\x07\x08\x09";
        let value = tlv(0xa0, &[&tlv(0x0c, &[text.as_bytes()])]);
        tlv(0xa0, &[oid, &value])
    };
    let good = [mail("example.com")];
    for (name, permitted, excluded) in [
        ("医@example.com", "ok", EXCLUDED),
        ("医@EXAMPLE.com", "ok", EXCLUDED),
        ("医@example.org", PERMITTED, "ok"),
        ("a@医.example", FORM, FORM),
    ] {
        let name = international(name);
        assert_eq!(verdict(name.clone(), &good, &[]), permitted);
        assert_eq!(verdict(name, &[], &good), excluded);
    }
    let broken = b"\x06\x08\x2b\x06\x01\x05\x05\x07\x08\x09";
    let broken = tlv(0xa0, &[broken, &tlv(0xa0, &[&[5, 0]])]);
    assert_eq!(verdict(broken, &good, &[]), FORM);
    // Other constraints do not ask.
    let other = [dns("example.com")];
    assert_eq!(verdict(international("医@example.org"), &other, &[]), "ok");
}

/// UniversalString, RFC 5280 section 4.1.2.4: four bytes for each character.
#[test]
fn universal_strings_are_text() {
    let universal = |text: &str| {
        let units: Vec<u8> = text
            .chars()
            .flat_map(|c| u32::from(c).to_be_bytes())
            .collect();
        let pair = tlv(0x30, &[b"\x06\x03\x55\x04\x03", &tlv(0x1c, &[&units])]);
        tlv(0x30, &[&tlv(0x31, &[&pair])])
    };
    let report = changed(|drafts| {
        drafts[3].issuer = universal(" lowER");
        drafts[3].subject = universal("\u{c4}\u{1f600}");
    });
    assert_eq!(code(&report), "ok");
    let excluded = [directory(&["\u{e4}\u{1f600}"])];
    let report = changed(|drafts| {
        drafts[3].subject = universal("\u{c4}\u{1f600}");
        drafts[1].extensions.push(constraints(&[], &excluded));
    });
    assert_eq!(code(&report), EXCLUDED);
    let what = report.failures()[0].what();
    assert!(what.contains("CN=\u{c4}\u{1f600}"), "{what}");
}
