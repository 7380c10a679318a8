#![no_main]
use libfuzzer_sys::fuzz_target;
use signet_core::UnixTime;
use signet_core::cert::ListSummary;
use signet_core::path::{Answer, Profile, Question, Revocation, SignatureCheck, Verify, judge};

/// Every signature is good, so that the entries are reached.
struct Anything;
impl Verify for Anything {
    fn verify(&self, _: &SignatureCheck<'_>) -> Answer { Answer::Valid }
}

/// A chain of three: kind, length in two bytes, object; see the target `path`.
const CHAIN: &[u8] = include_bytes!("../../core/tests/corpus/path/good.bin");

fuzz_target!(|data: &[u8]| {
    if let Ok(list) = ListSummary::from_der(data) {
        assert!(list.entries.len() <= list.count);
    }
    let (mut kinds, mut rest) = ([const { Vec::new() }; 4], CHAIN);
    while let [kind, high, low, after @ ..] = rest {
        let (object, after) = after.split_at(usize::from(u16::from_be_bytes([*high, *low])));
        kinds[usize::from(kind % 4)].push(object);
        rest = after;
    }
    let [leaves, anchors, bag, _] = &kinds;
    let (profile, revocation) = (Profile::device(), Revocation::Require { indirect: true });
    let plain = Question::new(leaves[0], anchors, UnixTime(1_800_000_000), &profile);
    let _ = judge(&Question { bag, crls: &[data], revocation, ..plain }, &Anything);
});
