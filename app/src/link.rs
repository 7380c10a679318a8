//! The wire to one board, as the driver sees it: it sends, sets lines, closes, and what it hears comes
//! through the driver's queue.

use futures::StreamExt;
use futures::channel::mpsc::{UnboundedReceiver, UnboundedSender, unbounded};
use signet_core::http::Response;
use signet_core::run::{Command, Entry};

/// A wire to a board. Dumb: no framing, no retries, no knowledge of what is said.
pub trait Link: 'static {
    /// Sends all of `bytes`, and keeps no copy.
    ///
    /// # Errors
    /// The wire is broken; [`Event::Gone`] follows or has come already.
    async fn send(&mut self, bytes: &[u8]) -> Result<(), Broken>;

    /// Sets the control lines that are given, each in a step of its own: DTR, then RTS.
    ///
    /// # Errors
    /// The wire is broken.
    async fn signals(&mut self, dtr: Option<bool>, rts: Option<bool>) -> Result<(), Broken>;

    /// USB vendor and product ID of the port, if it has them.
    fn usb(&self) -> Option<(u16, u16)> {
        None
    }

    /// Lets go of the port, so that the next run, or another program, can open it.
    async fn close(self);
}

/// The wire is broken: nothing more can be sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Broken;

/// What a driver waits for.
pub enum Event<L> {
    /// A wire to a board is open.
    Arrived(L),
    /// Bytes from the board.
    Bytes(Vec<u8>),
    /// The wire is gone.
    Gone,
    /// The board is there, but its port could not be opened, and why.
    Refused(String),
    /// The answer to a request, or why there was none.
    Answered(Result<Response, String>),
    /// What the journal knows of a board, or why it could not be read.
    Recalled(Result<Box<Memory>, String>),
    /// An entry is durable, or why it is not.
    Saved(Result<(), String>),
    /// A person's order.
    Command(Command),
}

/// What the journal knows of a board, see [`signet_core::run::Input::Recalled`].
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Memory {
    /// The entry of the same board.
    pub board: Option<Entry>,
    /// The entry of another board with the same registration ID.
    pub twin: Option<Entry>,
}

/// Where events are put in.
pub type Feed<L> = UnboundedSender<Event<L>>;

/// Where the driver takes them out.
pub type Queue<L> = UnboundedReceiver<Event<L>>;

/// One driver's queue. It is not bounded, but what fills it is: a board sends 11.5 kB/s at most, and
/// answers come one per question.
pub fn queue<L>() -> (Feed<L>, Queue<L>) {
    unbounded()
}

/// Ends a queue, and closes each wire that came too late: a port that stays open can be opened by nobody.
pub async fn close_arrived<L: Link>(mut queue: Queue<L>) {
    queue.close();
    while let Some(event) = queue.next().await {
        if let Event::Arrived(link) = event {
            link.close().await;
        }
    }
}
