//! From what trunk made to what is published: loader, fingerprints, policy, offline copy.
//!
//! trunk's own integrity attributes do not cover the WebAssembly module, so a changed one would run.
//! Here every file has a fingerprint in the page (import map, `integrity`), in the service worker and
//! in `manifest.sha384`, which `sha384sum --check` reads.

use anyhow::{Context as _, Result, bail};
use base64ct::{Base64, Encoding as _};
use sha2::{Digest as _, Sha384};

use super::{Files, Options, hex, html};

const GUARD: &str = include_str!("../../assets/guard.js");
const BOOT: &str = include_str!("../../assets/boot.js");
const WORKER: &str = include_str!("../../assets/sw.js");

/// Makes the published files. `notice` names whose work is inside.
pub(super) fn pack(staged: &Files, notice: String, options: &Options) -> Result<Files> {
    let mut files = staged.clone();
    let index = files
        .remove("index.html")
        .context("trunk made no index.html")?;
    let index = String::from_utf8(index).context("index.html is not text")?;
    files.insert("third-party.txt".to_owned(), notice.into_bytes());

    let build = build_id(&files);
    let guard = add_hashed(&mut files, "guard", GUARD.to_owned());
    let boot = boot(&files)?;
    let boot = add_hashed(&mut files, "boot", boot);
    let page = html::Page {
        guard: &guard,
        boot: &boot,
        version: env!("CARGO_PKG_VERSION"),
        build: &build,
        connect: &options.connect,
    };
    let index = html::render(&index, &files, &page)?;
    files.insert("index.html".to_owned(), index.into_bytes());

    let worker = worker(&files)?;
    files.insert("sw.js".to_owned(), worker.into_bytes());
    files.insert("manifest.sha384".to_owned(), manifest(&files).into_bytes());
    Ok(files)
}

/// `sha384-…`, as HTML and the service worker write it.
pub(super) fn integrity(bytes: &[u8]) -> String {
    format!("sha384-{}", Base64::encode_string(&Sha384::digest(bytes)))
}

/// One line per file, as `sha384sum` writes it.
fn manifest(files: &Files) -> String {
    files
        .iter()
        .map(|(name, bytes)| format!("{}  {name}\n", hex(&Sha384::digest(bytes))))
        .collect()
}

/// Names this build in records: the same sources give the same.
fn build_id(files: &Files) -> String {
    short(manifest(files).as_bytes())
}

/// Adds a script under a name that changes with its content, because an old copy in a cache would not
/// have the fingerprint that a new page asks for.
fn add_hashed(files: &mut Files, stem: &str, text: String) -> String {
    let name = format!("{stem}-{}.js", short(text.as_bytes()));
    files.insert(name.clone(), text.into_bytes());
    name
}

fn short(bytes: &[u8]) -> String {
    hex(&Sha384::digest(bytes)[..8])
}

fn boot(files: &Files) -> Result<String> {
    let (wasm, bytes) = only(files, "the WebAssembly module", |name| {
        name.ends_with("_bg.wasm")
    })?;
    let glue = format!("{}.js", wasm.trim_end_matches("_bg.wasm"));
    let Some(script) = files.get(&glue) else {
        bail!("{wasm} has no {glue} beside it");
    };
    // The worker's copy is started by this name, which is not part of what wasm-bindgen promises.
    if !contains(script, "__wbg_init as default") {
        bail!("{glue} is not what boot.js knows how to start in a worker");
    }
    Ok(BOOT
        .replace("__GLUE__", &format!("./{glue}"))
        .replace("__GLUE_INTEGRITY__", &integrity(script))
        .replace("__WASM__", &format!("./{wasm}"))
        .replace("__WASM_INTEGRITY__", &integrity(bytes)))
}

fn contains(script: &[u8], text: &str) -> bool {
    script
        .windows(text.len())
        .any(|part| part == text.as_bytes())
}

fn worker(files: &Files) -> Result<String> {
    let pinned: Vec<[String; 2]> = files
        .iter()
        .filter(|(name, _)| !name.ends_with(".txt")) // reading matter, not part of the page
        .map(|(name, bytes)| {
            let address = if name == "index.html" {
                "./".to_owned()
            } else {
                format!("./{name}")
            };
            [address, integrity(bytes)]
        })
        .collect();
    let list = serde_json::to_string_pretty(&pinned)?;
    let version = hex(&Sha384::digest(&list));
    Ok(WORKER
        .replace("__VERSION__", &version)
        .replace("__FILES__", &list))
}

fn only<'a>(
    files: &'a Files,
    what: &str,
    fits: impl Fn(&str) -> bool,
) -> Result<(&'a str, &'a [u8])> {
    let mut found = files.iter().filter(|(name, _)| fits(name));
    match (found.next(), found.next()) {
        (Some((name, bytes)), None) => Ok((name, bytes)),
        (None, _) => bail!("trunk did not make {what}"),
        (Some(_), Some(_)) => bail!("trunk made {what} more than once"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn staged() -> Files {
        let index = format!("<head>{}</head><body></body>", html::MARK_FOR_TESTS);
        [
            ("index.html", index.as_str()),
            ("signet-app-12.js", "export { __wbg_init as default };"),
            ("signet-app-12_bg.wasm", "\0asm"),
        ]
        .into_iter()
        .map(|(name, text)| (name.to_owned(), text.as_bytes().to_vec()))
        .collect()
    }

    #[test]
    fn every_published_file_is_pinned_once_and_as_it_is() {
        let files = pack(&staged(), String::new(), &Options::default()).unwrap();
        let worker = String::from_utf8(files["sw.js"].clone()).unwrap();
        for (name, bytes) in files.iter().filter(|(name, _)| {
            !["sw.js", "manifest.sha384", "third-party.txt"].contains(&name.as_str())
        }) {
            let address = if name == "index.html" {
                "./".to_owned()
            } else {
                format!("./{name}")
            };
            assert_eq!(
                worker
                    .matches(&format!("\"{address}\",\n    \"{}\"", integrity(bytes)))
                    .count(),
                1,
                "{name}"
            );
        }
        assert!(!worker.contains("__"), "a placeholder was left");
        let manifest = String::from_utf8(files["manifest.sha384"].clone()).unwrap();
        assert_eq!(manifest.lines().count(), files.len() - 1);
    }

    #[test]
    fn one_changed_byte_of_wasm_changes_loader_worker_and_build_name() {
        let before = pack(&staged(), String::new(), &Options::default()).unwrap();
        let mut changed = staged();
        changed.insert("signet-app-12_bg.wasm".to_owned(), b"\0asn".to_vec());
        let after = pack(&changed, String::new(), &Options::default()).unwrap();
        let name = |files: &Files, stem: &str| {
            files
                .keys()
                .find(|name| name.starts_with(stem))
                .unwrap()
                .clone()
        };
        assert_ne!(name(&before, "boot-"), name(&after, "boot-"));
        assert_ne!(before["sw.js"], after["sw.js"]);
        assert_ne!(before["index.html"], after["index.html"]);
    }

    #[test]
    fn two_modules_are_refused() {
        let mut files = staged();
        files.insert("other_bg.wasm".to_owned(), Vec::new());
        assert!(pack(&files, String::new(), &Options::default()).is_err());
    }
}
