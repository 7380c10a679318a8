//! What an earlier run of the same board means for this one.

use super::{Entry, Error, Issuance, Outcome, Stage};
use crate::chain::LeafFacts;

/// What to do about a board that the journal may know.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Memory {
    /// Nothing was ever issued for it: go on.
    Fresh,
    /// It was finished: compare the partition's MD5 (hex) with what is there.
    Finished {
        /// MD5 of the partition as recorded.
        image_md5: String,
        /// The certificate that was written.
        leaf: LeafFacts,
    },
    /// A person has to say whether a new certificate is issued.
    Ask {
        /// Why.
        error: Error,
        /// Serial number of the certificate that would be replaced, if known.
        replaces: Option<String>,
    },
}

impl Memory {
    pub(super) fn of(entry: Option<&Entry>, registration_id: &str) -> Self {
        let Some(entry) = entry else {
            return Self::Fresh;
        };
        let at = entry.at;
        let (image_md5, leaf) = match &entry.stage {
            Stage::Registering { .. } => {
                return Self::Ask {
                    error: Error::PossiblyIssued { at },
                    replaces: None,
                };
            }
            Stage::Issued { .. } => {
                return Self::Ask {
                    error: Error::IssuedBefore { at },
                    replaces: None,
                };
            }
            Stage::Writing { leaf, .. } => {
                let replaces = Some(leaf.serial.clone());
                return Self::Ask {
                    error: Error::IssuedBefore { at },
                    replaces,
                };
            }
            Stage::Written { leaf, image_md5 } => (image_md5.clone(), leaf.clone()),
            Stage::Ended { record } => match (record.outcome, &record.image_md5, &record.leaf) {
                (Outcome::Pass | Outcome::PassUnchanged, Some(md5), Some(leaf)) => {
                    (md5.clone(), leaf.clone())
                }
                (_, _, leaf) => {
                    let replaces = leaf.as_ref().map(|leaf| leaf.serial.clone());
                    return match record.issuance {
                        // An earlier certificate was about to be replaced, and still is the latest.
                        Issuance::None if record.replaces.is_some() => Self::Ask {
                            error: Error::IssuedBefore { at },
                            replaces: record.replaces.clone(),
                        },
                        Issuance::None => Self::Fresh,
                        Issuance::Possible => Self::Ask {
                            error: Error::PossiblyIssued { at },
                            replaces,
                        },
                        Issuance::Issued => Self::Ask {
                            error: Error::IssuedBefore { at },
                            replaces,
                        },
                    };
                }
            },
        };
        if entry.registration_id != registration_id {
            let (before, now) = (entry.registration_id.clone(), registration_id.to_owned());
            let replaces = Some(leaf.serial);
            return Self::Ask {
                error: Error::Renamed { before, now },
                replaces,
            };
        }
        Self::Finished { image_md5, leaf }
    }
}

#[cfg(test)]
mod tests {
    use super::super::Record;
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

    fn entry(stage: Stage) -> Entry {
        Entry {
            mac: "7cdfa1000001".into(),
            run: "r1".into(),
            registration_id: "sn-1".into(),
            at: UnixTime(5),
            stage,
        }
    }

    fn ended(outcome: Outcome, issuance: Issuance) -> Entry {
        let record = Record {
            outcome,
            issuance,
            image_md5: Some("00".into()),
            leaf: (issuance == Issuance::Issued).then(leaf),
            ..Record::default()
        };
        entry(Stage::Ended {
            record: Box::new(record),
        })
    }

    #[test]
    fn never_issues_again_silently() {
        for stage in [
            Stage::Registering { operation_id: None },
            Stage::Registering {
                operation_id: Some("o".into()),
            },
            Stage::Issued { chain: vec![] },
            Stage::Writing {
                leaf: leaf(),
                image_md5: "00".into(),
            },
        ] {
            let memory = Memory::of(Some(&entry(stage)), "sn-1");
            assert!(matches!(memory, Memory::Ask { .. }), "{memory:?}");
        }
        for issuance in [Issuance::Issued, Issuance::Possible] {
            let memory = Memory::of(Some(&ended(Outcome::Fail, issuance)), "sn-1");
            assert!(matches!(memory, Memory::Ask { .. }), "{memory:?}");
        }
    }

    #[test]
    fn a_finished_board_is_compared() {
        let passed = ended(Outcome::Pass, Issuance::Issued);
        assert!(matches!(
            Memory::of(Some(&passed), "sn-1"),
            Memory::Finished { .. }
        ));
        let renamed = Memory::of(Some(&passed), "sn-2");
        assert!(matches!(
            renamed,
            Memory::Ask {
                error: Error::Renamed { .. },
                ..
            }
        ));
        let written = entry(Stage::Written {
            leaf: leaf(),
            image_md5: "00".into(),
        });
        assert!(matches!(
            Memory::of(Some(&written), "sn-1"),
            Memory::Finished { .. }
        ));
    }

    #[test]
    fn a_refusal_leaves_no_trace() {
        assert_eq!(Memory::of(None, "sn-1"), Memory::Fresh);
        let refused = ended(Outcome::Fail, Issuance::None);
        assert_eq!(Memory::of(Some(&refused), "sn-1"), Memory::Fresh);
    }
}
