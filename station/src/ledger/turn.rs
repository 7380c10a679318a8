//! One request at a time per registration ID.

use std::collections::HashSet;
use std::sync::{Mutex, PoisonError};

use signet_core::dps::RegistrationId;

/// The right to work on one ID; given back on drop.
pub(super) struct Turn<'a> {
    busy: &'a Mutex<HashSet<RegistrationId>>,
    id: &'a RegistrationId,
}

impl<'a> Turn<'a> {
    /// `None` while another request has it.
    pub(super) fn take(
        busy: &'a Mutex<HashSet<RegistrationId>>,
        id: &'a RegistrationId,
    ) -> Option<Self> {
        let mut set = busy.lock().unwrap_or_else(PoisonError::into_inner);
        // Lazily: a value made in vain would be dropped, and take the other's turn away.
        set.insert(id.clone()).then(|| Self { busy, id })
    }
}

impl Drop for Turn<'_> {
    fn drop(&mut self) {
        let mut set = self.busy.lock().unwrap_or_else(PoisonError::into_inner);
        set.remove(self.id);
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
        let turn = Turn::take(&busy, &one);
        assert!(turn.is_some() && Turn::take(&busy, &one).is_none());
        assert!(
            Turn::take(&busy, &one).is_none(),
            "a refusal takes nothing away"
        );
        assert!(Turn::take(&busy, &other).is_some());
        drop(turn);
        assert!(Turn::take(&busy, &one).is_some());
    }
}
