//! The keys that were sent to TPMs and may sign for a while. In memory only: a station that starts
//! again has forgotten them, and a device then begins anew.

use std::collections::{HashMap, VecDeque};
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

use anyhow::{Result, ensure};
use signet_core::UnixTime;
use zeroize::Zeroizing;

use super::activation::activation;
use super::public::StorageKey;
use crate::random;

/// Seconds for which such a key may sign.
const LIFETIME: u64 = 600;

/// Challenges of one device. Who knows a device's public areas can have them made in its name:
/// several at a time, so that this does not take away the device's own at once.
const PER_DEVICE: usize = 4;

/// Devices that have some.
const DEVICES: usize = 10_000;

/// One challenge, and what follows from it.
pub(crate) struct Session {
    ek: StorageKey,
    srk: StorageKey,
    /// Signs the device's tokens.
    key: Zeroizing<[u8; 32]>,
    /// For the device's life at the hub.
    hub_key: Zeroizing<[u8; 32]>,
    until: u64,
}

impl Session {
    /// The blob that hands out the hub's key (`tpm.authenticationKey` of the contract). Asked again,
    /// it is another one for the same key.
    pub(crate) fn hub_blob(&self) -> Result<Vec<u8>> {
        activation(&self.ek, &self.srk, self.hub_key.as_slice())
    }

    /// Whether it was made for these.
    pub(crate) fn is_for(&self, ek: &StorageKey, srk: &StorageKey) -> bool {
        (&self.ek, &self.srk) == (ek, srk)
    }
}

impl fmt::Debug for Session {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Session(..)")
    }
}

/// All that are open, by registration ID in lower case, each device's in the order of time.
#[derive(Default)]
pub(crate) struct Challenges(Mutex<HashMap<String, VecDeque<Arc<Session>>>>);

impl Challenges {
    /// Makes one, and its blob for the device.
    ///
    /// # Errors
    ///
    /// If there are too many, or the system gives no random bytes.
    pub(crate) fn open(
        &self,
        id: &str,
        ek: StorageKey,
        srk: StorageKey,
        now: UnixTime,
    ) -> Result<Vec<u8>> {
        let session = Session {
            ek,
            srk,
            key: random::bytes()?,
            hub_key: random::bytes()?,
            until: now.0.saturating_add(LIFETIME),
        };
        let blob = activation(&session.ek, &session.srk, session.key.as_slice())?;
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let id = id.to_ascii_lowercase();
        if !all.contains_key(&id) && all.len() >= DEVICES {
            all.retain(|_, own| own.back().is_some_and(|last| last.until > now.0));
            ensure!(all.len() < DEVICES, "too many challenges are open");
        }
        let own = all.entry(id).or_default();
        own.retain(|other| other.until > now.0);
        if own.len() >= PER_DEVICE {
            own.pop_front();
        }
        own.push_back(Arc::new(session));
        Ok(blob)
    }

    /// The one whose key has signed, if it is still open.
    pub(crate) fn signed(
        &self,
        id: &str,
        now: UnixTime,
        signed_with: impl Fn(&[u8]) -> bool,
    ) -> Option<Arc<Session>> {
        let all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let own = all.get(&id.to_ascii_lowercase())?;
        own.iter()
            .filter(|session| session.until > now.0)
            .find(|session| signed_with(session.key.as_slice()))
            .cloned()
    }

    /// A device has registered with this one: those before it are over.
    pub(crate) fn settle(&self, id: &str, session: &Arc<Session>) {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(own) = all.get_mut(&id.to_ascii_lowercase())
            && let Some(at) = own.iter().position(|other| Arc::ptr_eq(other, session))
        {
            own.drain(..at);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn open(challenges: &Challenges, id: &str, now: u64) -> Arc<Session> {
        let ek = StorageKey::endorsement(include_bytes!("vectors/ek.pub")).unwrap();
        let srk = StorageKey::storage_root(include_bytes!("vectors/srk.pub")).unwrap();
        let blob = challenges
            .open(id, ek.clone(), srk.clone(), UnixTime(now))
            .unwrap();
        assert!(blob.len() > 700 && blob.ends_with(&[0, 0]));
        let all = challenges.0.lock().unwrap();
        let session = all.get(id).unwrap().back().unwrap();
        assert!(session.is_for(&ek, &srk) && !session.is_for(&srk, &ek));
        assert!(session.hub_blob().unwrap() != session.hub_blob().unwrap());
        Arc::clone(session)
    }

    fn stands(challenges: &Challenges, id: &str, session: &Session, now: u64) -> bool {
        let signed = challenges.signed(id, UnixTime(now), |key| key == session.key.as_slice());
        signed.is_some()
    }

    #[test]
    fn a_key_signs_for_its_device_and_for_ten_minutes() {
        let challenges = Challenges::default();
        let first = open(&challenges, "dev-1", 1000);
        assert!(stands(&challenges, "DEV-1", &first, 1599));
        assert!(!stands(&challenges, "dev-2", &first, 1000));
        assert!(!stands(&challenges, "dev-1", &first, 1600));
        assert_eq!(format!("{first:?}"), "Session(..)");
    }

    #[test]
    fn a_registration_ends_the_challenges_before_it() {
        let challenges = Challenges::default();
        let sessions = [0, 1, 2].map(|now| open(&challenges, "dev-1", now));
        let state = || [0, 1, 2].map(|n: usize| stands(&challenges, "dev-1", &sessions[n], 3));
        assert_eq!(state(), [true; 3]);
        challenges.settle("Dev-1", &sessions[1]);
        assert_eq!(state(), [false, true, true]);
    }

    #[test]
    fn a_device_has_four_and_the_oldest_goes() {
        let challenges = Challenges::default();
        let sessions: Vec<_> = (0..5).map(|now| open(&challenges, "dev-1", now)).collect();
        assert!(!stands(&challenges, "dev-1", &sessions[0], 5));
        assert!(
            sessions[1..]
                .iter()
                .all(|s| stands(&challenges, "dev-1", s, 5))
        );
    }
}
