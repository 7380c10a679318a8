//! Connections that read.

use std::path::PathBuf;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};

use anyhow::Result;
use rusqlite::Connection;

use super::schema;

/// Connections at a time; who finds none waits for one. Each holds its statements, some pages of the
/// file and a file handle or two: 16 answer as fast as the disk does.
const READERS: usize = 16;

/// Connections that read, each by one thread at a time.
pub(super) struct Readers {
    path: PathBuf,
    state: Mutex<State>,
    /// Told when a connection or a place for one is free.
    free: Condvar,
}

#[derive(Default)]
struct State {
    idle: Vec<Connection>,
    /// Those that are idle and those that are in use.
    open: usize,
}

impl Readers {
    pub(super) fn new(path: PathBuf) -> Self {
        Self {
            path,
            state: Mutex::default(),
            free: Condvar::new(),
        }
    }

    pub(super) fn with<T>(&self, question: impl FnOnce(&Connection) -> Result<T>) -> Result<T> {
        let mut loan = Loan {
            readers: self,
            connection: self.take(),
        };
        let connection = match loan.connection.take() {
            Some(connection) => connection,
            None => schema::open_to_read(&self.path)?,
        };
        let answer = question(&connection)?;
        loan.connection = Some(connection);
        Ok(answer)
    }

    /// An idle connection, or the right to open one.
    fn take(&self) -> Option<Connection> {
        let busy = |state: &mut State| state.idle.is_empty() && state.open >= READERS;
        let state = self.free.wait_while(self.state(), busy);
        let mut state = state.unwrap_or_else(PoisonError::into_inner);
        let connection = state.idle.pop();
        state.open += usize::from(connection.is_none());
        connection
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A connection that is in use, or the place of one that was given up: after an error, whatever it was.
struct Loan<'a> {
    readers: &'a Readers,
    connection: Option<Connection>,
}

impl Drop for Loan<'_> {
    fn drop(&mut self) {
        let mut state = self.readers.state();
        match self.connection.take() {
            Some(connection) => state.idle.push(connection),
            None => state.open -= 1,
        }
        self.readers.free.notify_one();
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use super::*;

    #[test]
    fn no_more_than_so_many_are_open() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("ledger.db");
        drop(schema::open(&path).unwrap());
        let (readers, inside) = (Readers::new(path), AtomicUsize::new(0));
        std::thread::scope(|threads| {
            for _ in 0..4 * READERS {
                threads.spawn(|| {
                    let asked = readers.with(|_| {
                        assert!(inside.fetch_add(1, Ordering::SeqCst) < READERS);
                        std::thread::yield_now();
                        inside.fetch_sub(1, Ordering::SeqCst);
                        Ok(())
                    });
                    asked.unwrap();
                });
            }
        });
        let state = readers.state();
        assert!((1..=READERS).contains(&state.open));
        assert_eq!(state.idle.len(), state.open);
    }

    #[test]
    fn an_error_gives_its_place_back() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("ledger.db");
        let readers = Readers::new(path.clone());
        for _ in 0..2 * READERS {
            assert!(readers.with(|_| Ok(())).is_err(), "there is no file");
        }
        drop(schema::open(&path).unwrap());
        for _ in 0..2 * READERS {
            assert!(readers.with(|_| anyhow::bail!("no") as Result<()>).is_err());
        }
        assert_eq!(readers.state().open, 0);
        readers.with(|_| Ok(())).unwrap();
        assert_eq!(readers.state().open, 1);
    }
}
