//! The key that signs reports, certified by the root.

use std::fs;
use std::sync::{Arc, PoisonError};

use anyhow::{Result, anyhow};
use signet_core::UnixTime;

use super::{AUTHORITIES, Namespace, save, to_pem, years};
use crate::pki::{self, Authority};

/// No policy can have this name, because of its underscore.
const REPORTS: &str = "batch_report";
/// The subject of its certificate.
pub(crate) const REPORTER: &str = "Signet station reports";

impl Namespace {
    /// Signs a report (ecdsa-with-SHA384, DER). Gives the signature, and the PEM of the certificate
    /// and the root above it.
    pub(crate) fn sign_report(&self, report: &str, now: UnixTime) -> Result<(Vec<u8>, String)> {
        let reporter = self.reporter(now)?;
        let signature = reporter.signer.sign(report.as_bytes())?;
        let chain = to_pem(&reporter.certificate)? + &to_pem(self.root())?;
        Ok((signature, chain))
    }

    /// Made on first use; its certificate anew when the old one has ended.
    fn reporter(&self, now: UnixTime) -> Result<Arc<Authority>> {
        let mut place = self.reporter.lock().unwrap_or_else(PoisonError::into_inner);
        let holds = |der: &[u8]| pki::facts(der).is_ok_and(|facts| facts.not_after.0 > now.0);
        if let Some(reporter) = place.as_ref().filter(|own| holds(&own.certificate)) {
            return Ok(Arc::clone(reporter));
        }
        let signer = match self.keys.has(REPORTS)? {
            true => self.keys.load(REPORTS)?,
            false => self.keys.create(REPORTS)?,
        };
        let kept = fs::read(self.data.join(AUTHORITIES).join(format!("{REPORTS}.pem")));
        let kept = kept.ok().and_then(|pem| {
            let (_, der) = pem_rfc7468::decode_vec(&pem).map_err(|e| anyhow!(e)).ok()?;
            holds(&der).then_some(der)
        });
        let certificate = match kept {
            Some(der) => der,
            None => {
                let der = self
                    .root
                    .reporter(signer.as_ref(), REPORTER, years(10, now))?;
                save(&self.data, REPORTS, &der)?;
                der
            }
        };
        let reporter = Arc::new(Authority::held(certificate, signer)?);
        *place = Some(Arc::clone(&reporter));
        Ok(reporter)
    }
}
