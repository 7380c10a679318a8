//! A certificate that another service issued, as the ledger keeps it.

use anyhow::{Context, Result, anyhow, ensure};
use signet_core::UnixTime;
use signet_core::cert::Summary;
use signet_core::chain::decode_item;
use signet_core::dps::{CHAIN_LIMIT, RegistrationId};

use crate::ledger::Certificate;

/// Reads `issuedCertificateChain`, in whichever of its encodings. Whether the chain is a good one is for
/// the page to judge, and for whoever reads the ledger.
pub(super) fn read(
    items: &[String],
    id: &RegistrationId,
    operation: &str,
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
    let device = read.iter().position(|summary| !summary.is_ca);
    let device = device.context("none of them is a device's")?;
    ensure!(chain.len() > 1, "the issuer is not with it");
    // Leaf first is the rule; a service that turns the order around is understood all the same.
    match device {
        0 => {}
        last if last + 1 == chain.len() => chain.reverse(),
        middle => chain[..=middle].rotate_right(1),
    }
    let summary = read.into_iter().nth(device).context("no summary")?;
    Ok(Certificate {
        serial: summary.serial,
        registration_id: id.clone(),
        operation_id: operation.to_owned(),
        policy: summary.issuer,
        issued_at: now,
        not_after: summary.not_after,
        chain,
        revocation: None,
    })
}
