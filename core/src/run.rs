//! One board from plug-in to PASS.
//!
//! [`Run`] ties the other rooms together: it holds a [`crate::flash::esp::Session`] and a
//! [`crate::dps::Registration`], makes the key, judges the chain, and says before each step that must
//! not be lost what the journal has to remember.
//!
//! Order of a run: connect · identify · locate the partition · recall · key and CSR · register ·
//! verify · write · read back · leave · record. Nothing is asked of the DPS before the board has shown
//! a partition that can take the answer.
//!
//! The private key lives in the run and nowhere else. If the run goes on after an unplug, the key and
//! the issued chain are still there; after a reload they are not, and a person decides whether a new
//! certificate is issued ([`Decision::IssueAgain`]).

mod card;
mod error;
mod journal;
mod recall;
mod record;
mod state;

pub use card::{Card, Decision, Phase, Verdict};
pub use error::Error;
pub use journal::{Entry, Stage};
pub use record::{Issuance, Outcome, Record, Timing, to_csv};

use std::sync::Arc;

use zeroize::Zeroizing;

use crate::http::{Request, Response};
use crate::recipe::Recipe;
use crate::{Millis, Now};

/// One board from plug-in to PASS.
///
/// Contract: after every [`Run::handle`] call [`Run::poll`] until it returns [`Output::WaitUntil`] or
/// [`Output::Idle`]; then wait for whichever comes first of the board's bytes, an answer, a command and
/// that moment.
pub struct Run {
    state: state::State,
}

/// What one run is told at its start, besides the recipe.
pub struct Context {
    /// A name for this run, unique on this station (a UUID will do).
    pub run: String,
    /// Who stands at the line.
    pub operator: String,
    /// The symmetric key that the recipe's attestation asks for, decoded; `None` for a relay.
    pub attestation_key: Option<Zeroizing<Vec<u8>>>,
}

/// What happens to a run.
pub enum Input<'a> {
    /// The board's port is open, and the run may start or go on.
    Opened {
        /// USB vendor and product ID of the port, if it is a USB port.
        usb: Option<(u16, u16)>,
    },
    /// Bytes from the board, in any pieces.
    Bytes(&'a [u8]),
    /// The board's port was lost or closed.
    Closed,
    /// The answer to [`Output::Request`].
    Response(&'a Response),
    /// No answer to [`Output::Request`], with the browser's words.
    Unreachable(&'a str),
    /// The board is there, but its port could not be opened, with the browser's words.
    Refused(&'a str),
    /// The answer to [`Output::NeedEntropy`]: fresh random bytes. The driver wipes its copy.
    Entropy(&'a [u8; crate::key::ENTROPY_BYTES]),
    /// No answer to [`Output::NeedEntropy`], with the browser's words.
    NoEntropy(&'a str),
    /// The answer to [`Output::Recall`].
    Recalled {
        /// The entry of the same board.
        board: Option<&'a Entry>,
        /// The entry of another board that holds the same registration ID.
        twin: Option<&'a Entry>,
    },
    /// No answer to [`Output::Recall`]: the journal could not be read, with the browser's words.
    NotRecalled(&'a str),
    /// The answer to [`Output::Journal`]: the entry is durable.
    Saved,
    /// The journal could not be written, with the browser's words.
    NotSaved(&'a str),
    /// A person's order.
    Command(Command),
    /// A moment given by [`Output::WaitUntil`] has passed.
    Deadline,
}

/// What a person may order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Command {
    /// Yes to the card's decision.
    Accept,
    /// Give up; the run ends in FAIL with what is known. A board that is proved already is not given
    /// up by this: its record alone is, if it cannot be saved.
    Abandon,
    /// The serial number that was scanned or taken from the list, for recipes that need one.
    /// Given before [`Input::Opened`].
    Serial(String),
}

/// What a run wants.
#[derive(Debug)]
pub enum Output {
    /// Send these bytes to the board, and wipe them.
    Transmit(Zeroizing<Vec<u8>>),
    /// Set the board's control lines, see [`crate::flash::esp::Output::SetSignals`].
    SetSignals {
        /// Data Terminal Ready.
        dtr: Option<bool>,
        /// Request To Send.
        rts: Option<bool>,
    },
    /// Send this to the recipe's endpoint.
    Request(Request),
    /// Fresh random bytes are needed.
    NeedEntropy,
    /// Look up what the journal holds about this board.
    Recall {
        /// MAC address, twelve lower-case hex digits: the journal's key.
        mac: String,
        /// The registration ID that this board is about to get.
        registration_id: String,
    },
    /// Make this entry durable, replacing the one of the same MAC, and say [`Input::Saved`].
    Journal(Box<Entry>),
    /// [`Run::card`] changed.
    Changed,
    /// Drained: come back at that moment at the latest.
    WaitUntil(Millis),
    /// Drained, and waiting for something that is not time.
    Idle,
}

impl Run {
    /// A run that waits for its board.
    pub fn new(recipe: Arc<Recipe>, context: Context, now: Now) -> Self {
        Self {
            state: state::State::new(recipe, context, now),
        }
    }

    /// Takes one input.
    pub fn handle(&mut self, now: Now, input: Input<'_>) {
        self.state.handle(now, input);
    }

    /// Gives the next output.
    pub fn poll(&mut self) -> Output {
        self.state.poll()
    }

    /// What the page shows.
    pub fn card(&self) -> &Card {
        self.state.card()
    }

    /// The unit's record, once the run is over.
    pub fn record(&self) -> Option<&Record> {
        self.state.record()
    }
}
