#![no_main]
use libfuzzer_sys::fuzz_target;
use signet_core::path::{Answer, Answers, Fleet, Profile, Question, Revocation, SignatureCheck, Verify, judge};

/// Every signature is good: what comes after it is what is attacked.
struct Anything;
impl Verify for Anything {
    fn verify(&self, _: &SignatureCheck<'_>) -> Answer { Answer::Valid }
}

/// Objects with a kind (0 leaf, 1 anchor, 2 bag, 3 list) and a length (two bytes) in front.
fuzz_target!(|data: &[u8]| {
    let (mut kinds, mut rest) = ([const { Vec::new() }; 4], data);
    while let [kind, high, low, after @ ..] = rest {
        let (object, after) = after.split_at(after.len().min(usize::from(u16::from_be_bytes([*high, *low]))));
        kinds[usize::from(kind % 4)].push(object);
        rest = after;
    }
    let [leaves, anchors, bag, crls] = &kinds;
    let (profile, revocation) = (Profile::web(), Revocation::Require { indirect: true });
    let plain = Question::new(leaves.first().copied().unwrap_or_default(), anchors, signet_core::UnixTime(1_800_000_000), &profile);
    let question = Question { bag, crls, revocation, lint_decides: data.len() % 2 == 0, ..plain };
    let report = judge(&question, &Anything);
    assert_eq!(report.is_accepted(), report.verified().is_some());
    assert!(!judge(&question, &Answers::default()).is_accepted());
    let fleet = Fleet::new(question.clone());
    for leaf in leaves.iter().take(4).chain(leaves.first()) {
        let alone = judge(&Question { leaf, ..question.clone() }, &Anything);
        assert_eq!(fleet.judge(leaf, &Anything).verdict, alone.verdict);
    }
});
