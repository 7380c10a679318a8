//! A session and a simulated board on a simulated wire, with a simulated clock: thousands of mishaps a
//! second, each of which can be repeated from its seed.

use std::collections::VecDeque;

use signet_boards::{EspRom, Noise, Output as FromBoard};
use signet_core::Millis;
use signet_core::flash::esp::{Command, Event, Input, Output, Session};

/// No order takes longer: ten minutes on the simulated clock.
const LIMIT: u64 = 600_000;
/// No order takes more turns of the loop.
const TURNS: u32 = 1_000_000;
/// Longest time a byte is under way if the wire delays, in milliseconds.
const MAX_DELAY: u32 = 40;

/// A session, a board, and the wire between them.
pub struct Wire {
    /// The session that is driven.
    pub session: Session,
    /// The board at the other end.
    pub board: EspRom,
    now: Millis,
    /// Cuts what is sent into pieces and delays them, if there is any.
    shuffle: Option<Noise>,
    to_board: VecDeque<(Millis, Vec<u8>)>,
    to_session: VecDeque<(Millis, Vec<u8>)>,
    unplugged: bool,
}

impl Wire {
    /// A wire that delivers at once.
    #[must_use]
    pub fn new(board: EspRom) -> Self {
        Self {
            session: Session::new(Millis(0)),
            board,
            now: Millis(0),
            shuffle: None,
            to_board: VecDeque::new(),
            to_session: VecDeque::new(),
            unplugged: false,
        }
    }

    /// A wire that delivers in pieces of any size, each a little later, in order.
    #[must_use]
    pub fn shuffled(board: EspRom, seed: u64) -> Self {
        let shuffle = Some(Noise::new(seed, signet_boards::Rates::default()));
        Self {
            shuffle,
            ..Self::new(board)
        }
    }

    /// What the clock shows.
    #[must_use]
    pub fn now(&self) -> Millis {
        self.now
    }

    /// Gives an order and drives both ends until it ends. Returns its last event, and those before it.
    ///
    /// # Panics
    /// If it does not end: neither in the time and the turns it may take, nor in a deadline.
    pub fn order(&mut self, command: Command) -> (Event, Vec<Event>) {
        let limit = self.now + LIMIT;
        let mut told = Vec::new();
        self.session.handle(self.now, Input::Command(command));
        for _ in 0..TURNS {
            assert!(self.now < limit, "no end after {LIMIT} ms; told {told:?}");
            let until = match self.session.poll() {
                Output::Transmit(bytes) => {
                    self.send(&bytes);
                    continue;
                }
                Output::SetSignals { dtr, rts } => {
                    self.board.set_signals(self.now, dtr, rts);
                    continue;
                }
                Output::Event(event @ (Event::Phase(_) | Event::Progress { .. })) => {
                    told.push(event);
                    continue;
                }
                Output::Event(event) => return (event, told),
                Output::WaitUntil(until) => until,
                Output::Idle => panic!("idle before the end; told {told:?}"),
            };
            self.pass_time(until);
        }
        panic!("no end after {TURNS} turns; told {told:?}");
    }

    /// Plugs the board in again.
    pub fn replug(&mut self) {
        self.unplugged = false;
        self.board.replug(self.now);
    }

    fn send(&mut self, bytes: &[u8]) {
        Self::put(&mut self.to_board, self.now, bytes, &mut self.shuffle);
    }

    /// Goes on to whatever happens next, and lets it happen.
    fn pass_time(&mut self, deadline: Millis) {
        let mut next = deadline;
        loop {
            match self.board.poll() {
                FromBoard::Transmit(bytes) => {
                    Self::put(&mut self.to_session, self.now, &bytes, &mut self.shuffle);
                }
                FromBoard::Unplugged if !self.unplugged => {
                    self.unplugged = true;
                    self.to_board.clear();
                    return self.session.handle(self.now, Input::Closed);
                }
                FromBoard::WaitUntil(then) => {
                    next = next.min(then);
                    break;
                }
                FromBoard::Unplugged | FromBoard::Idle => break,
            }
        }
        let first = |queue: &VecDeque<(Millis, Vec<u8>)>| queue.front().map(|(at, _)| *at);
        let arrivals = [first(&self.to_board), first(&self.to_session)];
        next = arrivals.into_iter().flatten().fold(next, Ord::min);
        self.now = self.now.max(next);
        self.board.tick(self.now);
        if let Some(bytes) = Self::take(&mut self.to_board, self.now) {
            self.board.handle(self.now, &bytes);
        }
        if let Some(bytes) = Self::take(&mut self.to_session, self.now) {
            self.session.handle(self.now, Input::Bytes(&bytes));
        }
        if self.now >= deadline {
            self.session.handle(self.now, Input::Deadline);
        }
    }

    fn take(queue: &mut VecDeque<(Millis, Vec<u8>)>, now: Millis) -> Option<Vec<u8>> {
        let (at, _) = queue.front()?;
        if *at > now {
            return None;
        }
        queue.pop_front().map(|(_, bytes)| bytes)
    }

    fn put(
        queue: &mut VecDeque<(Millis, Vec<u8>)>,
        now: Millis,
        mut bytes: &[u8],
        shuffle: &mut Option<Noise>,
    ) {
        let Some(shuffle) = shuffle else {
            return queue.push_back((now, bytes.to_vec()));
        };
        // Nothing overtakes on a serial line.
        let mut at = queue.back().map_or(now, |(at, _)| now.max(*at));
        while !bytes.is_empty() {
            let limit = u32::try_from(bytes.len()).unwrap_or(u32::MAX);
            let length = 1 + usize::try_from(shuffle.below(limit)).unwrap_or(0);
            let (piece, rest) = bytes.split_at(length);
            at = at + u64::from(shuffle.below(MAX_DELAY) / 8);
            queue.push_back((at, piece.to_vec()));
            bytes = rest;
        }
    }
}
