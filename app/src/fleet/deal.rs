use std::cell::Cell;
use std::sync::Arc;

use super::wire::Pile;

/// Deals certificates out in shares: smaller ones towards the end, so that no worker waits long for another.
pub(super) struct Dealer {
    /// DER of each.
    fleet: Vec<Arc<[u8]>>,
    hands: usize,
    /// How many are dealt.
    dealt: Cell<usize>,
}

/// Certificates that one worker judges before it tells of them.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Share {
    /// Where the first of them lies in the fleet.
    pub(super) from: usize,
    pub(super) fleet: Pile,
}

/// The most in a share: a tenth of a second passes between two words of a worker.
const MOST: usize = 256;

/// The least, some 5 ms.
const LEAST: usize = 16;

impl Dealer {
    /// For so many workers.
    pub(super) fn new(fleet: Vec<Arc<[u8]>>, hands: usize) -> Self {
        Self {
            fleet,
            hands,
            dealt: Cell::new(0),
        }
    }

    /// `None` when all are dealt.
    pub(super) fn next(&self) -> Option<Share> {
        let from = self.dealt.get();
        let left = self.fleet.len().saturating_sub(from);
        let count = (left / (4 * self.hands.max(1)))
            .clamp(LEAST, MOST)
            .min(left);
        self.dealt.set(from + count);
        let share = self.fleet.iter().skip(from).take(count);
        (count > 0).then(|| Share {
            from,
            fleet: share.map(|der| &**der).collect(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_shares_are_the_whole_and_become_small() {
        let fleet: Vec<Arc<[u8]>> = (0..1000_u16).map(|n| n.to_be_bytes().into()).collect();
        let dealer = Dealer::new(fleet.clone(), 2);
        let shares: Vec<Share> = core::iter::from_fn(|| dealer.next()).collect();
        assert!(
            shares
                .iter()
                .flat_map(|share| share.fleet.iter())
                .eq(fleet.iter().map(|der| &**der))
        );
        let mut from = 0;
        for share in &shares {
            assert_eq!(share.from, from);
            from += share.fleet.len();
        }
        let lengths: Vec<usize> = shares.iter().map(|share| share.fleet.len()).collect();
        assert!(lengths.is_sorted_by(|one, next| one >= next), "{lengths:?}");
        assert_eq!((lengths[0], from), (125, 1000));
        assert!(lengths.last().is_some_and(|last| *last <= LEAST));
    }

    #[test]
    fn of_nothing_there_is_no_share() {
        assert_eq!(Dealer::new(Vec::new(), 2).next(), None);
    }
}
