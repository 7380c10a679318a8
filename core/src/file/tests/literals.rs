//! PEM in the literals of a program, and DER in hex.

use super::*;

#[cfg(target_family = "wasm")]
use wasm_bindgen_test::wasm_bindgen_test as test;

/// Ways to hold a PEM text whose lines are given.
fn ways(pem: &str) -> Vec<String> {
    let each = |before: &str, line: &str, between: &str, behind: &str| {
        let lines: Vec<String> = pem.lines().map(|it| line.replace('$', it)).collect();
        format!("{before}{}{behind}", lines.join(between))
    };
    let escaped = pem.replace('\n', "\\n");
    vec![
        // C, with the lines joined by the compiler, and in a macro.
        each(
            "// don't \"copy\"\nstatic const char c[] = \\\n",
            "  \"$\\n\"",
            "\n",
            ";\n",
        ),
        each("#define C \\\r\n", "\"$\\r\\n\"", " \\\r\n", ""),
        each("const char *c = ", "\"$\\n\"", "  ", ";"),
        // JavaScript and Python.
        each("const c = ", "'$\\n'", " +\n", ";"),
        each("c = [", "`$`", ",\n", ").join()"),
        each("c = (", "\"$\\n\"", " + ", ")"),
        // Settings.
        format!("A=1\nCERT=\"{escaped}\"\nB='2'\n"),
        format!("CERT='{escaped}'"),
        format!("CERT=\"{pem}\"\n"),
        format!("\"{}\"", escaped.replace('\\', "\\\\")),
    ]
}

#[test]
fn pem_in_literals_is_opened() {
    let pem = pem::encode("CERTIFICATE", CHAIN) + &key().to_pkcs8_pem();
    for way in ways(&pem) {
        let opened = open(way.as_bytes(), None);
        let found = (kinds(&opened), codes(&opened));
        assert_eq!(
            found,
            ("certificate key".to_owned(), String::new()),
            "{way}"
        );
        let Content::Certificate(der) = &opened.objects[0].content else {
            panic!()
        };
        assert_eq!(der, CHAIN);
        for object in &opened.objects {
            assert!(way[object.at..].starts_with("-----BEGIN"), "{way}");
        }
    }
}

#[test]
fn damage_in_literals_has_its_place() {
    let good = pem::encode("CERTIFICATE", CHAIN);
    let bad = format!("{}~{}", &good[..150], &good[151..]);
    for way in ways(&bad) {
        let opened = open(way.as_bytes(), None);
        assert_eq!(
            (kinds(&opened).as_str(), codes(&opened).as_str()),
            ("", "pem.bad-character")
        );
        assert_eq!(opened.flaws[0].at, way.find('~'), "{way}");
    }
    let two = [CHAIN, &[0x30, 0x80, 0, 0]].concat();
    let way = &ways(&pem::encode("CERTIFICATE", &two))[0];
    let flaw = &open(way.as_bytes(), None).flaws[0];
    assert_eq!(flaw.decoded.unwrap().line, Some(3));
    // One in a literal, and one as it is.
    for both in [
        format!("C=\"{good}\"\n{good}"),
        format!("{good}C='{}'", good.replace('\n', "\\n")),
    ] {
        assert_eq!(
            kinds(&open(both.as_bytes(), None)),
            "certificate certificate"
        );
    }
    let quoted = format!("# not \"-----BEGIN CERTIFICATE-----\"\n{good}");
    assert_eq!(codes(&open(quoted.as_bytes(), None)), "");
    // A sentence that only speaks of it.
    let said = b"It begins with \"-----BEGIN CERTIFICATE-----\".";
    assert_eq!(codes(&open(said, None)), "file.unrecognized");
}

#[test]
fn der_in_hex_is_opened() {
    let hex = |between: &str| {
        let bytes: Vec<String> = CHAIN.iter().map(|byte| format!("{byte:02x}")).collect();
        bytes.join(between)
    };
    let lines: Vec<String> = CHAIN
        .chunks(30)
        .map(|line| line.iter().map(|byte| format!("{byte:02X}")).collect())
        .collect();
    for text in [hex(""), hex(":"), hex(" "), lines.join("\r\n")] {
        let opened = open(format!("\n {text}\n").as_bytes(), None);
        assert_eq!(
            (kinds(&opened).as_str(), codes(&opened).as_str()),
            ("certificate", "")
        );
        let Content::Certificate(der) = &opened.objects[0].content else {
            panic!()
        };
        assert_eq!((der.as_slice(), opened.objects[0].at), (CHAIN, 2));
    }
    let cut = hex("");
    let opened = open(&cut.as_bytes()[..cut.len() - 2], None);
    assert_eq!(codes(&opened), "file.not-der");
    assert!(
        opened.flaws[0]
            .fault()
            .what
            .ends_with(" of what is encoded at byte 0).")
    );
    let odd = open(&cut.as_bytes()[..cut.len() - 1], None);
    assert_eq!(codes(&odd), "file.unrecognized");
}
