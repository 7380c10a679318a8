//! The one thread that writes. What waits while a commit is on its way to the disk goes into the next
//! one together: the disk's slowness is shared, not multiplied.

use std::sync::mpsc::{self, Receiver, Sender, SyncSender};
use std::sync::{Mutex, PoisonError};
use std::thread::JoinHandle;

use anyhow::{Context, Result, anyhow};
use signet_core::UnixTime;

use super::entry::Event;
use super::model::Write;

/// Most changes in one commit.
const TOGETHER: usize = 256;

/// What somebody wants written, and waits for.
pub(super) struct Job {
    pub(super) at: UnixTime,
    writes: Vec<Write>,
    events: Vec<Event>,
    done: SyncSender<Result<()>>,
}

impl Job {
    #[cfg(all(test, feature = "postgres"))]
    pub(super) fn new(writes: Vec<Write>, events: Vec<Event>) -> Self {
        let (done, _) = mpsc::sync_channel(1);
        Self {
            at: UnixTime(30),
            writes,
            events,
            done,
        }
    }

    /// Its changes and entries.
    #[cfg(feature = "postgres")]
    pub(super) fn look(&self) -> (&[Write], &[Event]) {
        (&self.writes, &self.events)
    }

    /// Its changes and entries, which are then the caller's.
    pub(super) fn take(&mut self) -> (Vec<Write>, Vec<Event>) {
        (
            std::mem::take(&mut self.writes),
            std::mem::take(&mut self.events),
        )
    }
}

/// Where it is written.
pub(super) trait Sink: Send + 'static {
    /// One transaction, in which each job stands or falls by itself.
    fn write(&mut self, jobs: &mut [Job]) -> Result<Vec<Result<()>>>;
}

/// The writer. Dropped, it ends when everything has been written.
pub(super) struct Writer {
    jobs: Mutex<Option<Sender<Job>>>,
    thread: Mutex<Option<JoinHandle<()>>>,
}

impl Writer {
    pub(super) fn start(sink: impl Sink) -> Result<Self> {
        let (jobs, waiting) = mpsc::channel();
        let thread = std::thread::Builder::new()
            .name("ledger".to_owned())
            .spawn(move || run(sink, &waiting))?;
        Ok(Self {
            jobs: Mutex::new(Some(jobs)),
            thread: Mutex::new(Some(thread)),
        })
    }

    pub(super) fn commit(
        &self,
        at: UnixTime,
        writes: Vec<Write>,
        events: Vec<Event>,
    ) -> Result<()> {
        let (done, answer) = mpsc::sync_channel(1);
        let job = Job {
            at,
            writes,
            events,
            done,
        };
        let jobs = self.jobs.lock().unwrap_or_else(PoisonError::into_inner);
        let sent = jobs.as_ref().and_then(|jobs| jobs.send(job).ok());
        drop(jobs);
        sent.context("the ledger is closed")?;
        answer.recv().context("the ledger's writer has ended")?
    }
}

impl Drop for Writer {
    fn drop(&mut self) {
        let lock =
            |mutex: &Mutex<Option<_>>| mutex.lock().unwrap_or_else(PoisonError::into_inner).take();
        drop(lock(&self.jobs));
        let thread = self.thread.lock();
        if let Some(thread) = thread.unwrap_or_else(PoisonError::into_inner).take() {
            let _ = thread.join();
        }
    }
}

fn run(mut sink: impl Sink, waiting: &Receiver<Job>) {
    while let Ok(first) = waiting.recv() {
        let mut jobs = vec![first];
        while jobs.len() < TOGETHER
            && let Ok(job) = waiting.try_recv()
        {
            jobs.push(job);
        }
        match sink.write(&mut jobs) {
            Ok(results) => {
                for (job, result) in jobs.iter().zip(results) {
                    // Who asked may have gone; what was written stays.
                    let _ = job.done.send(result);
                }
            }
            // Nobody is told of success.
            Err(error) => {
                for job in &jobs {
                    let _ = job.done.send(Err(anyhow!("{error:#}")));
                }
            }
        }
    }
}
