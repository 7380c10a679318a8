//! Threads that have a connection each.
//!
//! The client waits for its answers on a runtime of its own, so it may be neither used nor dropped on
//! a thread of the station's. Here it never is, wherever a question comes from.

use std::sync::mpsc::{self, Receiver, Sender};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;

use anyhow::{Context, Result};

use super::address::Address;
use super::session::Session;

type Task = Box<dyn FnOnce(&mut Seat) + Send>;

/// Some threads that take tasks from one queue. Dropped, they end when all are done.
pub(super) struct Crew {
    tasks: Option<Sender<Task>>,
    threads: Vec<JoinHandle<()>>,
}

impl Crew {
    pub(super) fn start(size: usize, address: &Arc<Address>) -> Result<Self> {
        let (tasks, queue) = mpsc::channel();
        let queue = Arc::new(Mutex::new(queue));
        let thread = |_| {
            let (queue, seat) = (Arc::clone(&queue), Seat::new(address));
            std::thread::Builder::new()
                .name("ledger".to_owned())
                .spawn(move || work(&queue, seat))
        };
        Ok(Self {
            threads: (0..size).map(thread).collect::<Result<_, _>>()?,
            tasks: Some(tasks),
        })
    }

    /// A question that may be asked a second time, see [`Seat::ask`].
    pub(super) fn ask<T: Send + 'static>(
        &self,
        question: impl Fn(&mut Session) -> Result<T> + Send + 'static,
    ) -> Result<T> {
        self.at_seat(move |seat| seat.ask(&question))
    }

    /// Has something done by one of the threads, and waits for it.
    pub(super) fn at_seat<T: Send + 'static>(
        &self,
        task: impl FnOnce(&mut Seat) -> Result<T> + Send + 'static,
    ) -> Result<T> {
        let (done, answer) = mpsc::sync_channel(1);
        let task: Task = Box::new(move |seat| {
            // Who asked waits for it.
            let _ = done.send(task(seat));
        });
        let sent = self.tasks.as_ref().and_then(|tasks| tasks.send(task).ok());
        sent.context("the ledger is closed")?;
        answer.recv().context("a thread of the ledger has ended")?
    }
}

impl Drop for Crew {
    fn drop(&mut self) {
        self.tasks = None;
        for thread in self.threads.drain(..) {
            let _ = thread.join();
        }
    }
}

fn work(queue: &Mutex<Receiver<Task>>, mut seat: Seat) {
    loop {
        let next = queue.lock().unwrap_or_else(PoisonError::into_inner).recv();
        match next {
            Ok(task) => task(&mut seat),
            Err(_) => return,
        }
    }
}

/// Where a thread has its connection, or will have.
pub(super) struct Seat {
    address: Arc<Address>,
    session: Option<Session>,
}

impl Seat {
    pub(super) fn new(address: &Arc<Address>) -> Self {
        Self {
            address: Arc::clone(address),
            session: None,
        }
    }

    /// Asks, on a new connection if there is none. One that was kept may have died meanwhile: then the
    /// question is asked once more, on a new one.
    pub(super) fn ask<T>(&mut self, question: &dyn Fn(&mut Session) -> Result<T>) -> Result<T> {
        let kept = self.session.is_some();
        let answer = self.once(question);
        if answer.is_err() && kept && self.session.is_none() {
            return self.once(question);
        }
        answer
    }

    /// Asks, on a new connection if there is none.
    pub(super) fn once<T>(&mut self, question: &dyn Fn(&mut Session) -> Result<T>) -> Result<T> {
        if self.session.is_none() {
            self.session = Some(Session::open(&self.address)?);
        }
        self.held(question)
    }

    /// Asks on the connection that there is.
    pub(super) fn held<T>(
        &mut self,
        question: impl FnOnce(&mut Session) -> Result<T>,
    ) -> Result<T> {
        let session = self.session.as_mut();
        let session = session.context("the connection to the database was lost")?;
        let answer = question(session);
        if let Err(error) = &answer
            && session.is_over(error)
        {
            self.session = None;
        }
        answer
    }

    /// Whether there is a connection.
    pub(super) fn is_there(&self) -> bool {
        self.session.is_some()
    }

    /// Closes the connection.
    pub(super) fn leave(&mut self) {
        self.session = None;
    }
}
