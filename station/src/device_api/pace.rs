//! How fast things may come: polls of one device, and notes of refusals.

use std::collections::{HashMap, VecDeque};
use std::sync::{Mutex, PoisonError};

use signet_core::UnixTime;
use signet_core::dps::RegistrationId;

/// Seconds in which polls are counted.
const WINDOW: u64 = 10;

/// Seconds in which the same refusal of the same device is noted once.
const SILENCE: u64 = 60;

/// Refusals that are noted in [`SILENCE`] seconds, of whatever device: who guesses names cannot fill
/// the disk.
const NOTES: usize = 600;

/// Devices that are watched before those that have been silent for [`WINDOW`] are forgotten, and again
/// whenever they have doubled since: so there are at most twice as many as have asked in one window.
const WATCHED: usize = 1024;

/// What came when.
pub(crate) struct Pace {
    per_window: usize,
    polls: Mutex<Polls>,
    notes: Mutex<HashMap<(RegistrationId, String), u64>>,
}

/// When each device has asked.
struct Polls {
    moments: HashMap<RegistrationId, VecDeque<u64>>,
    /// How many there may be before the silent ones are forgotten.
    room: usize,
}

impl Pace {
    /// At most so many polls a device in ten seconds; 0 for any number.
    pub(crate) fn new(per_window: u32) -> Self {
        Self {
            per_window: usize::try_from(per_window).unwrap_or(usize::MAX),
            polls: Mutex::new(Polls {
                moments: HashMap::new(),
                room: WATCHED,
            }),
            notes: Mutex::default(),
        }
    }

    /// Whether a device may ask again now.
    pub(super) fn allows(&self, id: &RegistrationId, now: UnixTime) -> bool {
        if self.per_window == 0 {
            return true;
        }
        let mut polls = self.polls.lock().unwrap_or_else(PoisonError::into_inner);
        let recent = |moment: &u64| now.0.saturating_sub(*moment) < WINDOW;
        if polls.moments.len() >= polls.room {
            let moments = &mut polls.moments;
            moments.retain(|_, moments| moments.back().is_some_and(recent));
            let room = WATCHED.max(2 * moments.len());
            moments.shrink_to(room);
            polls.room = room;
        }
        let moments = polls.moments.entry(id.clone()).or_default();
        moments.retain(recent);
        let allowed = moments.len() < self.per_window;
        if allowed {
            moments.push_back(now.0);
        }
        allowed
    }

    /// Whether a refusal is worth a note.
    pub(crate) fn notes(&self, id: &RegistrationId, code: &str, now: UnixTime) -> bool {
        let mut notes = self.notes.lock().unwrap_or_else(PoisonError::into_inner);
        notes.retain(|_, moment| now.0.saturating_sub(*moment) < SILENCE);
        let key = (id.clone(), code.to_owned());
        if notes.len() >= NOTES || notes.contains_key(&key) {
            return false;
        }
        notes.insert(key, now.0).is_none()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn id(text: &str) -> RegistrationId {
        RegistrationId::new(text).unwrap()
    }

    #[test]
    fn five_polls_in_ten_seconds() {
        let pace = Pace::new(5);
        let (one, other) = (id("one"), id("other"));
        for moment in 0..5 {
            assert!(pace.allows(&one, UnixTime(100 + moment)));
        }
        assert!(!pace.allows(&one, UnixTime(105)));
        assert!(pace.allows(&other, UnixTime(105)));
        assert!(
            pace.allows(&one, UnixTime(110)),
            "the first is ten seconds old"
        );
        assert!(!pace.allows(&one, UnixTime(110)));
        let any = Pace::new(0);
        assert!((0..100).all(|_| any.allows(&one, UnixTime(0))));
    }

    /// A thousand devices a second for a while, then one.
    #[test]
    fn who_is_silent_is_forgotten() {
        let pace = Pace::new(5);
        let watched = || pace.polls.lock().unwrap().moments.len();
        for n in 0..100_000_u64 {
            assert!(pace.allows(&id(&format!("d-{n}")), UnixTime(n / 1000)));
            assert!(watched() <= 20_000, "{}", watched());
        }
        for n in 0..20_000_u64 {
            assert!(pace.allows(&id(&format!("e-{n}")), UnixTime(1000 + n)));
        }
        assert!(watched() <= WATCHED);
        assert!(pace.polls.lock().unwrap().moments.capacity() < 20_000);
    }

    #[test]
    fn a_refusal_is_noted_once_a_minute() {
        let pace = Pace::new(5);
        assert!(pace.notes(&id("one"), "401002", UnixTime(0)));
        assert!(!pace.notes(&id("one"), "401002", UnixTime(59)));
        assert!(pace.notes(&id("one"), "404201", UnixTime(59)));
        assert!(pace.notes(&id("one"), "401002", UnixTime(60)));
        let noted = (0..2000).filter(|n| pace.notes(&id(&format!("d{n}")), "1", UnixTime(61)));
        assert!(noted.count() < NOTES);
    }
}
