//! TLS to a DPS elsewhere.

use std::path::Path;
use std::sync::Arc;

use anyhow::{Context, Result, ensure};
use rustls::client::Resumption;
use rustls::crypto::aws_lc_rs::cipher_suite::{
    TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256, TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384,
    TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256, TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384,
};
use rustls::crypto::{CryptoProvider, aws_lc_rs};
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;
use rustls::sign::SingleCertAndKey;
use rustls::{ClientConfig, RootCertStore, SupportedCipherSuite};
use sha2::{Digest, Sha256};

use super::client::Client;
use crate::random::to_hex;
use crate::recipe::{DIGICERT_GLOBAL_ROOT_G2, MICROSOFT_RSA_ROOT_2017};

/// What the service recommends and rustls has: its documents, "TLS support in DPS".
const AZURE: [SupportedCipherSuite; 2] = [
    TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384,
    TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256,
];

/// A private DPS may have a certificate with an elliptic-curve key, as another station has.
const PRIVATE: [SupportedCipherSuite; 4] = [
    TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384,
    TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384,
    TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256,
    TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256,
];

/// The configuration for all connections: TLS 1.2, which is all that the service speaks.
pub(super) fn config(roots: Option<&Path>, client: Option<Client>) -> Result<ClientConfig> {
    let suites = roots.map_or(&AZURE[..], |_| &PRIVATE[..]);
    let provider = CryptoProvider {
        cipher_suites: suites.to_vec(),
        ..aws_lc_rs::default_provider()
    };
    let trusted = match roots {
        None => azure_roots()?,
        Some(path) => named_roots(path)?,
    };
    let builder = ClientConfig::builder_with_provider(provider.into())
        .with_protocol_versions(&[&rustls::version::TLS12])?
        .with_root_certificates(trusted);
    let mut config = match client {
        None => builder.with_no_client_auth(),
        Some(client) => {
            let identity = SingleCertAndKey::from(client.identity);
            let mut config = builder.with_client_cert_resolver(Arc::new(identity));
            if client.is_in_token {
                // A session that is resumed proves nothing anew: the token may be gone.
                config.resumption = Resumption::disabled();
            }
            config
        }
    };
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    Ok(config)
}

/// Exactly the two roots that the service's documents tell devices to trust.
fn azure_roots() -> Result<RootCertStore> {
    let mut store = RootCertStore::empty();
    for root in webpki_root_certs::TLS_SERVER_ROOT_CERTS {
        let print = to_hex(&Sha256::digest(root));
        if [DIGICERT_GLOBAL_ROOT_G2, MICROSOFT_RSA_ROOT_2017].contains(&print.as_str()) {
            store.add(root.clone())?;
        }
    }
    ensure!(store.len() == 2, "a root of the service is missing");
    Ok(store)
}

fn named_roots(path: &Path) -> Result<RootCertStore> {
    let mut store = RootCertStore::empty();
    for certificate in certificates(path)? {
        store
            .add(certificate)
            .with_context(|| format!("{} holds no root", path.display()))?;
    }
    Ok(store)
}

pub(super) fn certificates(path: &Path) -> Result<Vec<CertificateDer<'static>>> {
    let read = CertificateDer::pem_file_iter(path).and_then(Iterator::collect);
    let list: Vec<_> = read.with_context(|| format!("cannot read {}", path.display()))?;
    ensure!(!list.is_empty(), "{} holds no certificate", path.display());
    Ok(list)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn trusts_the_two_roots_and_offers_what_the_service_has() {
        let store = azure_roots().unwrap();
        let names: Vec<String> = store
            .roots
            .iter()
            .map(|root| String::from_utf8_lossy(&root.subject).into_owned())
            .collect();
        for name in ["DigiCert Global Root G2", "Microsoft RSA Root Certificate"] {
            assert!(names.iter().any(|n| n.contains(name)), "{names:?}");
        }
        let config = config(None, None).unwrap();
        let suites = &config.crypto_provider().cipher_suites;
        assert_eq!(suites[..], AZURE[..]);
    }
}
