//! The auto-reset circuit of nearly every board: DTR and RTS, two transistors, EN and IO0.

use signet_core::Millis;

/// Milliseconds that the usual capacitor needs to lift EN.
pub(super) const USUAL_RISE: u64 = 10;

/// RTS alone pulls EN (reset) low, DTR alone pulls IO0 (boot mode) low, both together pull neither.
/// What IO0 is when EN has risen is the boot mode. Espressif, *Boot Mode Selection*.
pub(super) struct Circuit {
    wired: bool,
    rise: u64,
    dtr: bool,
    rts: bool,
    rises_at: Option<Millis>,
}

pub(super) enum Rise {
    ToApplication,
    ToLoader,
}

impl Circuit {
    pub(super) fn new(wired: bool, rise: u64) -> Self {
        Self {
            wired,
            rise,
            dtr: false,
            rts: false,
            rises_at: None,
        }
    }

    pub(super) fn set(&mut self, now: Millis, dtr: Option<bool>, rts: Option<bool>) {
        let was_low = self.pulls_enable();
        self.dtr = dtr.unwrap_or(self.dtr);
        self.rts = rts.unwrap_or(self.rts);
        if self.pulls_enable() {
            self.rises_at = None;
        } else if was_low {
            self.rises_at = Some(now + self.rise);
        }
    }

    /// Whether the chip is held in reset, or on its way out of it.
    pub(super) fn held(&self) -> bool {
        self.pulls_enable() || self.rises_at.is_some()
    }

    /// Once for each rise of EN.
    pub(super) fn rose(&mut self, now: Millis) -> Option<Rise> {
        self.rises_at.take_if(|at| *at <= now)?;
        Some(if self.dtr && !self.rts {
            Rise::ToLoader
        } else {
            Rise::ToApplication
        })
    }

    /// When EN will have risen.
    pub(super) fn next(&self) -> Option<Millis> {
        self.rises_at
    }

    fn pulls_enable(&self) -> bool {
        self.wired && self.rts && !self.dtr
    }
}
