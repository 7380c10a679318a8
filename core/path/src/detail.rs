use std::borrow::Cow;

use super::Fact;

/// What a check says beside its outcome. Of most checks there is no fact or one, and nearly every rule
/// holds: a path has a hundred checks, and only few of them need a list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Detail {
    None,
    One(Fact),
    Several(Vec<Fact>),
    Fault(Box<Fault>),
}

/// What is wrong.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Fault {
    pub(super) what: String,
    pub(super) mend: Cow<'static, str>,
    pub(super) facts: Vec<Fact>,
}

impl Detail {
    pub(super) fn and(self, fact: Fact) -> Self {
        match self {
            Self::None => Self::One(fact),
            Self::One(first) => Self::Several(vec![first, fact]),
            Self::Several(mut facts) => {
                facts.push(fact);
                Self::Several(facts)
            }
            Self::Fault(mut fault) => {
                fault.facts.push(fact);
                Self::Fault(fault)
            }
        }
    }

    /// In their order.
    pub(super) fn facts(&self) -> &[Fact] {
        match self {
            Self::None => &[],
            Self::One(fact) => core::slice::from_ref(fact),
            Self::Several(facts) => facts,
            Self::Fault(fault) => &fault.facts,
        }
    }

    pub(super) fn fault(&self) -> Option<&Fault> {
        match self {
            Self::Fault(fault) => Some(fault),
            _ => None,
        }
    }
}
