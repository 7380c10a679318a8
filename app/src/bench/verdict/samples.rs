//! Core's own examples, for the tests of this module.

use signet_core::UnixTime;
use signet_core::path::{self, Answer, Answers, Profile, Question, Report, Revocation};

use super::places::{Places, Stand, bytes};

/// A chain, and a list of each authority from the first day of 2027 to that of its second month.
pub(super) const LISTED: &[u8] = include_bytes!("../../../../core/tests/corpus/path/listed.bin");

/// Two ways up, by a root that another authority has signed as well.
pub(super) const CROSS: &[u8] = include_bytes!("../../../../core/tests/corpus/path/cross.bin");

/// Reads a file of core's corpus `path`: objects with a kind (0 leaf, 1 anchor, 2 bag, 3 list) and a
/// length in front.
pub(super) fn places(mut packed: &[u8]) -> Places {
    let mut kinds = [const { Vec::new() }; 4];
    while let [kind, high, low, after @ ..] = packed {
        let length = usize::from(u16::from_be_bytes([*high, *low]));
        let (object, after) = after.split_at(length);
        let der = object.into();
        kinds[usize::from(*kind)].push(Stand { id: None, der });
        packed = after;
    }
    let [mut leaves, anchors, bag, crls] = kinds;
    Places {
        leaf: leaves.pop().unwrap(),
        anchors,
        bag,
        crls,
    }
}

/// The report with every signature taken for valid.
pub(super) fn judge(places: &Places, at: UnixTime) -> Report {
    let profile = Profile::rfc5280();
    let (anchors, bag) = (bytes(&places.anchors), bytes(&places.bag));
    let crls = bytes(&places.crls);
    let mut question = Question::new(&places.leaf.der, &anchors, at, &profile);
    question.bag = &bag;
    question.crls = &crls;
    question.alternatives = 3;
    if !crls.is_empty() {
        question.revocation = Revocation::Consult { indirect: true };
    }
    let mut answers = Answers::default();
    loop {
        let report = path::judge(&question, &answers);
        if report.pending.is_empty() {
            return report;
        }
        for job in report.pending {
            answers.insert(job, Answer::Valid);
        }
    }
}
