//! The turns of registration IDs, as locks of one session. Those that are asked for or given back at
//! the same time go to the database together.

use std::sync::Arc;
use std::sync::mpsc::{self, Receiver, Sender, SyncSender};
use std::thread::JoinHandle;

use anyhow::{Context, Result, anyhow, ensure};

use super::address::Address;
use super::crew::Seat;
use super::session::Session;

/// Most of them in one statement.
const TOGETHER: usize = 256;

/// A lock that is wanted, or given back.
struct Ask {
    key: i64,
    take: bool,
    done: SyncSender<Result<bool>>,
}

/// The thread that has the session. Dropped, it ends, and with it the locks.
pub(super) struct Turns {
    asks: Option<Sender<Ask>>,
    thread: Option<JoinHandle<()>>,
}

impl Turns {
    pub(super) fn start(address: &Arc<Address>) -> Result<Self> {
        let (asks, waiting) = mpsc::channel();
        let seat = Seat::new(address);
        let thread = std::thread::Builder::new()
            .name("ledger".to_owned())
            .spawn(move || run(seat, &waiting))?;
        Ok(Self {
            asks: Some(asks),
            thread: Some(thread),
        })
    }

    /// Takes a lock. `false`: another session has it.
    pub(super) fn take(&self, key: i64) -> Result<bool> {
        self.ask(key, true)
    }

    /// Gives it back. Without its thread there is no session, and without a session no lock.
    pub(super) fn give_back(&self, key: i64) {
        let _ = self.ask(key, false);
    }

    fn ask(&self, key: i64, take: bool) -> Result<bool> {
        let (done, answer) = mpsc::sync_channel(1);
        let ask = Ask { key, take, done };
        let sent = self.asks.as_ref().and_then(|asks| asks.send(ask).ok());
        sent.context("the ledger is closed")?;
        answer.recv().context("a thread of the ledger has ended")?
    }
}

impl Drop for Turns {
    fn drop(&mut self) {
        self.asks = None;
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

fn run(mut seat: Seat, waiting: &Receiver<Ask>) {
    while let Ok(first) = waiting.recv() {
        let mut asks = vec![first];
        asks.extend(waiting.try_iter().take(TOGETHER - 1));
        let mut answer = together(&mut seat, &asks);
        if answer.is_err() {
            // Nobody knows what was done of it; all locks end with the session. What was to be given
            // back is then given back, and what is wanted is asked for once more.
            seat.leave();
            let (wanted, over): (Vec<_>, Vec<_>) = asks.into_iter().partition(|ask| ask.take);
            for ask in over {
                let _ = ask.done.send(Ok(true));
            }
            asks = wanted;
            answer = together(&mut seat, &asks);
        }
        tell(asks, answer);
    }
}

fn tell(asks: Vec<Ask>, answer: Result<Vec<bool>>) {
    // Who asked waits for it.
    match answer {
        Ok(answers) => {
            for (ask, answer) in asks.into_iter().zip(answers) {
                let _ = ask.done.send(Ok(answer));
            }
        }
        Err(error) => {
            for ask in asks {
                let _ = ask.done.send(Err(anyhow!("{error:#}")));
            }
        }
    }
}

fn together(seat: &mut Seat, asks: &[Ask]) -> Result<Vec<bool>> {
    if asks.is_empty() {
        return Ok(Vec::new());
    }
    let takes: Vec<bool> = asks.iter().map(|ask| ask.take).collect();
    let keys: Vec<i64> = asks.iter().map(|ask| ask.key).collect();
    let question = |session: &mut Session| {
        // In the order in which they came: an ID may be given back and taken again.
        let rows = session.rows(
            "SELECT CASE WHEN take THEN pg_try_advisory_lock(key) ELSE pg_advisory_unlock(key) END
             FROM unnest($1::boolean[], $2::bigint[]) AS asked (take, key)",
            &[&takes, &keys],
        )?;
        ensure!(rows.len() == takes.len(), "an answer is missing");
        rows.iter().map(|row| Ok(row.try_get(0)?)).collect()
    };
    // A new session has nothing that could be given back.
    if takes.contains(&true) {
        return seat.once(&question);
    }
    match seat.is_there() {
        true => seat.once(&question),
        false => Ok(vec![false; asks.len()]),
    }
}
