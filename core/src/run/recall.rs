//! What an earlier run of the same board means for this one.

use super::{Entry, Error, Issuance, Outcome, Record, Stage};
use crate::chain::LeafFacts;
use crate::recipe::Recipe;

/// What to do about a board that the journal may know.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Memory<'a> {
    /// Nothing was ever issued for it: go on.
    Fresh,
    /// It was finished: compare the partition with what was proved then.
    Finished(Proof<'a>),
    /// A person has to say whether a new certificate is issued.
    Ask(Error),
}

/// What an earlier run proved.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Proof<'a> {
    /// MD5 of the partition, hex.
    pub(super) image_md5: &'a str,
    /// The certificate in it.
    pub(super) leaf: &'a LeafFacts,
}

impl<'a> Memory<'a> {
    pub(super) fn of(entry: Option<&'a Entry>, registration_id: &str, recipe: &Recipe) -> Self {
        let Some(entry) = entry else {
            return Self::Fresh;
        };
        let (at, record) = (entry.at, &entry.record);
        match (Proof::of(entry), record.standing()) {
            (Some(_), _) if record.registration_id != registration_id => {
                let before = record.registration_id.clone();
                let now = registration_id.to_owned();
                Self::Ask(Error::Renamed { before, now })
            }
            (Some(_), _) if !record.is_of(recipe) => {
                let recipe = record.recipe.clone();
                Self::Ask(Error::OtherRecipe { recipe, at })
            }
            (Some(proof), _) => Self::Finished(proof),
            (None, Issuance::None) => Self::Fresh,
            (None, Issuance::Possible) => Self::Ask(Error::PossiblyIssued { at }),
            (None, Issuance::Issued) => Self::Ask(Error::IssuedBefore { at }),
        }
    }
}

impl<'a> Proof<'a> {
    pub(super) fn of(entry: &'a Entry) -> Option<Self> {
        let Record {
            outcome,
            image_md5,
            leaf,
            ..
        } = &entry.record;
        let proved = match entry.stage {
            Stage::Written => true,
            Stage::Ended => *outcome != Outcome::Fail,
            Stage::Registering | Stage::Issued | Stage::Writing => false,
        };
        let (Some(image_md5), Some(leaf), true) = (image_md5, leaf, proved) else {
            return None;
        };
        Some(Self { image_md5, leaf })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::UnixTime;

    fn leaf() -> LeafFacts {
        LeafFacts {
            subject: "CN=sn-1".into(),
            issuer: "CN=ca".into(),
            serial: "0A".into(),
            sha1: String::new(),
            sha256: String::new(),
            not_before: UnixTime(1),
            not_after: UnixTime(2),
            root_sha256: String::new(),
        }
    }

    fn recipe(name: &str, days: u32) -> Recipe {
        let sample = include_str!("../../tests/common/recipe.json");
        let mut recipe: serde_json::Value = serde_json::from_str(sample).unwrap();
        recipe["name"] = name.into();
        recipe["issued"]["validityDays"][1] = days.into();
        Recipe::parse(recipe.to_string().as_bytes()).unwrap()
    }

    fn entry(stage: Stage, outcome: Outcome, issuance: Issuance) -> Entry {
        let record = Record {
            outcome,
            issuance,
            registration_id: "sn-1".into(),
            recipe: "line".into(),
            recipe_sha256: recipe("line", 90).sha256(),
            image_md5: Some("00".into()),
            leaf: (issuance == Issuance::Issued).then(leaf),
            ..Record::default()
        };
        Entry {
            mac: "7cdfa1000001".into(),
            at: UnixTime(5),
            stage,
            record,
        }
    }

    #[test]
    fn never_issues_again_silently() {
        for (stage, issuance) in [
            (Stage::Registering, Issuance::Possible),
            (Stage::Issued, Issuance::Issued),
            (Stage::Writing, Issuance::Issued),
            (Stage::Ended, Issuance::Issued),
            (Stage::Ended, Issuance::Possible),
        ] {
            let entry = entry(stage, Outcome::Fail, issuance);
            let memory = Memory::of(Some(&entry), "sn-1", &recipe("line", 90));
            assert!(matches!(memory, Memory::Ask(_)), "{memory:?}");
            assert!(entry.holds_its_id());
        }
    }

    #[test]
    fn a_refused_second_try_does_not_wipe_out_the_first() {
        let mut entry = entry(Stage::Ended, Outcome::Fail, Issuance::None);
        entry.record.earlier = Issuance::Possible;
        let asked = Memory::Ask(Error::PossiblyIssued { at: UnixTime(5) });
        assert_eq!(Memory::of(Some(&entry), "sn-1", &recipe("line", 90)), asked);
        assert!(entry.holds_its_id());
    }

    #[test]
    fn a_finished_board_is_compared() {
        for stage in [Stage::Ended, Stage::Written] {
            let passed = entry(stage, Outcome::Pass, Issuance::Issued);
            let same = Memory::of(Some(&passed), "sn-1", &recipe("line", 90));
            assert!(matches!(same, Memory::Finished(_)), "{same:?}");
            let renamed = Memory::of(Some(&passed), "sn-2", &recipe("line", 90));
            assert!(
                matches!(renamed, Memory::Ask(Error::Renamed { .. })),
                "{renamed:?}"
            );
        }
    }

    #[test]
    fn a_board_of_another_recipe_is_asked_about() {
        let mut entry = entry(Stage::Ended, Outcome::Pass, Issuance::Issued);
        let asked = || {
            let (recipe, at) = ("line".to_owned(), UnixTime(5));
            Memory::Ask(Error::OtherRecipe { recipe, at })
        };
        let finished = |memory: Memory<'_>| matches!(memory, Memory::Finished(_));
        // A record from before knows no more than the file.
        assert!(finished(Memory::of(
            Some(&entry),
            "sn-1",
            &recipe("line", 90)
        )));
        assert_eq!(
            Memory::of(Some(&entry), "sn-1", &recipe("renamed", 90)),
            asked()
        );
        entry.record.essence_sha256 = Some(recipe("line", 90).essence_sha256());
        assert!(finished(Memory::of(
            Some(&entry),
            "sn-1",
            &recipe("renamed", 90)
        )));
        assert_eq!(
            Memory::of(Some(&entry), "sn-1", &recipe("line", 30)),
            asked()
        );
    }

    #[test]
    fn a_refusal_leaves_no_trace() {
        assert_eq!(Memory::of(None, "sn-1", &recipe("line", 90)), Memory::Fresh);
        let refused = entry(Stage::Ended, Outcome::Fail, Issuance::None);
        assert_eq!(
            Memory::of(Some(&refused), "sn-1", &recipe("line", 90)),
            Memory::Fresh
        );
        assert!(!refused.holds_its_id());
    }
}
