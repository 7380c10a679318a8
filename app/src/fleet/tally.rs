use std::cell::{Cell, RefCell};

use super::wire::Fate;

/// What the workers of one audit have told, put together.
pub(super) struct Tally<P, D> {
    /// How many each has judged.
    counts: RefCell<Vec<usize>>,
    /// What each has found, when it is through.
    fates: RefCell<Vec<Option<Vec<Fate>>>>,
    progress: P,
    /// Called once.
    done: Cell<Option<D>>,
}

impl<P: Fn(usize), D: FnOnce(Result<Vec<Fate>, String>)> Tally<P, D> {
    pub(super) fn new(workers: usize, progress: P, done: D) -> Self {
        Self {
            counts: RefCell::new(vec![0; workers]),
            fates: RefCell::new(vec![None; workers]),
            progress,
            done: Cell::new(Some(done)),
        }
    }

    pub(super) fn progress(&self, worker: usize, count: usize) {
        let mut counts = self.counts.borrow_mut();
        if let Some(own) = counts.get_mut(worker) {
            *own = count;
        }
        let sum = counts.iter().sum();
        drop(counts);
        (self.progress)(sum);
    }

    /// The last one ends the audit.
    pub(super) fn done(&self, worker: usize, found: Vec<Fate>) {
        self.progress(worker, found.len());
        let mut fates = self.fates.borrow_mut();
        if let Some(own) = fates.get_mut(worker) {
            *own = Some(found);
        }
        if fates.iter().all(Option::is_some) {
            let all = fates.drain(..).flatten().flatten().collect();
            drop(fates);
            self.end(Ok(all));
        }
    }

    /// One that falls ends it for all.
    pub(super) fn failed(&self, why: String) {
        self.end(Err(why));
    }

    fn end(&self, result: Result<Vec<Fate>, String>) {
        if let Some(done) = self.done.take() {
            done(result);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fates(code: &str, count: usize) -> Vec<Fate> {
        let fate = Fate {
            code: code.into(),
            ..Fate::default()
        };
        vec![fate; count]
    }

    #[test]
    fn fates_come_in_the_order_of_the_shares() {
        let (seen, ended) = (RefCell::new(Vec::new()), RefCell::new(Vec::new()));
        let progress = |count| seen.borrow_mut().push(count);
        let tally = Tally::new(2, progress, |result| ended.borrow_mut().push(result));
        tally.progress(0, 2);
        tally.done(1, fates("b", 3));
        assert!(ended.borrow().is_empty());
        tally.done(0, fates("a", 4));
        tally.failed("too late".into());
        assert_eq!(*seen.borrow(), [2, 5, 7]);
        let whole = [fates("a", 4), fates("b", 3)].concat();
        assert_eq!(*ended.borrow(), [Ok(whole)]);
    }

    #[test]
    fn one_that_falls_ends_it() {
        let ended = RefCell::new(Vec::new());
        let tally = Tally::new(2, |_| {}, |result| ended.borrow_mut().push(result));
        tally.failed("out of memory".into());
        tally.done(0, fates("a", 1));
        tally.done(1, fates("b", 1));
        assert_eq!(*ended.borrow(), [Err("out of memory".to_owned())]);
    }
}
