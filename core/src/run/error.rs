use core::fmt;

use crate::dps::IdError;
use crate::{Explain, UnixTime};

/// Why a run stopped or waits, where no other room's error says it better.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Error {
    /// A person gave up.
    Abandoned,
    /// The board no longer holds what was recorded for it.
    Changed {
        /// When it was recorded.
        at: UnixTime,
    },
    /// The journal already has another board with this registration ID.
    DuplicateId {
        /// The ID.
        registration_id: String,
        /// That board's MAC address.
        mac: String,
        /// When its entry was written.
        at: UnixTime,
    },
    /// The certificate on the board is no longer valid.
    Expired {
        /// When it ended.
        not_after: UnixTime,
    },
    /// The page, the browser or the computer stopped in the middle of the run.
    Interrupted,
    /// A certificate was issued for this board before, and its key is gone.
    IssuedBefore {
        /// When.
        at: UnixTime,
    },
    /// The journal could not be written.
    JournalFailed {
        /// The browser's words.
        reason: String,
    },
    /// The journal could not be read.
    JournalUnreadable {
        /// The browser's words.
        reason: String,
    },
    /// The recipe's attestation needs a key that was not entered.
    KeyMissing,
    /// The registration ID that the recipe makes cannot be used.
    NameRefused(IdError),
    /// The journal knows nothing of the board, and its partition is not erased.
    Occupied {
        /// The partition's label.
        partition: String,
    },
    /// Another board was plugged in than the one that this run is about.
    OtherBoard {
        /// MAC address of the board of this run.
        expected: String,
        /// MAC address of the board that was found.
        found: String,
    },
    /// The board was finished by a recipe that gives it something else than the one of this run.
    OtherRecipe {
        /// That recipe's name.
        recipe: String,
        /// When.
        at: UnixTime,
    },
    /// The board is there, and its port could not be opened.
    PortRefused {
        /// The browser's words.
        reason: String,
    },
    /// A certificate may have been issued for this board before: the answer never arrived.
    PossiblyIssued {
        /// When it was asked for.
        at: UnixTime,
    },
    /// The random source gave nothing, or a number that cannot be a key.
    Randomness {
        /// What it did instead.
        reason: String,
    },
    /// The board was recorded under another registration ID.
    Renamed {
        /// The ID then.
        before: String,
        /// The ID now.
        now: String,
    },
    /// The recipe needs a serial number, and none was given.
    SerialMissing,
    /// The board went away in the middle.
    Unplugged,
    /// The recipe does not allow this chip.
    WrongChip {
        /// The chip that was found.
        found: String,
    },
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Abandoned => f.write_str("The run was given up."),
            Self::Changed { at } => {
                write!(
                    f,
                    "This board no longer holds what was written into it on {at}."
                )
            }
            Self::DuplicateId {
                registration_id,
                mac,
                at,
            } => write!(
                f,
                "The name {registration_id} belongs to another board, {mac}, since {at}."
            ),
            Self::Expired { not_after } => {
                write!(f, "The certificate on this board ended on {not_after}.")
            }
            Self::Interrupted => {
                f.write_str("The page was closed or reloaded before this board was finished.")
            }
            Self::IssuedBefore { at } => write!(
                f,
                "A certificate was issued for this board before (last seen {at}), and its key is gone."
            ),
            Self::JournalFailed { reason } => {
                write!(f, "The browser could not save the journal: {reason}.")
            }
            Self::JournalUnreadable { reason } => {
                write!(f, "The browser could not read the journal: {reason}.")
            }
            Self::KeyMissing => {
                f.write_str("The recipe needs a symmetric key, and none was entered.")
            }
            Self::NameRefused(why) => write!(f, "This board cannot be named. {why}"),
            Self::Occupied { partition } => write!(
                f,
                "This board's partition {partition} holds something that this station did not write."
            ),
            Self::OtherBoard { expected, found } => {
                write!(
                    f,
                    "This is board {found}; the open run is about board {expected}."
                )
            }
            Self::OtherRecipe { recipe, at } => write!(
                f,
                "This board was finished on {at} by the recipe \"{recipe}\", and the open recipe asks for \
                 something else."
            ),
            Self::PortRefused { reason } => {
                write!(f, "The board's port could not be opened: {reason}")
            }
            Self::PossiblyIssued { at } => write!(
                f,
                "A certificate was asked for on {at} for this board, and the answer never arrived."
            ),
            Self::Randomness { reason } => {
                write!(f, "The browser's random source failed: {reason}.")
            }
            Self::Renamed { before, now } => {
                write!(
                    f,
                    "This board is recorded as {before}; the recipe now names it {now}."
                )
            }
            Self::SerialMissing => f.write_str("This recipe needs a serial number for each board."),
            Self::Unplugged => f.write_str("The board was unplugged before it was finished."),
            Self::WrongChip { found } => {
                write!(
                    f,
                    "This board has an {found}, which the recipe does not allow."
                )
            }
        }
    }
}

impl Explain for Error {
    fn code(&self) -> &'static str {
        match self {
            Self::Abandoned => "run.abandoned",
            Self::Changed { .. } => "run.changed",
            Self::DuplicateId { .. } => "run.duplicate-id",
            Self::Expired { .. } => "run.expired",
            Self::Interrupted => "run.interrupted",
            Self::IssuedBefore { .. } => "run.issued-before",
            Self::JournalFailed { .. } => "run.journal-failed",
            Self::JournalUnreadable { .. } => "run.journal-unreadable",
            Self::KeyMissing => "run.key-missing",
            Self::NameRefused(_) => "run.name-refused",
            Self::Occupied { .. } => "run.occupied",
            Self::OtherBoard { .. } => "run.other-board",
            Self::OtherRecipe { .. } => "run.other-recipe",
            Self::PortRefused { .. } => "run.port-refused",
            Self::PossiblyIssued { .. } => "run.possibly-issued",
            Self::Randomness { .. } => "run.randomness",
            Self::Renamed { .. } => "run.renamed",
            Self::SerialMissing => "run.serial-missing",
            Self::Unplugged => "run.unplugged",
            Self::WrongChip { .. } => "run.wrong-chip",
        }
    }

    fn next_step(&self) -> &'static str {
        match self {
            Self::Abandoned => "Set this board aside, or start it again.",
            Self::Changed { .. }
            | Self::Expired { .. }
            | Self::IssuedBefore { .. }
            | Self::Occupied { .. }
            | Self::OtherRecipe { .. }
            | Self::PossiblyIssued { .. }
            | Self::Renamed { .. } => {
                "Choose whether it gets a new certificate; if in doubt, set it aside and ask an engineer."
            }
            Self::DuplicateId { .. } => {
                "Check the label: scan the right serial number for this board."
            }
            Self::Interrupted => {
                "Plug the board in again; nothing is issued twice without a person's yes."
            }
            Self::JournalFailed { .. } => {
                "Close other tabs, free disk space, leave private browsing, then try again."
            }
            Self::JournalUnreadable { .. } => {
                "Reload the page; if it happens again, call an engineer."
            }
            Self::KeyMissing => "Ask a supervisor to enter the key in the line's settings.",
            Self::NameRefused(_) => {
                "Scan the serial number again, or ask an engineer to mend the recipe."
            }
            Self::OtherBoard { .. } => {
                "Put the first board back and choose \"Try again\", or give its run up."
            }
            Self::PortRefused { .. } => {
                "Close other programs that use the port, then choose \"Try again\"."
            }
            Self::Randomness { .. } => {
                "Reload the page; if it happens again, stop and call an engineer."
            }
            Self::SerialMissing => "Scan the board's label, then plug the board in.",
            Self::Unplugged => "Plug the same board in again; it goes on where it stopped.",
            Self::WrongChip { .. } => "Check that this is the right board for this line.",
        }
    }
}
