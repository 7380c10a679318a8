//! A certificate that another service issued, as the ledger keeps it.

use anyhow::{Context, Result, anyhow, ensure};
use sha2::{Digest, Sha256};
use signet_core::UnixTime;
use signet_core::cert::Summary;
use signet_core::chain::decode_item;
use signet_core::dps::{CHAIN_LIMIT, RegistrationId};

use crate::ledger::Certificate;
use crate::random::to_hex;

/// SHA-256 of the first certificate that came, lower-case hex; of its text, if it is none.
pub(super) fn print(items: &[String]) -> Option<String> {
    let first = items.first()?;
    let decoded = decode_item(first).ok();
    let der = decoded.as_ref().and_then(|all| all.first());
    let bytes = der.map_or(first.as_bytes(), Vec::as_slice);
    Some(to_hex(&Sha256::digest(bytes)))
}

/// Reads `issuedCertificateChain`, in whichever of its encodings. Whether the chain is a good one is for
/// the page to judge, and for whoever reads the ledger.
pub(super) fn read(
    items: &[String],
    id: &RegistrationId,
    operation: Option<&str>,
    now: UnixTime,
) -> Result<Certificate> {
    let mut chain = Vec::new();
    for item in items {
        chain.extend(decode_item(item).map_err(|error| anyhow!("{error}"))?);
        ensure!(
            chain.len() <= CHAIN_LIMIT,
            "there are more than {CHAIN_LIMIT}"
        );
    }
    let read = chain.iter().map(|der| Summary::from_der(der));
    let read: Vec<Summary> = read
        .collect::<Result<_, _>>()
        .map_err(|error| anyhow!("{error}"))?;
    let mut rest: Vec<(Summary, Vec<u8>)> = read.into_iter().zip(chain).collect();
    let device = rest.iter().position(|(summary, _)| !summary.is_ca);
    let (summary, leaf) = rest.remove(device.context("none of them is a device's")?);
    // Leaf first is the rule; a service that shuffles them is understood all the same.
    let (mut chain, mut wanted) = (vec![leaf], summary.issuer.clone());
    while let Some(next) = rest.iter().position(|(above, _)| above.subject == wanted) {
        let (above, der) = rest.remove(next);
        chain.push(der);
        wanted = above.issuer;
    }
    ensure!(chain.len() > 1, "the issuer is not with it");
    Ok(Certificate {
        registration_id: id.clone(),
        // The service has to name its operations; of one that does not, the certificate is the name.
        operation_id: operation.unwrap_or(&summary.serial).to_owned(),
        serial: summary.serial,
        policy: summary.issuer,
        issued_at: now,
        not_after: summary.not_after,
        chain,
        revocation: None,
    })
}
