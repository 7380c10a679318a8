//! Wrong tokens, counted by the address from which they come.
//!
//! Nobody guesses 32 random bytes; but a list of tokens that leaked elsewhere, or a program gone wrong,
//! is not to be tried at full speed. A token that was right from an address is heard from there
//! whatever else comes from it, so that nobody keeps his neighbours out by guessing.

use std::collections::HashMap;
use std::net::{IpAddr, Ipv6Addr};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use sha2::{Digest, Sha256};

/// How many different wrong tokens are heard from an address within [`WINDOW`].
const WRONG: usize = 10;
const WINDOW: Duration = Duration::from_secs(60);
/// How many right ones are remembered for an address.
const RIGHT: usize = 16;
/// How many addresses are remembered.
const ADDRESSES: usize = 4096;

/// What came from where.
#[derive(Default)]
pub(super) struct Guesses(Mutex<HashMap<IpAddr, Tries>>);

struct Tries {
    since: Instant,
    wrong: Vec<Mark>,
    right: Vec<Mark>,
}

/// Of a token, so that the same wrong one, sent again and again by a forgotten page, counts once.
type Mark = [u8; 16];

impl Guesses {
    /// Has a token judged. `Err` is how long nothing new is heard from this address.
    pub(super) fn attempt<T>(
        &self,
        from: IpAddr,
        token: &str,
        now: Instant,
        judge: impl FnOnce() -> Option<T>,
    ) -> Result<Option<T>, Duration> {
        let mark = mark(token);
        let from = site(from);
        // Held until it is judged: many at once are still counted one after the other.
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        make_room(&mut known, from);
        let tries = known.entry(from).or_insert_with(|| Tries {
            since: now,
            wrong: Vec::new(),
            right: Vec::new(),
        });
        let gone = now.saturating_duration_since(tries.since);
        if gone >= WINDOW {
            (tries.since, tries.wrong) = (now, Vec::new());
        } else if tries.wrong.len() >= WRONG
            && !tries.right.contains(&mark)
            && !tries.wrong.contains(&mark)
        {
            return Err(WINDOW - gone);
        }
        let found = judge();
        let (heard, other, most) = match found {
            Some(_) => (&mut tries.right, &mut tries.wrong, RIGHT),
            None => (&mut tries.wrong, &mut tries.right, WRONG),
        };
        other.retain(|it| *it != mark);
        if !heard.contains(&mark) {
            heard.truncate(most - 1);
            heard.insert(0, mark);
        }
        Ok(found)
    }
}

/// Forgets the address that has been known for longest, if another one is to come.
fn make_room(known: &mut HashMap<IpAddr, Tries>, from: IpAddr) {
    if known.len() < ADDRESSES || known.contains_key(&from) {
        return;
    }
    let oldest = known.iter().min_by_key(|(_, tries)| tries.since);
    if let Some(oldest) = oldest.map(|(address, _)| *address) {
        known.remove(&oldest);
    }
}

/// Whoever has one address of IPv6 has 2^64 (RFC 4291, section 2.5.4).
fn site(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V4(address) => address.into(),
        IpAddr::V6(address) => {
            let prefix = u128::from(address) >> 64 << 64;
            Ipv6Addr::from(prefix).into()
        }
    }
}

fn mark(token: &str) -> Mark {
    let mut mark = Mark::default();
    let digest = Sha256::digest(token);
    for (to, from) in mark.iter_mut().zip(digest) {
        *to = from;
    }
    mark
}

#[cfg(test)]
mod tests {
    use super::*;

    const HERE: IpAddr = IpAddr::V4(std::net::Ipv4Addr::LOCALHOST);

    #[test]
    fn an_address_that_guesses_is_not_heard_for_a_while() {
        let guesses = Guesses::default();
        let start = Instant::now();
        let ask = |from: &str, token: &str, seconds, right: bool| {
            let now = start + Duration::from_secs(seconds);
            let judge = || right.then_some(());
            guesses.attempt(from.parse().unwrap(), token, now, judge)
        };
        assert_eq!(ask("10.0.0.1", "good", 0, true), Ok(Some(())));
        for number in 0..WRONG {
            for _ in 0..3 {
                assert_eq!(ask("10.0.0.1", &format!("{number}"), 1, false), Ok(None));
            }
        }
        let later = Err(Duration::from_secs(50));
        assert_eq!(ask("10.0.0.1", "new", 10, false), later);
        assert_eq!(
            ask("::ffff:10.0.0.1", "new", 10, true),
            later,
            "not even looked at"
        );
        assert_eq!(ask("10.0.0.1", "good", 10, true), Ok(Some(())));
        assert_eq!(ask("10.0.0.2", "new", 10, true), Ok(Some(())));
        assert_eq!(ask("10.0.0.1", "new", 60, false), Ok(None));
        // A right one that is right no more counts like another.
        assert_eq!(ask("10.0.0.1", "good", 61, false), Ok(None));
        for number in 2..WRONG {
            assert_eq!(ask("10.0.0.1", &format!("{number}"), 61, false), Ok(None));
        }
        assert!(ask("10.0.0.1", "last", 62, true).is_err());
        for number in 0..WRONG {
            let from = format!("2001:db8::{number}");
            assert_eq!(ask(&from, &format!("{number}"), 0, false), Ok(None));
        }
        assert!(ask("2001:db8::ffff", "new", 0, true).is_err());
        assert!(ask("2001:db8:0:1::1", "new", 0, true).is_ok());
    }

    #[test]
    fn what_is_remembered_is_bounded() {
        let guesses = Guesses::default();
        let start = Instant::now();
        for number in 0..u32::try_from(ADDRESSES).unwrap() + 10 {
            let now = start + Duration::from_millis(number.into());
            let from = std::net::Ipv4Addr::from(number).into();
            guesses.attempt(from, "x", now, || None::<()>).unwrap();
        }
        for number in 0..100 {
            let token = number.to_string();
            guesses.attempt(HERE, &token, start, || Some(())).unwrap();
        }
        let known = guesses.0.lock().unwrap();
        assert_eq!(known.len(), ADDRESSES);
        assert!(!known.contains_key(&"0.0.0.0".parse::<IpAddr>().unwrap()));
        assert_eq!(known[&HERE].right.len(), RIGHT);
    }
}
