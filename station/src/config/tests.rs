use super::*;

fn read(line: &str) -> Result<Command> {
    parse(line.split_whitespace().map(OsString::from))
}

#[test]
fn reads_the_commands() {
    let Command::Serve(serve) =
        read("serve --page dist --data=d --page-port 0 --allow-origin https://a.example:8")
            .unwrap()
    else {
        panic!("not serve")
    };
    assert_eq!((serve.page_port, serve.device_port), (0, 8443));
    assert_eq!(serve.allow_origin.as_deref(), Some("https://a.example:8"));
    assert!(!serve.test_faults);
    assert!(matches!(
        read("init --data d").unwrap(),
        Command::Init { .. }
    ));
    let Command::Enroll { enroll, .. } =
        read("enroll line --data d --group --policy none").unwrap()
    else {
        panic!("not enroll")
    };
    assert!(enroll.group && enroll.policy.is_none());
    let text = "serve --page p --data d --ledger postgres://u:s3cret@db/line";
    let Command::Serve(serve) = read(text).unwrap() else {
        panic!("not serve")
    };
    assert!(!format!("{serve:?}").contains("s3cret"));
    let Command::VerifyLedger { ledger } = read("verify-ledger --data d").unwrap() else {
        panic!("not verify-ledger")
    };
    assert!(matches!(ledger, LedgerPlace::Folder(_)));
    let text = "export-ledger --ledger postgres://u:s3cret@db/line --format csv";
    assert!(matches!(
        read(text).unwrap(),
        Command::Export {
            ledger: LedgerPlace::Database(_),
            ..
        }
    ));
    let Command::Protect { secret, fresh, .. } =
        read("protect --data d --key-file k --new-passphrase-file p").unwrap()
    else {
        panic!("not protect")
    };
    assert_eq!(secret.key_file, Some("k".into()));
    assert_eq!(fresh.passphrase_file, Some("p".into()));
    let Command::Operator { order, .. } =
        read("operator add ann --data d --role supervisor").unwrap()
    else {
        panic!("not operator")
    };
    assert_eq!(order, OperatorOrder::Add("ann".into(), Role::Supervisor));
    assert!(read("verify-report f --root r").is_ok());
    assert!(matches!(read("").unwrap(), Command::Help));
}

#[test]
fn mistakes_are_named() {
    for (line, words) in [
        ("serve --page-port 70000", "--page-port cannot be \"70000\""),
        ("serve --mqtt-port x", "--mqtt-port cannot be \"x\""),
        (
            "serve --page-address here",
            "--page-address cannot be \"here\"",
        ),
        ("serve --log loud", "--log cannot be \"loud\": the log is"),
        ("operator add a --role king", "supervisor"),
        ("relay --page-port x", "--page-port cannot be \"x\""),
        ("serve --pgae x", "'--pgae': `station --help`"),
        ("srve", "\"srve\": `station --help`"),
        ("serve --page", "'--page': `station --help`"),
    ] {
        let said = format!("{:#}", read(line).unwrap_err());
        assert!(said.contains(words), "{said}");
    }
}

#[test]
fn refuses_the_rest() {
    for line in [
        "serve",
        "serve --page x",
        "serve --page x --data y --page-port 70000",
        "serve --page x --data y --allow-origin *",
        "serve --page x --data y --allow-origin https://a/b",
        "init",
        "enroll --data d",
        "enroll a b --data d",
        "enroll a --data d --certificate c --endorsement-key e",
        "init --data d --pkcs11-token t",
        "operator",
        "operator add --data d",
        "operator add a --data d --role king",
        "operator list --data d --role operator",
        "verify-report f",
        "verify-ledger",
        "verify-ledger --ledger mysql://a/b",
        "verify-ledger --ledger s3cret@db/line",
        "verify-ledger --data d --ledger-password-file none",
        "protect",
        "protect --data d --pin-file p",
        "protect --data d --new-pin-file p",
        "other",
    ] {
        assert!(read(line).is_err(), "{line}");
    }
}
