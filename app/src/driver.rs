//! The one loop that drives a board's run over a wire.

use futures::StreamExt;
use futures::future::{Either, LocalBoxFuture, select};
use signet_core::http::Request;
use signet_core::key::ENTROPY_BYTES;
use signet_core::run::{Card, Command, Decision, Entry, Input, Output, Record, Run, Verdict};
use signet_core::{Millis, Now};
use zeroize::Zeroizing;

use crate::link::{Event, Feed, Link, Queue, close_arrived};

/// What a run needs besides its board. Answers come back through the queue that is handed in.
pub trait Outside<L> {
    /// The two clocks.
    fn now(&self) -> Now;
    /// Waits that many milliseconds.
    fn sleep(&self, millis: u64) -> LocalBoxFuture<'static, ()>;
    /// Fresh random bytes.
    ///
    /// # Errors
    /// The browser's refusal.
    fn entropy(&self) -> Result<Zeroizing<[u8; ENTROPY_BYTES]>, String>;
    /// Opens the board's port once more; [`Event::Arrived`] or [`Event::Refused`] follows.
    fn reconnect(&self, feed: Feed<L>);
    /// Sends a request; [`Event::Answered`] follows.
    fn request(&self, request: Request, feed: Feed<L>);
    /// Looks a board up in the journal; [`Event::Recalled`] follows.
    fn recall(&self, mac: String, registration_id: String, feed: Feed<L>);
    /// Makes an entry durable; [`Event::Saved`] follows.
    fn save(&self, entry: Entry, feed: Feed<L>);
}

/// Drives `run` to its end: drain it, await whichever comes first, feed it. `shown` sees every change
/// of the card. The wire is closed when this returns.
pub async fn drive<L: Link>(
    run: Run,
    (feed, mut queue): (Feed<L>, Queue<L>),
    outside: impl Outside<L>,
    shown: impl FnMut(&Card),
) -> Option<Record> {
    let mut driver = Driver {
        run,
        link: None,
        feed,
        outside,
        shown,
    };
    loop {
        let until = driver.drain().await;
        if driver.over() {
            break;
        }
        match driver.next(&mut queue, until).await {
            Some(event) => driver.take(event).await,
            None => driver.handle(Input::Deadline),
        }
    }
    if let Some(link) = driver.link.take() {
        link.close().await;
    }
    close_arrived(queue).await;
    driver.run.record().cloned()
}

struct Driver<L, O, S> {
    run: Run,
    link: Option<L>,
    feed: Feed<L>,
    outside: O,
    shown: S,
}

impl<L: Link, O: Outside<L>, S: FnMut(&Card)> Driver<L, O, S> {
    /// Whether the verdict is given: only then is the record safe.
    fn over(&self) -> bool {
        let verdict = self.run.card().verdict;
        matches!(
            verdict,
            Verdict::Pass | Verdict::PassUnchanged | Verdict::Fail
        )
    }

    /// Does what the run wants until it wants nothing but to wait; gives the moment, if there is one.
    async fn drain(&mut self) -> Option<Millis> {
        loop {
            match self.run.poll() {
                Output::Transmit(bytes) => self.send(&bytes).await,
                Output::SetSignals { dtr, rts } => self.signals(dtr, rts).await,
                Output::Request(request) => self.outside.request(request, self.feed.clone()),
                Output::NeedEntropy => match self.outside.entropy() {
                    Ok(bytes) => self.handle(Input::Entropy(&bytes)),
                    Err(why) => self.handle(Input::NoEntropy(&why)),
                },
                Output::Recall {
                    mac,
                    registration_id,
                } => self.outside.recall(mac, registration_id, self.feed.clone()),
                Output::Journal(entry) => self.outside.save(*entry, self.feed.clone()),
                Output::Changed => (self.shown)(self.run.card()),
                Output::WaitUntil(moment) => return Some(moment),
                Output::Idle => return None,
            }
        }
    }

    /// The next event, or `None` when `until` has passed.
    async fn next(&self, queue: &mut Queue<L>, until: Option<Millis>) -> Option<Event<L>> {
        let Some(until) = until else {
            // The driver holds a sender itself, so the queue never ends.
            return queue.next().await;
        };
        let left = until - self.outside.now().tick;
        match select(queue.next(), self.outside.sleep(left)).await {
            Either::Left((event, _)) => event,
            Either::Right(_) => None,
        }
    }

    async fn take(&mut self, event: Event<L>) {
        match event {
            Event::Arrived(link) => {
                self.drop_link().await;
                let usb = link.usb();
                self.link = Some(link);
                self.handle(Input::Opened { usb });
            }
            Event::Bytes(bytes) => self.handle(Input::Bytes(&bytes)),
            Event::Gone => self.lost().await,
            Event::Refused(why) => self.handle(Input::Refused(&why)),
            Event::Answered(Ok(response)) => self.handle(Input::Response(&response)),
            Event::Answered(Err(why)) => self.handle(Input::Unreachable(&why)),
            Event::Recalled(Ok(memory)) => {
                let (board, twin) = (memory.board.as_ref(), memory.twin.as_ref());
                self.handle(Input::Recalled { board, twin });
            }
            Event::Recalled(Err(why)) => self.handle(Input::NotRecalled(&why)),
            Event::Saved(Ok(())) => self.handle(Input::Saved),
            Event::Saved(Err(why)) => self.handle(Input::NotSaved(&why)),
            Event::Command(Command::Accept) if self.wants_its_port() => {
                self.outside.reconnect(self.feed.clone());
            }
            Event::Command(command) => self.handle(Input::Command(command)),
        }
    }

    /// Whether the run waits for a board whose port is not open.
    fn wants_its_port(&self) -> bool {
        self.link.is_none() && self.run.card().decision == Some(Decision::Reconnect)
    }

    fn handle(&mut self, input: Input<'_>) {
        self.run.handle(self.outside.now(), input);
    }

    async fn send(&mut self, bytes: &[u8]) {
        if let Some(link) = &mut self.link
            && link.send(bytes).await.is_err()
        {
            self.lost().await;
        }
    }

    async fn signals(&mut self, dtr: Option<bool>, rts: Option<bool>) {
        if let Some(link) = &mut self.link
            && link.signals(dtr, rts).await.is_err()
        {
            self.lost().await;
        }
    }

    /// Tells the run once per wire that it is gone, however many ways that is noticed.
    async fn lost(&mut self) {
        if self.drop_link().await {
            self.handle(Input::Closed);
        }
    }

    async fn drop_link(&mut self) -> bool {
        match self.link.take() {
            Some(link) => {
                link.close().await;
                true
            }
            None => false,
        }
    }
}

#[cfg(all(test, not(target_family = "wasm")))]
mod tests;
