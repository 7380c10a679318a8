#![no_main]
use libfuzzer_sys::fuzz_target;
use signet_core::asn1::{MAX_NODES, tree};

fuzz_target!(|data: &[u8]| {
    let tree = tree(data);
    assert!(tree.nodes.len() <= MAX_NODES);
    for node in &tree.nodes {
        assert!(node.at < data.len() && node.stop <= data.len());
    }
    let _ = tree.at_byte(data.len() / 2);
});
