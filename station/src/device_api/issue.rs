//! Issuing: the certificate, what is written down of it, and only then the answer.

use anyhow::{Context, Result, anyhow};
use serde_json::json;
use sha2::{Digest, Sha256};
use signet_core::UnixTime;
use signet_core::csr::VerifiedCsr;
use signet_core::dps::RegistrationId;

use super::DeviceApi;
use super::body::verified_csr;
use crate::ledger::{Certificate, Event, Kind, Record, Write};
use crate::namespace::Issuers;
use crate::{faults, log, pki, random};

/// What a certificate is issued for.
pub(super) struct Order<'a> {
    pub(super) id: &'a RegistrationId,
    pub(super) operation_id: &'a str,
    pub(super) policy: &'a str,
    pub(super) csr: &'a VerifiedCsr,
    /// [`Kind::Issued`] or [`Kind::Renewed`].
    pub(super) kind: Kind,
}

impl DeviceApi {
    /// Issues what an operation asks for. Certificate and registration are durable when this returns.
    pub(super) fn assign(&self, record: &mut Record, now: UnixTime) -> Result<()> {
        // Held until the certificate is in the ledger: no policy is deleted in between.
        let issuers = self.namespace.issuers();
        let (mut writes, mut events) = (Vec::new(), Vec::new());
        let mut issued = None;
        let operation = &record.operation;
        if let (Some(csr), Some(policy)) = (&operation.csr, &operation.policy) {
            let csr = verified_csr(csr, &record.registration_id)
                .map_err(|problem| anyhow!(problem.message))?;
            let order = Order {
                id: &record.registration_id,
                operation_id: &operation.id,
                policy,
                csr: &csr,
                kind: Kind::Issued,
            };
            let (certificate, event) = self.issue(&issuers, &order, now)?;
            record.operation.chain = faults::items(&certificate.chain);
            issued = Some(certificate.serial.clone());
            writes.push(Write::Certificate(certificate));
            events.push(event);
        }
        record.operation.done = true;
        record.updated = now;
        record.etag = random::hex::<8>()?;
        writes.push(Write::Registration(record.clone()));
        self.ledger.commit(now, writes, events)?;
        if let Some(serial) = issued {
            log::line(
                "issued",
                &[("id", &record.registration_id), ("serial", &serial)],
            );
        }
        Ok(())
    }

    /// Signs a certificate. It must not leave this program before it is in the ledger.
    pub(super) fn issue(
        &self,
        issuers: &Issuers,
        order: &Order<'_>,
        now: UnixTime,
    ) -> Result<(Certificate, Event)> {
        let Order { id, policy, .. } = *order;
        let chain = self
            .namespace
            .issue(issuers, policy, id.as_str(), &order.csr.spki_der, now)?;
        let leaf = chain.first().context("an empty chain")?;
        let facts = pki::facts(leaf)?;
        let event = Event::new(
            order.kind,
            id.as_str(),
            json!({
                "serial": facts.serial,
                "sha256": random::to_hex(&Sha256::digest(leaf)),
                "policy": policy,
                "operationId": order.operation_id,
                "notAfter": facts.not_after.to_string(),
            }),
        );
        let certificate = Certificate {
            serial: facts.serial,
            registration_id: id.clone(),
            operation_id: order.operation_id.to_owned(),
            policy: policy.to_owned(),
            issued_at: now,
            not_after: facts.not_after,
            chain,
            revocation: None,
        };
        Ok((certificate, event))
    }
}
