//! A relay with a file of its own, before whatever DPS a test gives it.

use std::fs;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use signet_station::Relay;
use signet_station::config::{RelayOptions, Serve};

use crate::bench::{Answer, Bench, Endpoint};

/// The lines of a relay's file.
pub(crate) struct Line {
    pub(crate) upstream: SocketAddr,
    pub(crate) scope: String,
    pub(crate) roots: Option<String>,
    /// More lines of the file's first part.
    pub(crate) more: String,
    /// The lines of `[credential]`.
    pub(crate) credential: String,
}

impl Line {
    /// Before this DPS, with nothing added to the page's requests.
    pub(crate) fn new(upstream: SocketAddr, scope: &str, roots: &Path) -> Self {
        Self {
            upstream,
            scope: scope.to_owned(),
            roots: Some(roots.display().to_string()),
            more: String::new(),
            credential: "kind = \"page\"".to_owned(),
        }
    }

    #[allow(dead_code, reason = "not every judge needs it")]
    pub(crate) fn with(mut self, more: &str) -> Self {
        self.more += more;
        self.more.push('\n');
        self
    }

    pub(crate) fn credited(mut self, credential: &str) -> Self {
        self.credential = credential.to_owned();
        self
    }

    pub(crate) async fn start(&self, bench: &Bench) -> Relay {
        self.try_start(bench).await.unwrap()
    }

    pub(crate) async fn try_start(&self, bench: &Bench) -> anyhow::Result<Relay> {
        let mut options = RelayOptions::new(bench.path("page"), self.write(bench));
        options.page_port = 0;
        Relay::start(options).await
    }

    /// With a ledger in a folder of this name.
    #[allow(dead_code, reason = "not every judge needs it")]
    pub(crate) async fn start_with_ledger(&self, bench: &Bench, data: &str) -> Relay {
        Relay::start_with_ledger(self.kept(bench, data))
            .await
            .unwrap()
    }

    /// What [`Line::start_with_ledger`] starts.
    #[allow(dead_code, reason = "not every judge needs it")]
    pub(crate) fn kept(&self, bench: &Bench, data: &str) -> Serve {
        let mut serve = Serve::new(bench.path("page"), bench.path(data));
        serve.page_port = 0;
        serve.relay = Some(self.write(bench));
        serve
    }

    /// The file.
    fn write(&self, bench: &Bench) -> PathBuf {
        let path = bench.path(&format!("relay-{}.toml", self.upstream.port()));
        let roots = self.roots.as_ref();
        let roots = roots.map_or_else(String::new, |roots| format!("roots = \"{roots}\""));
        let text = format!(
            "upstream = [\"https://localhost:{}\"]\nid-scopes = [\"{}\"]\n{roots}\n{}[credential]\n{}\n",
            self.upstream.port(),
            self.scope,
            self.more,
            self.credential,
        );
        fs::write(&path, text).unwrap();
        path
    }
}

/// One poll for an operation, by way of the relay.
pub(crate) async fn poll(relay: &Relay, scope: &str) -> Answer {
    let path = format!("/{scope}/registrations/sn-1/operations/5.a?api-version=2025-07-01-preview");
    Endpoint::Relay(relay.page())
        .send("GET", &path, &[], &[])
        .await
        .unwrap()
}

/// The relay's code in an answer, which is the same in its header and in its body.
pub(crate) fn trouble(answer: &Answer) -> String {
    let code = answer.header("x-signet-relay-error").unwrap_or_default();
    if !code.is_empty() {
        let body = answer.json();
        assert_eq!(body["relayError"], code);
        for field in ["message", "next"] {
            let text = body[field].as_str().unwrap();
            assert!(text.ends_with('.'), "{field}: {text}");
        }
    }
    code
}
