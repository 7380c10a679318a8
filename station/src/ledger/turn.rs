//! One request at a time per registration ID.

use std::collections::HashSet;
use std::sync::{Mutex, PoisonError};

use anyhow::Result;
use signet_core::dps::RegistrationId;

use super::backend::Backend;

/// The right to work on one ID; given back on drop.
pub(crate) struct TurnGuard<'a> {
    /// Declared first, so that it is dropped first: the other stations' before our own.
    _across: Across<'a>,
    _within: Within<'a>,
}

impl<'a> TurnGuard<'a> {
    pub(super) fn take(
        busy: &'a Mutex<HashSet<RegistrationId>>,
        backend: &'a dyn Backend,
        id: &RegistrationId,
    ) -> Result<Option<Self>> {
        let Some(within) = Within::take(busy, id) else {
            return Ok(None);
        };
        Ok(backend.lock(id)?.then(|| Self {
            _across: Across {
                backend,
                id: id.clone(),
            },
            _within: within,
        }))
    }
}

/// Among the stations.
struct Across<'a> {
    backend: &'a dyn Backend,
    id: RegistrationId,
}

impl Drop for Across<'_> {
    fn drop(&mut self) {
        self.backend.unlock(&self.id);
    }
}

/// Among the requests of this process.
struct Within<'a> {
    busy: &'a Mutex<HashSet<RegistrationId>>,
    id: RegistrationId,
}

impl<'a> Within<'a> {
    fn take(busy: &'a Mutex<HashSet<RegistrationId>>, id: &RegistrationId) -> Option<Self> {
        let mut set = busy.lock().unwrap_or_else(PoisonError::into_inner);
        let id = id.clone();
        // Lazily: a value made in vain would be dropped, and take the other's turn away.
        set.insert(id.clone()).then(|| Self { busy, id })
    }
}

impl Drop for Within<'_> {
    fn drop(&mut self) {
        let mut set = self.busy.lock().unwrap_or_else(PoisonError::into_inner);
        set.remove(&self.id);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_has_one_turn_at_a_time() {
        let busy = Mutex::default();
        let id = |text| RegistrationId::new(text).unwrap();
        let (one, other) = (id("one"), id("other"));
        let turn = Within::take(&busy, &one);
        assert!(turn.is_some() && Within::take(&busy, &one).is_none());
        assert!(
            Within::take(&busy, &one).is_none(),
            "a refusal takes nothing away"
        );
        assert!(Within::take(&busy, &other).is_some());
        drop(turn);
        assert!(Within::take(&busy, &one).is_some());
    }
}
