//! Where the suites of others are.

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::{env, fs};

use conformance::objects;

/// A file of the folder that the environment variable `SIGNET_CORPORA` names; `None`, said loudly,
/// without it.
pub(crate) fn corpus(file: &str) -> Option<Vec<u8>> {
    let Some(folder) = env::var_os("SIGNET_CORPORA") else {
        eprintln!("skipped: SIGNET_CORPORA names no folder with {file}");
        return None;
    };
    let path = PathBuf::from(folder).join(file);
    let bytes = fs::read(&path).ok();
    if bytes.is_none() {
        eprintln!("skipped: there is no {}", path.display());
    }
    bytes
}

/// Every certificate of x509-limbo.
#[allow(dead_code, reason = "not every test that includes this looks at them")]
pub(crate) fn certificates() -> Option<BTreeSet<Vec<u8>>> {
    let bytes = corpus("x509-limbo-dev.json.gz")?;
    let mut text = String::new();
    let mut reader = flate2::read::GzDecoder::new(&*bytes);
    std::io::Read::read_to_string(&mut reader, &mut text).unwrap();
    let text = text.replace("\\n", "\n");
    let (begin, end) = ("-----BEGIN CERTIFICATE-----", "-----END CERTIFICATE-----");
    let blocks = text.split(begin).skip(1);
    let blocks = blocks.filter_map(|block| block.split_once(end));
    let pems = blocks.map(|(inner, _)| format!("{begin}{inner}{end}\n"));
    let ders = pems.flat_map(|pem| objects(pem.as_bytes()).unwrap_or_default());
    Some(ders.collect())
}
