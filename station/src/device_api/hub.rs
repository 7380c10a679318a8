//! What a hub does with operational certificates: lets devices in, and renews.

use std::time::Duration;

use rustls::pki_types::{CertificateDer, UnixTime as TlsTime};
use signet_core::UnixTime;

use super::body::verify_csr;
use super::issue::Order;
use super::{DeviceApi, Problem, broken, full};
use crate::ledger::{Certificate, Kind, Write};
use crate::{log, pki, random};

impl DeviceApi {
    /// Lets a device in whose certificate this namespace has issued and not revoked, and that nobody
    /// has disabled.
    pub(crate) fn enter_hub(
        &self,
        hub: &str,
        device_id: &str,
        certificates: &[Vec<u8>],
        now: UnixTime,
    ) -> Result<Certificate, Problem> {
        let refused = || Problem::unauthorized("Unauthorized");
        let (leaf, others) = certificates.split_first().ok_or_else(refused)?;
        if !hub.eq_ignore_ascii_case(&self.manners.hub) {
            return Err(refused());
        }
        let others: Vec<_> = others
            .iter()
            .map(|der| CertificateDer::from(der.as_slice()))
            .collect();
        self.namespace
            .verifier
            .verify_client_cert(
                &CertificateDer::from(leaf.as_slice()),
                &others,
                TlsTime::since_unix_epoch(Duration::from_secs(now.0)),
            )
            .map_err(|_| refused())?;
        let certificate = self.known(leaf).map_err(broken)?.ok_or_else(refused)?;
        let look = self
            .ledger
            .look(&certificate.registration_id)
            .map_err(broken)?;
        let own = |record: &crate::ledger::Record| record.device_id == device_id;
        let admitted = certificate.revocation.is_none()
            && !look.disabled
            && look.record.as_ref().is_some_and(own);
        if admitted {
            Ok(certificate)
        } else {
            Err(refused())
        }
    }

    /// Issues another certificate to a device that came in with this one.
    pub(crate) fn renew(
        &self,
        current: &Certificate,
        csr: &str,
        now: UnixTime,
    ) -> Result<Vec<Vec<u8>>, Problem> {
        let id = &current.registration_id;
        let csr = verify_csr(csr, id)?;
        let Some(_turn) = self.ledger.turn(id).map_err(broken)? else {
            return Err(Problem::new(409, 409_005, "Another request is active"));
        };
        let issuers = self.namespace.issuers();
        if !issuers.contains_key(&current.policy) {
            return Err(Problem::new(412, 412_005, "The issuing policy is gone"));
        }
        let known = self.ledger.certificate(&current.serial).map_err(broken)?;
        let disabled = self.ledger.look(id).map_err(broken)?.disabled;
        if disabled || known.is_none_or(|known| known.revocation.is_some()) {
            return Err(Problem::unauthorized("Unauthorized"));
        }
        self.ledger.ensure_room().map_err(full)?;
        let operation_id = super::operation_id().map_err(broken)?;
        let order = Order {
            id,
            operation_id: &operation_id,
            policy: &current.policy,
            csr: &csr,
            kind: Kind::Renewed,
        };
        let (certificate, event) = self.issue(&issuers, &order, now).map_err(broken)?;
        let (chain, serial) = (certificate.chain.clone(), certificate.serial.clone());
        self.ledger
            .commit(now, vec![Write::Certificate(certificate)], vec![event])
            .map_err(broken)?;
        log::line("renewed", &[("id", id), ("serial", &serial)]);
        Ok(chain)
    }

    /// The certificate in the ledger that is this very one.
    fn known(&self, leaf: &[u8]) -> anyhow::Result<Option<Certificate>> {
        let found = self.ledger.certificate(&pki::facts(leaf)?.serial)?;
        Ok(found.filter(|known| known.chain.first().is_some_and(|der| der == leaf)))
    }

    /// A fresh correlation ID.
    pub(crate) fn correlation(&self) -> Result<String, Problem> {
        random::uuid().map_err(broken)
    }
}
