//! The page over TLS, judged by curl and by openssl: nothing in clear, no other names, no other pages,
//! nothing without a token.
#![allow(clippy::unwrap_used)]

#[path = "dps/bench.rs"]
#[expect(dead_code, reason = "shared with other judges")]
mod bench;

use std::fs;
use std::path::Path;
use std::process::{Command, Output};

use bench::{Bench, openssl};
use signet_station::config::Serve;
use signet_station::{Role, Station, add_operator};

const NAME: &str = "station.factory.example";

/// A station that is served over TLS under a name. It listens on the loopback interface, and does
/// what it would do elsewhere: with a certificate it makes no difference.
struct Site {
    bench: Bench,
    station: Station,
}

impl Site {
    async fn start() -> Self {
        let bench = Bench::new();
        certify(&bench, "page");
        let mut config = over_tls(&bench);
        config.page_names = vec![NAME.to_owned()];
        let station = Station::start(config).await.unwrap();
        Self { bench, station }
    }

    fn port(&self) -> u16 {
        self.station.page().port()
    }

    /// Asks for a path at the station's name.
    async fn ask(&self, path: &str, more: &[&str]) -> Said {
        self.ask_at(&format!("https://{NAME}:{}{path}", self.port()), more)
            .await
    }

    async fn ask_at(&self, url: &str, more: &[&str]) -> Said {
        let mut curl = Command::new("curl");
        curl.args(["--silent", "--show-error", "--include", "--noproxy", "*"])
            .args(["--max-time", "60", "--cacert"])
            .arg(self.bench.path("page.pem"))
            .arg("--resolve")
            .arg(format!("{NAME}:{}:127.0.0.1", self.port()))
            .args(more)
            .arg(url);
        let output = run(curl, None).await;
        Said {
            ended: output.status.success(),
            text: String::from_utf8_lossy(&output.stdout).into_owned()
                + &String::from_utf8_lossy(&output.stderr),
        }
    }

    /// What openssl says of a handshake.
    async fn handshake(&self, arguments: &str) -> String {
        let mut openssl = Command::new("openssl");
        openssl
            .args(["s_client", "-connect"])
            .arg(format!("127.0.0.1:{}", self.port()))
            .args(arguments.split_whitespace());
        let output = run(openssl, Some(())).await;
        String::from_utf8_lossy(&output.stdout).into_owned()
            + &String::from_utf8_lossy(&output.stderr)
    }
}

/// What curl got.
struct Said {
    ended: bool,
    text: String,
}

impl Said {
    fn status(&self) -> u16 {
        let line = self.text.lines().next().unwrap_or_default();
        let status = line.strip_prefix("HTTP/1.1 ").and_then(|it| it.get(..3));
        status.map_or(0, |status| status.parse().unwrap())
    }

    fn expect(&self, status: u16, words: &str) {
        assert_eq!(self.status(), status, "{}", self.text);
        assert!(self.text.contains(words), "{words}: {}", self.text);
    }
}

async fn run(mut command: Command, quiet: Option<()>) -> Output {
    let work = move || {
        if quiet.is_some() {
            command.stdin(std::process::Stdio::null());
        }
        command.output().unwrap()
    };
    tokio::task::spawn_blocking(work).await.unwrap()
}

/// Makes a certificate for the station's name and for this computer's own.
fn certify(bench: &Bench, name: &str) {
    let key = "-newkey ec -pkeyopt ec_paramgen_curve:P-256 -noenc -days 2";
    let names = format!("subjectAltName=DNS:{NAME},DNS:localhost,IP:127.0.0.1");
    let files = format!("-keyout {name}.key -out {name}.pem -subj /CN={name} -addext {names}");
    openssl(&bench.path(""), &format!("req -x509 {key} {files}"));
}

fn over_tls(bench: &Bench) -> Serve {
    let mut config = bench.config();
    config.page_certificate = Some(bench.path("page.pem"));
    config.page_key = Some(bench.path("page.key"));
    config
}

/// Why a station does not start.
async fn refusal(config: Serve) -> String {
    format!("{:#}", Station::start(config).await.unwrap_err())
}

#[tokio::test(flavor = "multi_thread")]
async fn the_page_is_there_under_its_names_only() {
    let site = Site::start().await;
    let (port, own) = (site.port(), format!("https://{NAME}:{}/", site.port()));
    assert_eq!(site.station.url(), own);
    let page = site.ask("/", &[]).await;
    page.expect(200, "<title>page</title>");
    page.expect(200, "strict-transport-security: max-age=31536000\r\n");
    let here = site
        .ask_at(&format!("https://localhost:{port}/"), &[])
        .await;
    here.expect(200, "<title>page</title>");
    assert!(!here.text.contains("strict-transport"), "{}", here.text);
    site.ask("/healthz", &[]).await.expect(200, "ok");
    for host in [
        "evil.example",
        "factory.example",
        &format!("a.{NAME}:{port}"),
    ] {
        let said = site.ask("/", &["-H", &format!("Host: {host}")]).await;
        said.expect(421, "");
        assert!(!said.text.contains("<title>"), "{}", said.text);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_said_in_clear() {
    let site = Site::start().await;
    let url = format!("http://{NAME}:{}/", site.port());
    let said = site.ask_at(&url, &[]).await;
    assert!(
        !said.ended && !said.text.contains("HTTP/1"),
        "{}",
        said.text
    );
    for (arguments, words) in [
        ("-tls1_3", "TLSv1.3, Cipher is TLS_"),
        ("-tls1_2", "TLSv1.2, Cipher is ECDHE-"),
        ("-tls1_1 -cipher ALL:@SECLEVEL=0", "alert handshake failure"),
    ] {
        let said = site.handshake(arguments).await;
        assert!(said.contains(words), "{arguments}: {said}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_done_without_a_token() {
    let site = Site::start().await;
    let scope = site.station.id_scope().to_owned();
    let lookup = format!("/dps/{scope}/registrations/sn-1?api-version=2021-06-01");
    let post = [
        "-X",
        "POST",
        "-d",
        "{}",
        "-H",
        "Content-Type: application/json",
    ];
    let paths = [
        ("/api/v1/status", &[][..]),
        ("/api/v1/openapi.json", &[]),
        ("/api/v1/nothing", &[]),
        ("/api/v1/runs", &post),
        ("/recipe.json", &[]),
        ("/test/faults", &[]),
        (lookup.as_str(), &post),
    ];
    // Nobody is an operator yet, which on this computer alone would let everybody in.
    for (path, more) in paths {
        let said = site.ask(path, more).await;
        said.expect(401, "api.unauthorized");
    }
    let token = add_operator(&site.bench.data(), "ann", Role::Supervisor).unwrap();
    let header = format!("X-Signet-Token: {}", *token);
    for (path, more) in paths {
        site.ask(path, more).await.expect(401, "api.unauthorized");
    }
    let with = |more: &[&'static str]| -> Vec<String> {
        let own = ["-H", header.as_str()].map(str::to_owned);
        more.iter().map(|it| (*it).to_owned()).chain(own).collect()
    };
    for (path, more, status) in [
        ("/api/v1/status", &[][..], 200),
        ("/recipe.json", &[], 200),
        // Not registered, but let in.
        (lookup.as_str(), &post, 404),
        // Another page, though it had the token.
        (
            "/api/v1/status",
            &["-H", "Origin: https://evil.example"],
            403,
        ),
        (
            "/api/v1/status",
            &["-H", "Origin: https://station.factory.example"],
            403,
        ),
        ("/api/v1/status", &["-H", "Sec-Fetch-Site: same-site"], 403),
        (lookup.as_str(), &["-X", "POST", "-H", "Origin: null"], 403),
    ] {
        let more = with(more);
        let more: Vec<&str> = more.iter().map(String::as_str).collect();
        site.ask(path, &more).await.expect(status, "");
    }

    // Whoever guesses is not heard after a while, and keeps nobody out by it.
    for number in 0..10 {
        let guess = format!("X-Signet-Token: sgn_{number}");
        for _ in 0..2 {
            site.ask("/recipe.json", &["-H", &guess])
                .await
                .expect(401, "");
        }
    }
    let said = site.ask(&lookup, &["-H", "X-Signet-Token: sgn_x"]).await;
    said.expect(429, "api.too-many-tokens");
    said.expect(429, "retry-after: ");
    site.ask("/api/v1/status", &["-H", &header])
        .await
        .expect(200, "ann");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_new_certificate_is_taken_up_and_a_bad_one_is_not() {
    let site = Site::start().await;
    let shown = async || {
        let said = site.handshake("-tls1_3").await;
        let subject = said.lines().find_map(|line| line.strip_prefix("subject="));
        // Spaces around the sign are a matter of openssl's version.
        subject.unwrap_or_else(|| panic!("{said}")).replace(' ', "")
    };
    assert_eq!(shown().await, "CN=page");
    certify(&site.bench, "fresh");
    let put = |from: &str, to: &str| {
        // As programs do that renew certificates: a new file in the place of the old one.
        let beside = site.bench.path("beside");
        fs::copy(site.bench.path(from), &beside).unwrap();
        fs::rename(&beside, site.bench.path(to)).unwrap();
    };
    put("fresh.pem", "page.pem");
    assert_eq!(shown().await, "CN=page", "the key is not there yet");
    put("fresh.key", "page.key");
    assert_eq!(shown().await, "CN=fresh");
    fs::write(site.bench.path("page.pem"), "damaged").unwrap();
    assert_eq!(shown().await, "CN=fresh");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_not_safe_does_not_start() {
    let bench = Bench::new();
    certify(&bench, "page");
    certify(&bench, "other");
    let elsewhere = |mut config: Serve| {
        config.page_address = "0.0.0.0".parse().unwrap();
        config.test_faults = false;
        config
    };
    let named = |name: &str| {
        let mut config = over_tls(&bench);
        config.page_names = vec![name.to_owned()];
        config
    };
    let with = |change: fn(&mut Serve, &Path)| {
        let mut config = named(NAME);
        change(&mut config, &bench.path(""));
        config
    };
    for (config, code) in [
        (elsewhere(bench.config()), "(site.needs-tls)"),
        (elsewhere(over_tls(&bench)), "(site.needs-names)"),
        (elsewhere(named("*.example")), "(site.name)"),
        (
            elsewhere(named("other.example")),
            "(site.name-not-certified)",
        ),
        (with(|it, _| it.page_key = None), "(site.half-tls)"),
        (
            with(|it, at| it.page_key = Some(at.join("other.key"))),
            "(site.key-mismatch)",
        ),
        (
            with(|it, at| it.page_key = Some(at.join("page.pem"))),
            "(site.key)",
        ),
        (
            with(|it, at| it.page_certificate = Some(at.join("none"))),
            "(site.certificate)",
        ),
    ] {
        let said = refusal(config).await;
        assert!(said.ends_with(code), "{code}: {said}");
    }
}
