//! The head of the published page.

use anyhow::{Context as _, Result, bail};
use base64ct::{Base64, Encoding as _};
use serde_json::{Map, Value, json};
use sha2::{Digest as _, Sha256};

use super::{Files, pack::integrity};

/// Where the head goes in index.html: an HTML comment that begins so.
const MARK: &str = "<!-- signet:head";
#[cfg(test)]
pub(super) const MARK_FOR_TESTS: &str = "<!-- signet:head -->";

/// What the head names.
pub(super) struct Page<'a> {
    /// File name of the first script.
    pub(super) guard: &'a str,
    /// File name of the loader.
    pub(super) boot: &'a str,
    /// Version of the product.
    pub(super) version: &'a str,
    /// Name of this build.
    pub(super) build: &'a str,
    /// Origins besides its own.
    pub(super) connect: &'a [String],
}

/// Puts policy, import map and loader into the page.
pub(super) fn render(index: &str, files: &Files, page: &Page<'_>) -> Result<String> {
    let (before, rest) = index
        .split_once(MARK)
        .context("index.html has no signet:head comment")?;
    let (_, after) = rest
        .split_once("-->")
        .context("the signet:head comment has no end")?;
    if after.contains("<script") || before.contains("<script") {
        bail!("index.html has a script of its own; the policy would block it");
    }
    let imports = import_map(files)?;
    let head = [
        format!(
            r#"<meta http-equiv="Content-Security-Policy" content="{}" />"#,
            policy(&imports, page.connect)
        ),
        format!(
            r#"<meta name="signet-build" content="{} {}" />"#,
            page.version, page.build
        ),
        script("", page.guard, files)?,
        format!(r#"<script type="importmap">{imports}</script>"#),
        script(r#"type="module" "#, page.boot, files)?,
    ];
    let html = format!("{before}{}{after}", head.join("\n    "));
    // trunk leaves its own marks behind when it does not inject scripts.
    let kept = html
        .lines()
        .filter(|line| !line.contains("data-trunk") && !line.trim().is_empty());
    Ok(kept.map(|line| format!("{line}\n")).collect())
}

/// The content security policy.
///
/// Trusted Types are left out for now: enforcing them breaks Leptos, whose `view!` builds its static
/// parts through `template.innerHTML`. The cure is a `default` policy that accepts exactly those
/// strings, collected from a run of the whole page under a recording policy. Until then the house
/// rules forbid `inner_html`, and text from outside reaches the page as text nodes only.
/// `frame-ancestors` works in a header only; the station sends it.
fn policy(imports: &str, connect: &[String]) -> String {
    let hash = Base64::encode_string(&Sha256::digest(imports));
    let connect: String = connect.iter().map(|origin| format!(" {origin}")).collect();
    [
        "default-src 'none'",
        &format!("script-src 'self' 'wasm-unsafe-eval' 'sha256-{hash}'"),
        "style-src 'self'",
        "img-src 'self' data: blob:",
        "font-src 'self'",
        &format!("connect-src 'self'{connect}"),
        // A blob is a script of the page's own: boot.js makes its worker from what it has checked.
        "worker-src 'self' blob:",
        "manifest-src 'self'",
        "base-uri 'none'",
        "form-action 'none'",
    ]
    .join("; ")
}

/// The fingerprint of every script, for each way in which one may be imported.
fn import_map(files: &Files) -> Result<String> {
    let scripts = files.iter().filter(|(name, _)| name.ends_with(".js"));
    let map: Map<String, Value> = scripts
        .map(|(name, bytes)| (format!("./{name}"), Value::from(integrity(bytes))))
        .collect();
    Ok(serde_json::to_string(&json!({ "integrity": map }))?)
}

fn script(attributes: &str, name: &str, files: &Files) -> Result<String> {
    let bytes = files
        .get(name)
        .with_context(|| format!("{name} is missing"))?;
    Ok(format!(
        r#"<script {attributes}src="./{name}" integrity="{}"></script>"#,
        integrity(bytes)
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn page(connect: &[String]) -> Page<'_> {
        Page {
            guard: "g.js",
            boot: "b.js",
            version: "1.0.0",
            build: "ab",
            connect,
        }
    }

    fn files() -> Files {
        [("g.js", "1"), ("b.js", "2")]
            .into_iter()
            .map(|(n, t)| (n.to_owned(), t.as_bytes().to_vec()))
            .collect()
    }

    #[test]
    fn the_policy_comes_before_the_first_script_and_knows_the_import_map() {
        let html = render(MARK_FOR_TESTS, &files(), &page(&[])).unwrap();
        assert!(html.find("Content-Security-Policy").unwrap() < html.find("<script").unwrap());
        let map = html
            .split_once("importmap\">")
            .unwrap()
            .1
            .split_once("</script>")
            .unwrap()
            .0;
        assert!(html.contains(&Base64::encode_string(&Sha256::digest(map))));
        assert!(html.contains("connect-src 'self';"));
    }

    #[test]
    fn a_named_endpoint_is_the_only_other_origin() {
        let html = render(
            MARK_FOR_TESTS,
            &files(),
            &page(&["https://dps.example".to_owned()]),
        )
        .unwrap();
        assert!(html.contains("connect-src 'self' https://dps.example;"));
    }

    #[test]
    fn a_script_that_the_policy_would_block_is_refused() {
        let index = format!("{MARK_FOR_TESTS}<script>1</script>");
        assert!(render(&index, &files(), &page(&[])).is_err());
    }
}
