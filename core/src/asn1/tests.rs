use super::*;
use crate::trust;

#[cfg(target_family = "wasm")]
use wasm_bindgen_test::wasm_bindgen_test as test;

const RICH: &[u8] = include_bytes!("../../tests/corpus/cert/rich.der");

fn find<'t>(tree: &'t Tree, field: &str) -> &'t Node {
    let mut nodes = tree.nodes.iter();
    nodes.find(|node| node.field == Some(field)).expect(field)
}

/// Each node lies in the one before it that is less deep, behind its brothers.
fn consistent(tree: &Tree, bytes: &[u8]) {
    let mut open: Vec<&Node> = Vec::new();
    for node in &tree.nodes {
        assert!(node.at < node.content && node.content <= node.stop.max(node.content));
        assert!(node.stop <= bytes.len());
        open.truncate(usize::from(node.depth));
        if let Some(parent) = open.last() {
            assert!(parent.content <= node.at && node.stop <= parent.stop);
        }
        open.push(node);
    }
}

#[test]
fn a_certificate_has_its_names() {
    let tree = tree(RICH);
    consistent(&tree, RICH);
    assert_eq!(find(&tree, "serialNumber").value, "15852243");
    assert_eq!(find(&tree, "notBefore").kind, "UTCTime");
    assert_eq!(find(&tree, "signatureAlgorithm").kind, "SEQUENCE");
    assert!(find(&tree, "extnValue").depth > 4);
    assert!(tree.nodes.iter().any(|node| node.inside));
    assert!(tree.nodes.iter().all(|node| node.flaw.is_none()));
    let index = tree.at_byte(find(&tree, "serialNumber").content).unwrap();
    assert_eq!(tree.nodes[index].field, Some("serialNumber"));
    assert_eq!(tree.at_byte(0), Some(0));
    assert_eq!(tree.at_byte(RICH.len()), None);
}

#[test]
fn what_breaks_the_rules_is_marked_and_shown() {
    for (bytes, part) in [
        (&[0x30, 0x80, 2, 1, 1, 0, 0][..], "indefinite"),
        (&[0x30, 0x81, 3, 2, 1, 1], "more bytes"),
        (&[0x30, 9, 2, 1, 1], "beyond"),
        (&[2, 2, 0, 1], "more bytes"),
        (&[1, 1, 1], "BOOLEAN"),
        (b"\x17\x0b2601010000Z", "time"),
        (&[0x1f, 0xff, 0xff, 0xff, 0xff, 0], "tag"),
        (&[0x30], "missing"),
    ] {
        let tree = tree(bytes);
        consistent_lenient(&tree, bytes);
        let flaws: Vec<_> = tree
            .nodes
            .iter()
            .filter_map(|node| node.flaw.clone())
            .collect();
        assert!(
            flaws.iter().any(|flaw| flaw.contains(part)),
            "{part}: {flaws:?}"
        );
    }
}

fn consistent_lenient(tree: &Tree, bytes: &[u8]) {
    assert!(
        tree.nodes
            .iter()
            .all(|node| node.at < bytes.len() && node.stop <= bytes.len())
    );
}

#[test]
fn long_text_says_how_long_it_is() {
    let value = |tag: u8, bytes: &[u8]| {
        let length = u16::try_from(bytes.len()).unwrap().to_be_bytes();
        let der = [&[tag, 0x82][..], &length, bytes].concat();
        tree(&der).nodes[0].value.clone()
    };
    let whole = "ü".repeat(200);
    assert_eq!(value(12, whole.as_bytes()), whole);
    let longer = format!("{whole}!");
    let cut = format!("{whole}… (201 characters)");
    assert_eq!(value(12, longer.as_bytes()), cut);
    assert_eq!(value(30, &[0, 0xfc].repeat(201)), cut);
    assert_eq!(value(20, &[0xfc].repeat(201)), cut);
    let plain = value(0x80, &[b'a'; 300]);
    assert!(plain.ends_with("a… (300 characters)"), "{plain}");
    let escaped = value(12, &[0; 201]);
    assert!(escaped.ends_with("\\u{0}… (201 characters)"), "{escaped}");
}

#[test]
fn any_bytes_have_a_tree_and_it_ends() {
    let deep: Vec<u8> = [0x30, 0x80].repeat(2_000);
    assert!(tree(&deep).nodes.len() < MAX_NODES);
    let many = [5, 0].repeat(MAX_NODES + 9);
    let wide = tree(&many);
    assert!(wide.truncated && wide.nodes.len() == MAX_NODES);
    assert_eq!(tree(&[]).nodes, []);
    for root in trust::ROOTS {
        consistent(&tree(root.der), root.der);
    }
    for at in 0..RICH.len() {
        let mut bent = RICH.to_vec();
        bent[at] ^= 0xa5;
        consistent_lenient(&tree(&bent), &bent);
        consistent_lenient(&tree(&RICH[..at]), &RICH[..at]);
    }
}
