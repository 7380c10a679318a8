//! How to get a chip into its serial loader, and out of it, with nothing but DTR and RTS.
//!
//! On nearly every board RTS alone holds the chip in reset and DTR alone selects the loader, both
//! through the same two transistors, so that both together do nothing. Which order of changes works
//! depends on board, bridge chip, driver and browser: Windows passes a DTR change on only with the
//! next RTS change, and Chrome sets the two one after the other since version 139. So there are
//! several, tried in turn. Espressif, *Boot Mode Selection* and esp-pylib's `serial_reset.py`.

/// A change of the lines, and how long to leave it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Step {
    pub(super) dtr: Option<bool>,
    pub(super) rts: Option<bool>,
    /// Milliseconds.
    pub(super) wait: u64,
}

const fn both(dtr: bool, rts: bool, wait: u64) -> Step {
    Step {
        dtr: Some(dtr),
        rts: Some(rts),
        wait,
    }
}

const fn dtr(dtr: bool, wait: u64) -> Step {
    Step {
        dtr: Some(dtr),
        rts: None,
        wait,
    }
}

const fn rts(rts: bool, wait: u64) -> Step {
    Step {
        dtr: None,
        rts: Some(rts),
        wait,
    }
}

/// Reset, then release it with IO0 low.
const CLASSIC: &[Step] = &[both(false, true, 100), both(true, false, 50), dtr(false, 0)];

/// The same for boards whose capacitor keeps the chip in reset for longer.
const CLASSIC_SLOW: &[Step] = &[
    both(false, true, 100),
    both(true, false, 550),
    dtr(false, 0),
];

/// Through "both", so that at no moment only IO0 is low; each line is written with the other one, for
/// drivers that pass on only one of them.
const TIGHT: &[Step] = &[
    both(false, false, 0),
    both(true, true, 0),
    both(false, true, 100),
    both(true, false, 50),
    both(false, false, 0),
];

/// The chip's own USB-Serial-JTAG, which watches for this order.
const USB_JTAG: &[Step] = &[
    both(false, false, 100),
    dtr(true, 0),
    rts(false, 100),
    rts(true, 0),
    dtr(false, 0),
    rts(true, 100),
    both(false, false, 0),
];

/// No line is touched: somebody holds BOOT, or the chip is in its loader already.
const NONE: &[Step] = &[];

/// What to try, in this order, on a USB-to-serial bridge.
const BRIDGE: &[&[Step]] = &[CLASSIC, CLASSIC_SLOW, TIGHT, NONE];
/// What to try on the chip's own USB.
const NATIVE: &[&[Step]] = &[USB_JTAG, NONE, CLASSIC, NONE];

/// Into the application, on a bridge: a pulse on reset with IO0 high.
const LEAVE_BRIDGE: &[Step] = &[both(false, true, 100), rts(false, 50)];
const LEAVE_NATIVE: &[Step] = &[both(false, true, 200), rts(false, 200)];

/// What the host's side of the line is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Wiring {
    /// A bridge chip, or unknown.
    #[default]
    Bridge,
    /// The USB-Serial-JTAG inside the chip.
    Native,
}

impl Wiring {
    /// By USB vendor and product ID: 303A:1001 is the unit inside Espressif's chips.
    pub(super) fn from_usb(vendor: u16, product: u16) -> Self {
        if (vendor, product) == (0x303A, 0x1001) {
            Self::Native
        } else {
            Self::Bridge
        }
    }

    /// The reset sequences to try, the likeliest first.
    pub(super) fn entries(self) -> &'static [&'static [Step]] {
        match self {
            Self::Bridge => BRIDGE,
            Self::Native => NATIVE,
        }
    }

    pub(super) fn leave(self) -> &'static [Step] {
        match self {
            Self::Bridge => LEAVE_BRIDGE,
            Self::Native => LEAVE_NATIVE,
        }
    }
}
