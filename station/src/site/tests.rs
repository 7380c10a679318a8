use axum::http::{HeaderName, HeaderValue};

use super::*;

fn headers(pairs: &[(&'static str, &'static str)]) -> HeaderMap {
    pairs
        .iter()
        .map(|(n, v)| (HeaderName::from_static(n), HeaderValue::from_static(v)))
        .collect()
}

fn host(site: &Site, name: &'static str) -> Option<String> {
    let headers = headers(&[("host", name)]);
    site.host(&headers).map(str::to_owned)
}

/// What was said; a file is given where there is a letter.
fn said(address: &str, certificate: &str, key: &str, names: &[&str]) -> Serve {
    let file = |text: &str| (!text.is_empty()).then(|| text.into());
    Serve {
        page_address: address.parse().unwrap(),
        page_certificate: file(certificate),
        page_key: file(key),
        page_names: names.iter().map(|name| (*name).to_owned()).collect(),
        ..Serve::new("p", "d")
    }
}

fn code(serve: &Serve) -> &'static str {
    match Site::new(serve) {
        Ok(_) => "good",
        Err(error) => {
            assert!(!error.to_string().is_empty() && !error.next_step().is_empty());
            error.code()
        }
    }
}

#[test]
fn another_computer_is_never_offered_the_page_in_clear() {
    for address in ["127.0.0.1", "127.8.8.8", "::1"] {
        assert_eq!(code(&said(address, "", "", &[])), "good", "{address}");
        assert_eq!(code(&said(address, "c", "k", &[])), "good", "{address}");
    }
    for address in [
        "0.0.0.0",
        "::",
        "192.168.1.5",
        "10.0.0.1",
        "169.254.0.1",
        "203.0.113.7",
        "fe80::1",
        "2001:db8::1",
        // Not ::1, and what a system makes of it is its own affair.
        "::ffff:127.0.0.1",
    ] {
        assert_eq!(code(&said(address, "", "", &[])), "site.needs-tls");
        assert_eq!(
            code(&said(address, "", "", &["a.example"])),
            "site.needs-tls"
        );
        assert_eq!(code(&said(address, "c", "k", &[])), "site.needs-names");
        assert_eq!(
            code(&said(address, "c", "", &["a.example"])),
            "site.half-tls"
        );
        let good = said(address, "c", "k", &["a.example"]);
        assert_eq!(code(&good), "good", "{address}");
        assert!(Site::new(&good).unwrap().wants_tokens());
        let faults = Serve {
            test_faults: true,
            ..good
        };
        assert_eq!(code(&faults), "site.test-faults");
    }
    assert_eq!(code(&said("127.0.0.1", "", "k", &[])), "site.half-tls");
    assert_eq!(
        code(&said("127.0.0.1", "", "", &["a"])),
        "site.names-in-clear"
    );
    for name in [
        "",
        "*.example",
        "https://a",
        "a:8080",
        "a/b",
        "a..b",
        "a_b",
        "ä.example",
    ] {
        assert_eq!(
            code(&said("0.0.0.0", "c", "k", &[name])),
            "site.name",
            "{name}"
        );
    }
}

#[test]
fn only_names_of_this_computer_pass() {
    let site = Site::local();
    assert_eq!(
        Site::new(&said("127.0.0.1", "", "", &[])).unwrap().names[..3],
        site.names
    );
    for name in [
        "localhost",
        "localhost:8080",
        "127.0.0.1:1",
        "[::1]:8080",
        "[::1]",
    ] {
        assert_eq!(host(&site, name).as_deref(), Some(name));
    }
    for name in [
        "evil.example",
        "localhost.evil.example",
        "evil.example:8080",
        "127.0.0.2",
        "",
    ] {
        assert_eq!(host(&site, name), None, "{name}");
    }
    assert_eq!(site.host(&HeaderMap::new()), None);
}

#[test]
fn over_tls_only_names_that_were_given_pass() {
    let names = ["Station.factory.example", "192.168.1.5", "2001:DB8::0:1"];
    let site = Site::new(&said("192.168.1.5", "c", "k", &names)).unwrap();
    for name in [
        "station.factory.example",
        "STATION.factory.example:8080",
        "192.168.1.5:8080",
        "[2001:db8::1]:8080",
    ] {
        assert_eq!(host(&site, name).as_deref(), Some(name));
    }
    for name in [
        "factory.example",
        "a.station.factory.example",
        "localhost",
        "127.0.0.1",
    ] {
        assert_eq!(host(&site, name), None, "{name}");
    }
    // The computer itself reaches it under all of its addresses.
    let everywhere = Site::new(&said("0.0.0.0", "c", "k", &names)).unwrap();
    assert!(host(&everywhere, "localhost:8080").is_some());
    let address = "0.0.0.0:8080".parse().unwrap();
    assert_eq!(
        everywhere.url(address),
        "https://station.factory.example:8080/"
    );
    assert_eq!(
        Site::local().url("[::1]:80".parse().unwrap()),
        "http://[::1]:80/"
    );
    for (name, keeps) in [
        ("station.factory.example:8080", true),
        ("localhost:8080", false),
        ("127.0.0.1", false),
        ("192.168.1.5:8080", false),
        ("[2001:db8::1]:8080", false),
    ] {
        assert_eq!(everywhere.keeps_to_tls(name), keeps, "{name}");
        assert!(!Site::local().keeps_to_tls(name));
    }
}

#[test]
fn only_this_very_page_changes_something() {
    let host = "localhost:8080";
    let tls = Site::new(&said("127.0.0.1", "c", "k", &[])).unwrap();
    for (site, own, other) in [
        (
            Site::local(),
            "http://localhost:8080",
            "https://localhost:8080",
        ),
        (tls, "https://localhost:8080", "http://localhost:8080"),
    ] {
        for pairs in [
            &[][..],
            &[("origin", own)],
            &[("origin", own), ("sec-fetch-site", "same-origin")],
        ] {
            assert!(site.is_own(&headers(pairs), host), "{pairs:?}");
        }
        for pairs in [
            &[("origin", "http://localhost:8081")][..],
            &[("origin", other)],
            &[("origin", "null")],
            &[("origin", "http://evil.example")],
            &[("origin", "https://evil.example")],
            &[("sec-fetch-site", "cross-site")],
            &[("sec-fetch-site", "same-site")],
        ] {
            assert!(!site.is_own(&headers(pairs), host), "{pairs:?}");
        }
    }
}
