//! Policies that come and go while the station runs.

use anyhow::{Context, Result, ensure};
use sha2::{Digest, Sha256};
use signet_core::UnixTime;

use super::{FILE, Namespace, Policy, describe, issuer};
use crate::enrollment;
use crate::files::{self, Privacy};
use crate::random::to_hex;

impl Namespace {
    /// Adds a policy and makes its authority. `note` writes down the SHA-256 of the authority's
    /// certificate; if it cannot, there is no such policy.
    ///
    /// The caller has looked whether there is one of that name. `false` if there is one all the same.
    pub(crate) fn add_policy(
        &self,
        policy: Policy,
        now: UnixTime,
        note: impl FnOnce(&str) -> Result<()>,
    ) -> Result<bool> {
        policy.check()?;
        let mut issuers = self.issuers_mut();
        if issuers.contains_key(&policy.name) || self.keys.has(&policy.name)? {
            return Ok(false);
        }
        let authority = issuer(&self.data, self.keys.as_ref(), &self.root, &policy, now);
        let authority = authority.map_err(|why| {
            // It had none before. Left behind, it would keep the name taken.
            let left = self.keys.has(&policy.name);
            let gone = left.and_then(|left| match left {
                true => self.keys.destroy(&policy.name),
                false => Ok(()),
            });
            match gone {
                Ok(()) => why,
                Err(error) => why.context(format!(
                    "a key of the policy {} may be left behind: {error:#}",
                    policy.name
                )),
            }
        })?;
        let mut description = describe(&self.data)?;
        description.policies.push(policy.clone());
        let written = note(&to_hex(&Sha256::digest(&authority.certificate))).and_then(|()| {
            files::replace_json(&self.data.join(FILE), &description, Privacy::Public)
        });
        if written.is_err() {
            self.keys.destroy(&policy.name)?;
        }
        written?;
        issuers.insert(policy.name.clone(), (policy, authority));
        Ok(true)
    }

    /// Deletes a policy: `note` writes it down, then nothing more is issued under it, its enrollments
    /// are disabled, and its key is destroyed. What was issued stays as it is.
    pub(crate) fn delete_policy(
        &self,
        name: &str,
        note: impl FnOnce() -> Result<()>,
    ) -> Result<()> {
        // Whoever issues holds the other side of this lock until the ledger has the certificate.
        let mut issuers = self.issuers_mut();
        ensure!(issuers.contains_key(name), "there is no policy {name:?}");
        ensure!(issuers.len() > 1, "{name:?} is the last policy");
        let mut description = describe(&self.data)?;
        description.policies.retain(|policy| policy.name != name);
        note()?;
        issuers.remove(name);
        enrollment::disable(&self.data, name)?;
        files::replace_json(&self.data.join(FILE), &description, Privacy::Public)?;
        // Last: a policy of station.json that has no key would get a fresh one at the next start.
        self.keys.destroy(name).with_context(|| {
            format!("the policy {name:?} is deleted, but its key is still there: delete it by hand")
        })
    }
}
