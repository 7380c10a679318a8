use std::cell::{Cell, RefCell};

use super::wire::{Fate, Fates};

/// What the workers of one audit have told, put together.
pub(super) struct Tally<P, D> {
    fates: RefCell<Vec<Fate>>,
    /// How many of them are known.
    judged: Cell<usize>,
    progress: P,
    /// Called once.
    done: Cell<Option<D>>,
}

impl<P: Fn(usize), D: FnOnce(Result<Vec<Fate>, String>)> Tally<P, D> {
    /// Of so many certificates.
    pub(super) fn new(of: usize, progress: P, done: D) -> Self {
        Self {
            fates: RefCell::new(vec![Fate::default(); of]),
            judged: Cell::new(0),
            progress,
            done: Cell::new(Some(done)),
        }
    }

    /// Those of a share that begins there; the last share ends the audit.
    pub(super) fn add(&self, from: usize, found: Fates) {
        let mut fates = self.fates.borrow_mut();
        self.judged.set(self.judged.get() + found.judged);
        for (at, fate) in found.refused {
            if let Some(place) = fates.get_mut(from + at) {
                *place = fate;
            }
        }
        if self.judged.get() < fates.len() {
            drop(fates);
            return (self.progress)(self.judged.get());
        }
        let all = fates.split_off(0);
        drop(fates);
        self.end(Ok(all));
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

    /// The last of so many is refused.
    fn fates(code: &str, count: usize) -> Vec<Fate> {
        let mut fates = vec![Fate::default(); count];
        fates[count - 1].code = code.into();
        fates
    }

    #[test]
    fn fates_come_in_the_order_of_the_fleet() {
        let (seen, ended) = (RefCell::new(Vec::new()), RefCell::new(Vec::new()));
        let progress = |count| seen.borrow_mut().push(count);
        let tally = Tally::new(7, progress, |result| ended.borrow_mut().push(result));
        tally.add(4, fates("b", 3).into_iter().collect());
        assert!(ended.borrow().is_empty());
        tally.add(0, fates("a", 4).into_iter().collect());
        tally.failed("too late".into());
        assert_eq!(*seen.borrow(), [3]);
        let whole = [fates("a", 4), fates("b", 3)].concat();
        assert_eq!(*ended.borrow(), [Ok(whole)]);
    }

    #[test]
    fn one_that_falls_ends_it() {
        let ended = RefCell::new(Vec::new());
        let tally = Tally::new(2, |_| {}, |result| ended.borrow_mut().push(result));
        tally.failed("out of memory".into());
        tally.add(0, fates("a", 1).into_iter().collect());
        tally.add(1, fates("b", 1).into_iter().collect());
        assert_eq!(*ended.borrow(), [Err("out of memory".to_owned())]);
    }
}
