//! How far a run is and how long the rest will take.

use crate::Millis;
use crate::run::{Card, Phase, Timing};

/// Typical milliseconds of each phase on a 115 200 baud line with a service that polls every three
/// seconds: the first guess of "time left", nothing more.
const TYPICAL_MS: [(Phase, u64); 9] = [
    (Phase::Connecting, 900),
    (Phase::Identifying, 100),
    (Phase::Locating, 200),
    (Phase::Keying, 50),
    (Phase::Registering, 3500),
    (Phase::Judging, 50),
    (Phase::Writing, 900),
    (Phase::Verifying, 1500),
    (Phase::Finishing, 300),
];

pub(super) struct Pace {
    phase: Phase,
    entered: Millis,
    timings: Vec<Timing>,
}

impl Pace {
    pub(super) const fn new(now: Millis) -> Self {
        Self {
            phase: Phase::Waiting,
            entered: now,
            timings: Vec::new(),
        }
    }

    pub(super) fn enter(&mut self, now: Millis, phase: Phase) {
        if self.phase != Phase::Waiting {
            let ms = now - self.entered;
            self.timings.push(Timing {
                phase: self.phase.word().to_owned(),
                ms,
            });
        }
        self.phase = phase;
        self.entered = now;
    }

    pub(super) fn timings(&self) -> Vec<Timing> {
        self.timings.clone()
    }

    /// Writes progress and time left into the card. Within a phase that counts bytes the bytes tell,
    /// elsewhere the clock does, up to nine tenths of the phase.
    pub(super) fn tell(&self, now: Millis, card: &mut Card) {
        let total: u64 = TYPICAL_MS.iter().map(|(_, ms)| ms).sum();
        let Some(index) = TYPICAL_MS
            .iter()
            .position(|(phase, _)| *phase == self.phase)
        else {
            card.permille = if self.phase == Phase::Over { 1000 } else { 0 };
            card.left_ms = None;
            return;
        };
        let before: u64 = TYPICAL_MS.iter().take(index).map(|(_, ms)| ms).sum();
        let own = TYPICAL_MS.get(index).map_or(0, |(_, ms)| *ms);
        let done = match card.bytes {
            Some((done, all)) if all > 0 => own * u64::from(done.min(all)) / u64::from(all),
            _ => (now - self.entered).min(own * 9 / 10),
        };
        let permille = (before + done) * 1000 / total;
        card.permille = card.permille.max(u16::try_from(permille).unwrap_or(1000));
        card.left_ms = Some(total - before - done);
    }
}
