//! The certificate with which the page is served, read again when its files have changed.

use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use anyhow::{Result, anyhow, ensure};
use rustls::ServerConfig;
use rustls::client::verify_server_name;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName};
use rustls::server::{ClientHello, ParsedCertificate, ResolvesServerCert};
use rustls::sign::CertifiedKey;
use signet_core::Explain;

use super::provider;
use crate::files::{self, Mark};
use crate::log;

/// The page port's configuration: TLS 1.2 and 1.3, and no client certificates.
pub(crate) fn page(certificate: &Path, key: &Path, names: &[String]) -> Result<ServerConfig> {
    let resolver = PageCertificate::open(certificate, key, names)
        .map_err(|error| anyhow!("{error} {} ({})", error.next_step(), error.code()))?;
    let mut config = ServerConfig::builder_with_provider(provider())
        .with_protocol_versions(&[&rustls::version::TLS13, &rustls::version::TLS12])?
        .with_no_client_auth()
        .with_cert_resolver(Arc::new(resolver));
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    Ok(config)
}

/// Why certificate and key cannot be used.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
enum CertificateError {
    /// No chain in PEM.
    Chain { file: PathBuf },
    /// No key in PEM that can be used. Its words would be the parser's, which may quote the file.
    Key { file: PathBuf },
    /// It is the key of another certificate.
    Mismatch { file: PathBuf },
    /// A name of the page is not in the certificate.
    Name { name: String, file: PathBuf },
}

impl fmt::Display for CertificateError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Chain { file } => {
                write!(f, "There is no certificate in PEM in {}.", file.display())
            }
            Self::Key { file } => {
                write!(
                    f,
                    "There is no key in PEM, unencrypted, in {}.",
                    file.display()
                )
            }
            Self::Mismatch { file } => {
                write!(f, "{} is the key of another certificate.", file.display())
            }
            Self::Name { name, file } => {
                write!(
                    f,
                    "The certificate in {} is not for {name}.",
                    file.display()
                )
            }
        }
    }
}

impl Explain for CertificateError {
    fn code(&self) -> &'static str {
        match self {
            Self::Chain { .. } => "site.certificate",
            Self::Key { .. } => "site.key",
            Self::Mismatch { .. } => "site.key-mismatch",
            Self::Name { .. } => "site.name-not-certified",
        }
    }

    fn next_step(&self) -> &'static str {
        match self {
            Self::Chain { .. } => {
                "Check --page-certificate: the page's certificate first, then its issuers."
            }
            Self::Key { .. } => "Check --page-key, and that the station's user may read the file.",
            Self::Mismatch { .. } => "Give the certificate and the key that belong together.",
            Self::Name { .. } => "Have a certificate made for every --page-name, or leave it out.",
        }
    }
}

#[derive(Debug)]
struct PageCertificate {
    certificate: PathBuf,
    key: PathBuf,
    names: Vec<String>,
    held: Mutex<Held>,
}

#[derive(Debug)]
struct Held {
    /// Of both files, when they were read last.
    marks: [Option<Mark>; 2],
    current: Arc<CertifiedKey>,
}

impl PageCertificate {
    fn open(certificate: &Path, key: &Path, names: &[String]) -> Result<Self, CertificateError> {
        files::warn_of_readers(key);
        let marks = [certificate, key].map(files::mark);
        let current = Arc::new(load(certificate, key, names)?);
        Ok(Self {
            certificate: certificate.to_owned(),
            key: key.to_owned(),
            names: names.to_owned(),
            held: Mutex::new(Held { marks, current }),
        })
    }

    /// What the files say now, or said when they last made sense.
    fn current(&self) -> Arc<CertifiedKey> {
        // Before they are read: a change in between is seen the next time.
        let marks = [&self.certificate, &self.key].map(|path| files::mark(path));
        let mut held = self.held.lock().unwrap_or_else(PoisonError::into_inner);
        if held.marks != marks {
            held.marks = marks;
            match load(&self.certificate, &self.key, &self.names) {
                Ok(fresh) => {
                    held.current = Arc::new(fresh);
                    let file = self.certificate.display();
                    log::line("page-certificate", &[("file", &file)]);
                }
                // One of the two is replaced before the other: then both are read again.
                Err(error) => {
                    let facts: [(_, &dyn fmt::Display); 2] =
                        [("code", &error.code()), ("error", &error)];
                    log::line("page-certificate-kept", &facts);
                }
            }
        }
        Arc::clone(&held.current)
    }
}

impl ResolvesServerCert for PageCertificate {
    fn resolve(&self, _hello: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        Some(self.current())
    }
}

fn load(
    certificate: &Path,
    key: &Path,
    names: &[String],
) -> Result<CertifiedKey, CertificateError> {
    let file = || certificate.to_owned();
    let chain = chain(certificate).map_err(|_| CertificateError::Chain { file: file() })?;
    let unreadable = || CertificateError::Key {
        file: key.to_owned(),
    };
    let private = PrivateKeyDer::from_pem_file(key).map_err(|_| unreadable())?;
    let leaf = chain
        .first()
        .and_then(|der| ParsedCertificate::try_from(der).ok());
    let leaf = leaf.ok_or_else(|| CertificateError::Chain { file: file() })?;
    for name in names {
        let good = ServerName::try_from(name.as_str());
        if !good.is_ok_and(|good| verify_server_name(&leaf, &good).is_ok()) {
            let name = name.clone();
            return Err(CertificateError::Name { name, file: file() });
        }
    }
    CertifiedKey::from_der(chain, private, &provider()).map_err(|error| match error {
        rustls::Error::InconsistentKeys(_) => CertificateError::Mismatch {
            file: key.to_owned(),
        },
        _ => unreadable(),
    })
}

fn chain(path: &Path) -> Result<Vec<CertificateDer<'static>>> {
    let chain: Vec<_> = CertificateDer::pem_file_iter(path)?.collect::<Result<_, _>>()?;
    ensure!(!chain.is_empty(), "no certificate");
    Ok(chain)
}
