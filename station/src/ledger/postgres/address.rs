//! Where the database is, and how to reach it: with TLS, unless it is on this computer.

use std::path::{Path, PathBuf};
use std::str::FromStr;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, Result, anyhow, bail, ensure};
use percent_encoding::percent_decode_str;
use postgres::config::{Host, SslMode};
use postgres::{Client, Config, NoTls};
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;
use rustls::{ClientConfig, RootCertStore};
use tokio_postgres_rustls::MakeRustlsConnect;
use zeroize::Zeroizing;

use crate::ledger::place::LedgerUrl;

/// A database, and what its certificate is checked with.
pub(super) struct Address {
    url: LedgerUrl,
    config: Config,
    tls: Option<ClientConfig>,
}

impl Address {
    pub(super) fn of(url: &LedgerUrl) -> Result<Self> {
        let (plain, tls) = split(url.expose())?;
        // The error could hold a part of the password.
        let mut config = Config::from_str(&plain)
            .map_err(|_| anyhow!("{url} is not understood: write postgres://user:password@host/database, percent-encoded"))?;
        ensure!(!config.get_hosts().is_empty(), "{url} names no host");
        if let Some(password) = url.password() {
            ensure!(
                config.get_password().is_none(),
                "{url} has a password, and there is a file with one: take it out of the URL"
            );
            config.password(password);
        }
        if config.get_connect_timeout().is_none() {
            config.connect_timeout(Duration::from_secs(5));
        }
        config
            .application_name("signet-station")
            .keepalives_idle(Duration::from_secs(10))
            .tcp_user_timeout(Duration::from_secs(15));
        let wanted = match tls.mode {
            Some(mode) => mode,
            None => !is_here(&config),
        };
        config.ssl_mode(if wanted {
            SslMode::Require
        } else {
            SslMode::Disable
        });
        let tls = match (wanted, tls.roots) {
            (false, _) => None,
            (true, Some(roots)) => Some(client(&roots)?),
            (true, None) => bail!(
                "{url} is reached with TLS: add ?sslrootcert=FILE with the roots that its certificate \
                 is checked with (such as /etc/ssl/certs/ca-certificates.crt), or say sslmode=disable \
                 where nobody else can listen"
            ),
        };
        Ok(Self {
            url: url.clone(),
            config,
            tls,
        })
    }

    pub(super) fn connect(&self) -> Result<Client> {
        let client = match &self.tls {
            None => self.config.connect(NoTls),
            Some(tls) => self.config.connect(MakeRustlsConnect::new(tls.clone())),
        };
        client.with_context(|| format!("cannot reach the ledger {}", self.url))
    }
}

/// What a URL says about TLS.
#[derive(Default)]
struct Tls {
    mode: Option<bool>,
    roots: Option<PathBuf>,
}

/// Takes out what the client does not know, or takes more lightly than this program.
fn split(url: &str) -> Result<(Zeroizing<String>, Tls)> {
    let (base, query) = url.split_once('?').unwrap_or((url, ""));
    let (mut plain, mut tls) = (Zeroizing::new(base.to_owned()), Tls::default());
    let mut joint = '?';
    for pair in query.split('&').filter(|pair| !pair.is_empty()) {
        match pair.split_once('=') {
            Some(("sslrootcert", path)) => {
                let path = percent_decode_str(path).decode_utf8()?;
                tls.roots = Some(path.as_ref().into());
            }
            Some(("sslmode", "disable")) => tls.mode = Some(false),
            Some(("sslmode", "require" | "verify-full")) => tls.mode = Some(true),
            Some(("sslmode", _)) => bail!(
                "sslmode is disable, require or verify-full; the last two check certificate and name"
            ),
            _ => {
                plain.push(joint);
                plain.push_str(pair);
                joint = '&';
            }
        }
    }
    Ok((plain, tls))
}

/// Whether all of it stays on this computer.
fn is_here(config: &Config) -> bool {
    let host = |host: &Host| match host {
        Host::Tcp(name) => {
            name == "localhost"
                || name
                    .parse()
                    .is_ok_and(|ip: std::net::IpAddr| ip.is_loopback())
        }
        #[cfg(unix)]
        Host::Unix(_) => true,
    };
    config.get_hosts().iter().all(host)
        && config
            .get_hostaddrs()
            .iter()
            .all(std::net::IpAddr::is_loopback)
}

fn client(roots: &Path) -> Result<ClientConfig> {
    let named = || format!("cannot read the roots in {}", roots.display());
    let mut store = RootCertStore::empty();
    for root in CertificateDer::pem_file_iter(roots).with_context(named)? {
        store.add(root.with_context(named)?).with_context(named)?;
    }
    ensure!(
        !store.is_empty(),
        "{} holds no certificate",
        roots.display()
    );
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    Ok(ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()?
        .with_root_certificates(store)
        .with_no_client_auth())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ledger::LedgerPlace;

    fn address(text: &str) -> Result<Address> {
        Address::of(&text.parse().unwrap())
    }

    #[test]
    fn elsewhere_needs_tls() {
        for text in [
            "postgres://u:p@localhost/line",
            "postgres://u:p@127.0.0.1:5433/line",
            "postgres://u:p@[::1]/line?connect_timeout=2",
            "postgres://u@%2Frun%2Fpostgresql/line",
            "postgres://u:p@db.example/line?sslmode=disable",
        ] {
            assert!(address(text).unwrap().tls.is_none(), "{text}");
        }
        for text in [
            "postgres://u:s3cret@db.example/line",
            "postgres://u:s3cret@localhost,db.example/line",
            "postgres://u:s3cret@10.0.0.1/line",
            "postgres://u:s3cret@localhost/line?hostaddr=10.0.0.1",
            "postgres://u:s3cret@localhost/line?sslmode=require",
            "postgres://u:s3cret@localhost/line?sslmode=require&sslrootcert=%2Fnone",
            "postgres://u:s3cret@localhost/line?sslmode=prefer",
            "postgres://u:s3cret@localhost/line?s3cret=1",
            "postgres://u:s3cret@/line",
        ] {
            let said = format!("{:#}", address(text).err().unwrap());
            assert!(!said.contains("s3cret"), "{said}");
        }
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("password");
        std::fs::write(&path, "s3cret").unwrap();
        let with_file = |text: &str| {
            let place: LedgerPlace = text.parse().unwrap();
            let LedgerPlace::Database(url) = place.with_password_file(Some(&path)).unwrap() else {
                panic!("no database")
            };
            assert!(!format!("{url:?}").contains("s3cret"));
            Address::of(&url)
        };
        let config = with_file("postgres://u@localhost/line").unwrap().config;
        assert_eq!(config.get_password(), Some(&b"s3cret"[..]));
        assert!(with_file("postgres://u:p@localhost/line").is_err());
        let path = folder.path().join("roots.pem");
        let text = format!(
            "postgres://u:p@db.example/line?sslrootcert={}",
            path.display()
        );
        std::fs::write(&path, "nothing").unwrap();
        assert!(address(&text).is_err());
    }
}
