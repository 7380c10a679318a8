use super::*;

#[cfg(target_family = "wasm")]
use wasm_bindgen_test::wasm_bindgen_test as test;

fn practice() -> serde_json::Value {
    serde_json::from_str(include_str!("../../tests/common/recipe.json")).unwrap()
}

fn parse(value: &serde_json::Value) -> Result<Recipe, Error> {
    Recipe::parse(value.to_string().as_bytes())
}

/// The path that the error for `pointer` set to `value` names.
fn blamed(pointer: &str, value: serde_json::Value) -> String {
    let mut recipe = practice();
    *recipe.pointer_mut(pointer).expect("pointer") = value;
    match parse(&recipe) {
        Err(Error::Field { path, .. }) => path,
        other => panic!("{pointer}: {other:?}"),
    }
}

#[test]
fn reads_and_writes_itself() {
    let recipe = parse(&practice()).unwrap();
    assert_eq!(
        parse(&serde_json::to_value(&recipe).unwrap()).unwrap(),
        recipe
    );
}

#[test]
fn says_which_field() {
    use serde_json::json;
    for (pointer, value, path) in [
        ("/name", json!(""), "name"),
        ("/endpoint/url", json!("http://plain"), "endpoint.url"),
        ("/endpoint/url", json!("https://u@h"), "endpoint.url"),
        ("/endpoint/url", json!("//other"), "endpoint.url"),
        (
            "/endpoint/url",
            json!("https://dps.example"),
            "attestation.kind",
        ),
        ("/endpoint/idScope", json!("a/b"), "endpoint.idScope"),
        ("/endpoint/apiVersion", json!(7), "endpoint.apiVersion"),
        (
            "/registrationId/template",
            json!("sn"),
            "registrationId.template",
        ),
        (
            "/registrationId/template",
            json!("{mac}{mac}"),
            "registrationId.template",
        ),
        (
            "/registrationId/template",
            json!("ä-{mac}"),
            "registrationId.template",
        ),
        (
            "/registrationId/from",
            json!("list"),
            "registrationId.template",
        ),
        ("/attestation/kind", json!("magic"), "attestation"),
        ("/board/chips", json!([]), "board.chips"),
        ("/board/chips", json!(["esp9000"]), "board.chips[0]"),
        (
            "/board/partition",
            json!("a partition name too long"),
            "board.partition",
        ),
        ("/roots", json!([]), "roots"),
        ("/roots/0", json!("00".repeat(32)), "roots[0]"),
        ("/roots/0", json!("zz"), "roots[0]"),
        ("/issued/rootSha256", json!([]), "issued.rootSha256"),
        ("/issued/validityDays", json!([9, 1]), "issued.validityDays"),
    ] {
        let found = blamed(pointer, value.clone());
        assert!(
            found.starts_with(path),
            "{pointer} = {value}: blamed {found}"
        );
    }
}

#[test]
fn refuses_other_texts() {
    assert!(matches!(
        Recipe::parse(b"{"),
        Err(Error::NotJson { line: 1, .. })
    ));
    assert!(matches!(Recipe::parse(b"[]"), Err(Error::Field { .. })));
    assert!(matches!(
        Recipe::parse(b"{\"signet\": 2}"),
        Err(Error::Version { .. })
    ));
    assert!(matches!(
        Recipe::parse(&vec![b' '; MAX_BYTES + 1]),
        Err(Error::TooLarge { .. })
    ));
    let mut unknown = practice();
    unknown["colour"] = "red".into();
    assert!(matches!(parse(&unknown), Err(Error::Field { .. })));
}

#[test]
fn lists_must_be_usable() {
    let mut recipe = practice();
    recipe["registrationId"] =
        serde_json::json!({"from": "list", "template": "u{serial}", "serials": ["1", "2", "1"]});
    assert!(
        matches!(parse(&recipe), Err(Error::Field { path, .. }) if path == "registrationId.serials[2]")
    );
    recipe["registrationId"]["serials"] = serde_json::json!(["1", "2"]);
    assert_eq!(
        parse(&recipe)
            .unwrap()
            .registration_id
            .make("2")
            .unwrap()
            .as_str(),
        "u2"
    );
}

#[test]
fn a_preset_that_no_board_can_take_is_refused_when_it_is_opened() {
    use serde_json::json;
    let nvs = json!({"format": "nvs", "namespace": "creds", "privateKey": "key", "chain": "chain", "roots": "roots"});
    let azure = json!({"format": "azure-trust-bundle", "namespace": "creds", "privateKey": "key", "chain": "chain"});
    let trusted = json!({"format": "azure-trust-bundle", "namespace": "trusted-ca", "privateKey": "key", "chain": "chain"});
    let open = |preset: &serde_json::Value, changes: &[(&str, &str)]| {
        let mut recipe = practice();
        recipe["board"]["preset"] = preset.clone();
        for (field, value) in changes {
            recipe["board"]["preset"][*field] = json!(value);
        }
        parse(&recipe)
    };
    for good in [&nvs, &azure, &trusted] {
        open(good, &[("chain", "fifteen-bytes-x")]).unwrap();
    }
    open(&azure, &[("chain", "az-tb")]).unwrap();
    for (preset, change, field) in [
        (&nvs, ("namespace", ""), "namespace"),
        (&nvs, ("namespace", "sixteen-bytes-xx"), "namespace"),
        (&nvs, ("privateKey", "sixteen-bytes-xx"), "privateKey"),
        (&nvs, ("privateKey", "a\0b"), "privateKey"),
        (&nvs, ("chain", ""), "chain"),
        (&nvs, ("chain", "schl\u{fc}ssel-n\u{e4}her"), "chain"),
        (&nvs, ("chain", "key"), "chain"),
        (&nvs, ("roots", "key"), "roots"),
        (&nvs, ("roots", "sixteen-bytes-xx"), "roots"),
        (&azure, ("chain", "key"), "chain"),
        (&azure, ("privateKey", ""), "privateKey"),
        (&trusted, ("privateKey", "az-tb"), "privateKey"),
        (&trusted, ("chain", "az-tb-ver"), "chain"),
    ] {
        let Err(Error::Field { path, .. }) = open(preset, &[change]) else {
            panic!("{change:?} was let through")
        };
        assert_eq!(path, format!("board.preset.{field}"), "{change:?}");
    }
    let error = open(&nvs, &[("roots", "sixteen-bytes-xx")]).unwrap_err();
    assert_eq!(
        error.to_string(),
        "The recipe's field \"board.preset.roots\": The NVS name \"sixteen-bytes-xx\" has 16 bytes; \
         at most 15 are possible."
    );
}

#[test]
fn a_digest_covers_what_a_board_gets_and_nothing_else() {
    use serde_json::json;
    let mut listed = practice();
    listed["registrationId"] =
        json!({"from": "list", "template": "sn-{serial}", "serials": ["1", "2"]});
    let essence = |recipe: &serde_json::Value| parse(recipe).unwrap().essence_sha256();
    let before = essence(&listed);
    // Journals hold it: what makes it another one makes people decide about every board.
    assert_eq!(
        before,
        "173cddb42be84c36af4241ded1f52c6538631c1cc84e392b7b50f8b3f80fc0fa"
    );
    assert_eq!(essence(&practice()), before);
    for (pointer, value, matters) in [
        ("/name", json!("Line 2"), false),
        ("/registrationId/serials", json!(["1", "2", "3"]), false),
        ("/board/chips", json!(["esp32c3", "esp32c6"]), false),
        ("/endpoint/apiVersion", json!("2027-01-01-preview"), false),
        ("/endpoint/apiVersion", json!("2027-01-01"), true),
        ("/endpoint/url", json!("/staging"), true),
        ("/endpoint/idScope", json!("0ne00000000"), true),
        ("/board/partition", json!("other"), true),
        ("/board/preset/encoding", json!("der"), true),
        ("/issued/validityDays", json!([1, 30]), true),
        ("/issued/rootSha256", json!(["11".repeat(32)]), true),
    ] {
        let mut recipe = listed.clone();
        let (parent, field) = pointer.rsplit_once('/').unwrap();
        let parent = recipe.pointer_mut(parent).unwrap();
        parent[field] = value;
        assert_eq!(essence(&recipe) != before, matters, "{pointer}");
    }
}

#[test]
fn a_root_more_matters_and_its_place_does_not() {
    let essence = |roots: &[&str]| {
        let mut recipe = practice();
        recipe["roots"] = serde_json::json!(roots);
        parse(&recipe).unwrap().essence_sha256()
    };
    let [first, second] = crate::trust::RECOMMENDED.map(|digest| Digest(digest).to_string());
    let (first, second) = (first.as_str(), second.as_str());
    assert_ne!(essence(&[first]), essence(&[first, second]));
    assert_eq!(essence(&[second, first]), essence(&[first, second]));
}
