//! How fast things may come: polls of one device, and notes of refusals.

use std::collections::HashMap;
use std::hash::{BuildHasher, RandomState};
use std::sync::{Mutex, PoisonError};

use signet_core::UnixTime;
use signet_core::dps::RegistrationId;

/// Seconds in which polls are counted.
const WINDOW: u64 = 10;
const SECONDS: usize = 10;

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
    /// By a hash that nobody outside can foresee: two devices that share one share a pace, too.
    moments: HashMap<u64, Recent>,
    hashes: RandomState,
    /// How many there may be before the silent ones are forgotten.
    room: usize,
}

/// How often one device has asked in each of the last [`WINDOW`] seconds. No memory beside it: there are
/// many of them.
#[derive(Default)]
struct Recent {
    /// The last of these seconds.
    last: u64,
    /// By second, modulo their number.
    counts: [u16; SECONDS],
}

impl Recent {
    /// Forgets what is over. A clock that was set back a little stands still here; by more than the
    /// seconds that count, what was counted is of another time.
    fn pass_to(&mut self, now: u64) {
        if self.last.saturating_sub(now) >= WINDOW {
            *self = Self::default();
        }
        for second in (self.last..now).take(SECONDS) {
            *self.slot(second + 1) = 0;
        }
        self.last = self.last.max(now);
    }

    fn count(&self) -> usize {
        self.counts.iter().map(|count| usize::from(*count)).sum()
    }

    fn add(&mut self) {
        let slot = self.slot(self.last);
        *slot = slot.saturating_add(1);
    }

    fn slot(&mut self, second: u64) -> &mut u16 {
        // Smaller than the number of slots.
        let index = usize::try_from(second % WINDOW).unwrap_or_default();
        &mut self.counts[index]
    }
}

impl Pace {
    /// At most so many polls a device in ten seconds; 0 for any number.
    pub(crate) fn new(per_window: u32) -> Self {
        Self {
            per_window: usize::try_from(per_window).unwrap_or(usize::MAX),
            polls: Mutex::new(Polls {
                moments: HashMap::new(),
                hashes: RandomState::new(),
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
        if polls.moments.len() >= polls.room {
            let moments = &mut polls.moments;
            moments.retain(|_, recent| now.0.abs_diff(recent.last) < WINDOW);
            let room = WATCHED.max(2 * moments.len());
            moments.shrink_to(room);
            polls.room = room;
        }
        let key = polls.hashes.hash_one(id);
        let recent = polls.moments.entry(key).or_default();
        recent.pass_to(now.0);
        let allowed = recent.count() < self.per_window;
        if allowed {
            recent.add();
        }
        allowed
    }

    /// Whether a refusal is worth a note.
    pub(crate) fn notes(&self, id: &RegistrationId, code: &str, now: UnixTime) -> bool {
        let mut notes = self.notes.lock().unwrap_or_else(PoisonError::into_inner);
        notes.retain(|_, moment| now.0.abs_diff(*moment) < SILENCE);
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

    /// The same as a list of moments says, whatever the clock does.
    #[test]
    fn it_counts_like_a_list() {
        let mut seed = 7_u64;
        for limit in [1, 3, 5] {
            let pace = Pace::new(limit);
            let (mut now, mut list) = (1000, Vec::<u64>::new());
            for _ in 0..5000 {
                seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
                now += [0, 0, 1, 1, 2, 4, 9, 30][usize::try_from(seed >> 61).unwrap()];
                list.retain(|moment| now - moment < WINDOW);
                let allowed = list.len() < usize::try_from(limit).unwrap();
                if allowed {
                    list.push(now);
                }
                assert_eq!(pace.allows(&id("one"), UnixTime(now)), allowed);
            }
        }
        let pace = Pace::new(1);
        assert!(pace.allows(&id("one"), UnixTime(100)));
        assert!(
            !pace.allows(&id("one"), UnixTime(91)),
            "the clock was set back a little"
        );
        assert!(
            pace.allows(&id("one"), UnixTime(90)),
            "it was set to another time"
        );
        assert!(!pace.allows(&id("one"), UnixTime(99)));
        assert!(pace.allows(&id("one"), UnixTime(100)));
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
        // The clock was set back: what is noted now is looked for in the ledger, too.
        assert!(!pace.notes(&id("one"), "401002", UnixTime(30)));
        assert!(pace.notes(&id("one"), "401002", UnixTime(0)));
        let noted = (0..2000).filter(|n| pace.notes(&id(&format!("d{n}")), "1", UnixTime(61)));
        assert!(noted.count() < NOTES);
    }
}
