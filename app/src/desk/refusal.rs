use core::fmt;

use signet_core::Explain;

/// Why the page does not do what it was asked.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Refusal {
    /// The journal cannot be opened, so nothing that must not be lost may begin.
    JournalClosed {
        /// The browser's words.
        why: String,
    },
    /// The journal is not open yet.
    JournalOpening,
    /// The recipe's attestation needs a key, and none was entered.
    KeyMissing,
    /// What was entered is no base64 key.
    KeyUnreadable,
    /// Every serial number of the recipe's list is used.
    ListUsedUp {
        /// How many there are.
        serials: usize,
    },
    /// No recipe is open.
    NoRecipe,
    /// Signet is open in another tab.
    OtherTab,
    /// The board's port could not be opened.
    PortRefused {
        /// The browser's words.
        why: String,
    },
    /// The recipe's file could not be read.
    RecipeUnreadable {
        /// The browser's words.
        why: String,
    },
    /// The run's record could not be kept.
    RecordNotKept {
        /// The browser's words.
        why: String,
    },
    /// The records that are kept could not be read, so it is not known which names are used.
    RecordsUnread {
        /// The browser's words.
        why: String,
    },
    /// A serial number must be scanned first.
    ScanMissing,
    /// What was scanned cannot be part of a registration ID.
    ScanUnusable {
        /// One sentence.
        why: String,
    },
    /// A board that is at work has that registration ID.
    ScanUsed {
        /// The registration ID.
        id: String,
    },
    /// A label was scanned while more than one board waits for one.
    ScanWhose {
        /// What it says.
        label: String,
    },
    /// The station wants to know who works here.
    SignedOut,
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::JournalClosed { why } => {
                write!(f, "This browser cannot keep the journal: {why}.")
            }
            Self::JournalOpening => f.write_str("The journal is still being opened."),
            Self::KeyMissing => f.write_str("This recipe needs an attestation key."),
            Self::KeyUnreadable => f.write_str("That is not an attestation key in base64."),
            Self::ListUsedUp { serials } => {
                write!(
                    f,
                    "All {serials} serial numbers of the recipe's list are used."
                )
            }
            Self::NoRecipe => f.write_str("No recipe is open, so it is not known what to do."),
            Self::OtherTab => f.write_str("Signet is at work in another tab of this browser."),
            Self::PortRefused { why } => write!(f, "The board's port could not be opened: {why}"),
            Self::RecipeUnreadable { why } => write!(f, "The recipe file could not be read: {why}"),
            Self::RecordNotKept { why } => write!(f, "The record could not be kept: {why}"),
            Self::RecordsUnread { why } => {
                write!(f, "The records of this browser could not be read: {why}.")
            }
            Self::ScanMissing => f.write_str("This recipe needs a serial number for each board."),
            Self::ScanUnusable { why } => write!(f, "That serial number cannot be used. {why}"),
            Self::ScanUsed { id } => {
                write!(f, "A board that is at work is named {id} already.")
            }
            Self::ScanWhose { label } => {
                write!(
                    f,
                    "The label {label} was scanned, and more than one board waits for its own."
                )
            }
            Self::SignedOut => f.write_str("The station wants to know who works here."),
        }
    }
}

impl Explain for Refusal {
    fn code(&self) -> &'static str {
        match self {
            Self::JournalClosed { .. } => "line.journal-closed",
            Self::JournalOpening => "line.journal-opening",
            Self::KeyMissing => "line.key-missing",
            Self::KeyUnreadable => "line.key-unreadable",
            Self::ListUsedUp { .. } => "line.list-used-up",
            Self::NoRecipe => "line.no-recipe",
            Self::OtherTab => "line.other-tab",
            Self::PortRefused { .. } => "line.port-refused",
            Self::RecipeUnreadable { .. } => "line.recipe-unreadable",
            Self::RecordNotKept { .. } => "line.record-not-kept",
            Self::RecordsUnread { .. } => "line.records-unread",
            Self::ScanMissing => "line.scan-missing",
            Self::ScanUnusable { .. } => "line.scan-unusable",
            Self::ScanUsed { .. } => "line.scan-used",
            Self::ScanWhose { .. } => "line.scan-whose",
            Self::SignedOut => "line.signed-out",
        }
    }

    fn next_step(&self) -> &'static str {
        match self {
            Self::JournalClosed { .. } => {
                "Leave the private window, or free disk space, and load the page again."
            }
            Self::JournalOpening => "Wait a moment: the board starts by itself.",
            Self::KeyMissing => "Let a supervisor enter the key in the panel on the right.",
            Self::KeyUnreadable => "Copy the primary key from the enrollment and enter it again.",
            Self::ListUsedUp { .. } => "Ask an engineer for a recipe with more serial numbers.",
            Self::NoRecipe => "Open the recipe file of your line, or try a practice board.",
            Self::OtherTab => "Go to that tab, or close it; this one then takes over by itself.",
            Self::PortRefused { .. } => {
                "Close other programs that use the port, unplug the board and plug it in again."
            }
            Self::RecipeUnreadable { .. } => "Copy the file to this computer and open it again.",
            Self::RecordNotKept { .. } => {
                "Export the records now, then free disk space before the next board."
            }
            Self::RecordsUnread { .. } => {
                "Load the page again. What is stored is not lost, but not shown until then."
            }
            Self::ScanMissing => "Scan the label of this board, or type its number.",
            Self::ScanUnusable { .. } => "Check the label and scan it again.",
            Self::ScanUsed { .. } => "Scan the label of this board; do not reuse another's.",
            Self::ScanWhose { .. } => "Press Start on the card of the board that has this label.",
            Self::SignedOut => "Press \"Station: sign in\" at the top, and enter your token.",
        }
    }
}
