//! What the *Line* screen shows of one board.

use crate::Fault;

/// One board's card: everything a page needs, nothing secret.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Card {
    /// Where the run stands.
    pub phase: Phase,
    /// How it stands, for word, colour and shape.
    pub verdict: Verdict,
    /// `ESP32-C3`, once known.
    pub chip: Option<String>,
    /// `7c:df:a1:00:00:01`, once known.
    pub mac: Option<String>,
    /// The registration ID, once known.
    pub registration_id: Option<String>,
    /// Bytes done and bytes in all, in phases that count bytes.
    pub bytes: Option<(u32, u32)>,
    /// Whole run so far, in per mille.
    pub permille: u16,
    /// Milliseconds that the rest will take, estimated.
    pub left_ms: Option<u64>,
    /// How often DPS was asked whether it is done.
    pub polls: u32,
    /// What went wrong, or what waits.
    pub fault: Option<Fault>,
    /// What a person has to decide, with the facts in `fault`.
    pub decision: Option<Decision>,
}

/// Where a run stands.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Phase {
    /// Waiting for a board.
    #[default]
    Waiting,
    /// Resetting into the bootloader and synchronising.
    Connecting,
    /// Reading chip, MAC address and security state.
    Identifying,
    /// Reading the partition table.
    Locating,
    /// Making key and CSR.
    Keying,
    /// Registering with DPS.
    Registering,
    /// Judging the issued chain.
    Judging,
    /// Writing.
    Writing,
    /// Reading back.
    Verifying,
    /// Resetting into the application and recording.
    Finishing,
    /// Over: see the verdict.
    Over,
}

impl Phase {
    /// The word on the card.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Waiting => "Waiting for a board",
            Self::Connecting => "Connecting",
            Self::Identifying => "Identifying",
            Self::Locating => "Finding the partition",
            Self::Keying => "Making the key",
            Self::Registering => "Registering",
            Self::Judging => "Checking the certificate",
            Self::Writing => "Writing",
            Self::Verifying => "Reading back",
            Self::Finishing => "Finishing",
            Self::Over => "Done",
        }
    }
}

/// How a run stands.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Verdict {
    /// Nothing to do yet.
    #[default]
    Ready,
    /// At work.
    Running,
    /// A person has to do or decide something; nothing is lost.
    Action,
    /// Written, read back, equal.
    Pass,
    /// It already held exactly what was recorded; nothing was issued or written.
    PassUnchanged,
    /// Ended without success.
    Fail,
}

/// What a person may be asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Decision {
    /// DPS is at work on the request and could not be asked what came of it: ask again, or give the
    /// board up. The key waits in the page's memory only, so that a reload settles it as giving up does:
    /// what DPS issues then is of no use to anybody, and the next run asks [`Decision::IssueAgain`].
    AskAgain,
    /// A certificate was, or may have been, issued for this board before, here or elsewhere, and a new
    /// one would take its place: issue it, or stop.
    IssueAgain,
    /// The board went away in the middle: plug the same board in again, or give up.
    Reconnect,
    /// The run is over, and its record could not be saved: save it again, or go on without.
    SaveAgain,
}
