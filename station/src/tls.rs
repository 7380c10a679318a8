//! TLS of the device port: a certificate under the station's own root, and clients as they are.

mod page;

use std::net::IpAddr;
use std::path::Path;
use std::sync::Arc;

use anyhow::{Context, Result, anyhow};
use der::asn1::{Ia5String, OctetString};
use rustls::crypto::{CryptoProvider, aws_lc_rs, verify_tls12_signature, verify_tls13_signature};
use rustls::pki_types::{
    CertificateDer, DnsName, PrivateKeyDer, PrivatePkcs8KeyDer, UnixTime as TlsTime,
};
use rustls::server::WebPkiClientVerifier;
use rustls::server::danger::{ClientCertVerified, ClientCertVerifier};
use rustls::{
    DigitallySignedStruct, DistinguishedName, RootCertStore, ServerConfig, SignatureScheme,
};
use signet_core::UnixTime;
use x509_cert::ext::pkix::name::GeneralName;

use crate::files::{self, Privacy};
use crate::namespace::to_pem;
use crate::pki::{Authority, Span};
use crate::secret::Secret;
use crate::signer::FileSigner;

pub(crate) use page::page;

/// The cryptography behind TLS and behind the judging of client certificates.
pub(crate) fn provider() -> Arc<CryptoProvider> {
    Arc::new(aws_lc_rs::default_provider())
}

/// Judges client certificates that end at these roots.
pub(crate) fn client_verifier(
    roots: impl IntoIterator<Item = CertificateDer<'static>>,
) -> Result<Arc<dyn ClientCertVerifier>> {
    let mut store = RootCertStore::empty();
    for root in roots {
        store.add(root)?;
    }
    Ok(WebPkiClientVerifier::builder_with_provider(Arc::new(store), provider()).build()?)
}

/// The device port's configuration. Makes `tls/root.pem` when it is absent, which clients trust, and
/// a fresh server certificate at each start, whose key is in memory only.
pub(crate) fn server(
    data: &Path,
    names: &[String],
    now: UnixTime,
    secret: Option<&Secret>,
) -> Result<ServerConfig> {
    let folder = data.join(FOLDER);
    files::private_folder(&folder)?;
    let root = root(&folder, now, secret)?;
    let key = FileSigner::ephemeral()?;
    // Earlier versions kept it in a file.
    let _ = std::fs::remove_file(folder.join("server.key"));
    let names = names
        .iter()
        .map(|name| general_name(name))
        .collect::<Result<_>>()?;
    let leaf = root.server(&key, names, Span::days(397, now))?;
    let key = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(key.to_pkcs8_der().to_vec()));
    let chain = vec![
        CertificateDer::from(leaf),
        CertificateDer::from(root.certificate),
    ];
    let mut config = ServerConfig::builder_with_provider(provider())
        .with_protocol_versions(&[&rustls::version::TLS13, &rustls::version::TLS12])?
        .with_client_cert_verifier(Arc::new(AnyClient(provider())))
        .with_single_cert(chain, key)?;
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    Ok(config)
}

/// The folder of the device port's own root.
pub(crate) const FOLDER: &str = "tls";

fn root(folder: &Path, now: UnixTime, secret: Option<&Secret>) -> Result<Authority> {
    let (certificate_path, key_path) = (folder.join("root.pem"), folder.join("root.key"));
    if certificate_path.exists() {
        let pem = std::fs::read(&certificate_path)?;
        let (_, certificate) = pem_rfc7468::decode_vec(&pem)
            .map_err(|error| anyhow!(error))
            .with_context(|| format!("cannot read {}", certificate_path.display()))?;
        let signer = Box::new(FileSigner::open(&key_path, secret)?);
        return Authority::held(certificate, signer)
            .with_context(|| format!("cannot use {}", certificate_path.display()));
    }
    let signer = Box::new(FileSigner::create(&key_path, secret)?);
    let root = Authority::root(signer, "Signet station TLS root", 0, Span::days(3650, now))?;
    files::replace(
        &certificate_path,
        to_pem(&root.certificate)?.as_bytes(),
        Privacy::Public,
    )?;
    Ok(root)
}

fn general_name(name: &str) -> Result<GeneralName> {
    Ok(match name.parse::<IpAddr>() {
        Ok(IpAddr::V4(ip)) => GeneralName::IpAddress(OctetString::new(ip.octets())?),
        Ok(IpAddr::V6(ip)) => GeneralName::IpAddress(OctetString::new(ip.octets())?),
        Err(_) => {
            let whole = DnsName::try_from(name.strip_prefix("*.").unwrap_or(name));
            whole.map_err(|_| {
                anyhow!(
                    "--device-name cannot be {name:?}: give the name of a computer or an address"
                )
            })?;
            GeneralName::DnsName(Ia5String::new(name)?)
        }
    })
}

/// Takes any client certificate whose key the client holds: which one may do what is judged by the
/// device API, as in the service, so that a refusal has a status, a code and a sentence.
#[derive(Debug)]
struct AnyClient(Arc<CryptoProvider>);

impl ClientCertVerifier for AnyClient {
    fn client_auth_mandatory(&self) -> bool {
        false
    }

    fn root_hint_subjects(&self) -> &[DistinguishedName] {
        &[]
    }

    fn verify_client_cert(
        &self,
        _end_entity: &CertificateDer<'_>,
        _intermediates: &[CertificateDer<'_>],
        _now: TlsTime,
    ) -> Result<ClientCertVerified, rustls::Error> {
        Ok(ClientCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<rustls::client::danger::HandshakeSignatureValid, rustls::Error> {
        let algorithms = &self.0.signature_verification_algorithms;
        verify_tls12_signature(message, certificate, signature, algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<rustls::client::danger::HandshakeSignatureValid, rustls::Error> {
        let algorithms = &self.0.signature_verification_algorithms;
        verify_tls13_signature(message, certificate, signature, algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.0.signature_verification_algorithms.supported_schemes()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_of_the_device_port_is_one() {
        for name in [
            "station.factory.example",
            "*.factory.example",
            "10.0.0.1",
            "::1",
        ] {
            general_name(name).unwrap();
        }
        for name in ["", "a b", "fabrik.böhm.example", "*.", "https://a.example"] {
            let said = general_name(name).unwrap_err().to_string();
            assert!(said.starts_with("--device-name cannot be"), "{said}");
        }
    }
}
