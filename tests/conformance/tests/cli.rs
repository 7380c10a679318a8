//! The program's exit codes and its last line, as somebody else's script sees them.
#![allow(clippy::unwrap_used)]

use std::fs;
use std::path::Path;
use std::process::{Command, Output};

use conformance::differ::{Chain, ours};
use signet_core::pem;

fn run(arguments: &[&str]) -> (Option<i32>, String) {
    let output: Output = Command::new(env!("CARGO_BIN_EXE_conformance"))
        .args(arguments)
        .output()
        .unwrap();
    (
        output.status.code(),
        String::from_utf8(output.stdout).unwrap(),
    )
}

/// The first generated chain of that verdict that has something in its bag.
fn chain(verdict: &str) -> Chain {
    let mut chains = (1..1_000)
        .map(Chain::new)
        .filter(|chain| !chain.bag.is_empty());
    chains.find(|chain| ours(chain) == verdict).unwrap()
}

fn ask(folder: &Path, more: &[&str]) -> (Option<i32>, String) {
    let file = |name: &str| folder.join(name).to_str().unwrap().to_owned();
    let (root, bag, leaf) = (file("root.pem"), file("bag.pem"), file("leaf.pem"));
    let time = "2026-11-25T00:00:00Z";
    let plain = [
        "path", "--time", time, "--trust", &root, "--leaf", &leaf, "--bag", &bag,
    ];
    run(&[&plain, more].concat())
}

#[test]
fn path_exits_with_its_verdict() {
    let folder = tempfile::tempdir().unwrap();
    chain("ok").keep(folder.path()).unwrap();
    let (code, text) = ask(folder.path(), &["--name", "a.example.com"]);
    assert_eq!((code, text.lines().next()), (Some(0), Some("accepted")));
    let (code, text) = ask(folder.path(), &["--name", "elsewhere.org"]);
    assert_eq!(code, Some(1));
    assert!(text.starts_with("refused path.peer-name"), "{text}");
    // Whoever says --crl wants to know, also without any list.
    let (code, text) = ask(folder.path(), &["--crl", "--name", "a.example.com"]);
    assert_eq!(code, Some(1));
    assert!(
        text.starts_with("refused path.revocation-unknown"),
        "{text}"
    );
    let (code, text) = ask(
        folder.path(),
        &["--require-explicit-policy", "--policy", "1.2.3", "--json"],
    );
    assert_eq!(code, Some(1));
    let report: serde_json::Value = serde_json::from_str(&text).unwrap();
    assert_eq!(report["verdict"]["refused"]["rule"], "path.policy-required");
    assert_eq!(run(&["path", "--leaf", "nowhere"]).0, Some(2));
    assert_eq!(run(&["path"]).0, Some(2));
    assert_eq!(run(&[]).0, Some(2));
    // A leaf that is no certificate is refused, not a misuse.
    fs::write(folder.path().join("leaf.pem"), b"no certificate").unwrap();
    let (code, text) = ask(folder.path(), &[]);
    assert_eq!(code, Some(1));
    assert!(text.starts_with("refused path.certificate-form"), "{text}");
}

#[test]
fn limbo_counts() {
    let case = |id: &str, chain: &Chain, expected: &str| {
        let text = |der: &[u8]| pem::encode("CERTIFICATE", der);
        let bag: Vec<String> = chain.bag.iter().map(|der| text(der)).collect();
        serde_json::json!({
            "id": id, "expected_result": expected, "validation_kind": "SERVER",
            "validation_time": "2026-11-25T00:00:00Z", "trusted_certs": [text(&chain.root)],
            "untrusted_intermediates": bag, "peer_certificate": text(&chain.leaf),
            "expected_peer_name": {"kind": "DNS", "value": "a.example.com"}, "max_chain_depth": null,
        })
    };
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("suite.json");
    let (name, expired) = (file.to_str().unwrap(), chain("path.expired"));
    let suite = |expected: &str| {
        let suite =
            serde_json::json!({"version": 1, "testcases": [case("a::b", &expired, expected)]});
        fs::write(&file, suite.to_string()).unwrap();
    };
    suite("FAILURE");
    let (code, text) = run(&["limbo", name]);
    let right = "a::b\tFAILURE\tFAILURE\tpath.expired\nagree=1 of=1 false-accept=0 false-reject=0 skipped=0\n";
    assert_eq!((code, text.as_str()), (Some(0), right));
    suite("SUCCESS");
    let (code, text) = run(&["limbo", name]);
    assert_eq!(code, Some(1));
    assert!(
        text.ends_with("agree=0 of=1 false-accept=0 false-reject=1 skipped=0\n"),
        "{text}"
    );
    assert_eq!(run(&["limbo", "nowhere.json"]).0, Some(2));
}
