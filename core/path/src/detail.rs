use std::borrow::Cow;
use std::sync::Arc;

use super::{Fact, Value};
use crate::UnixTime;

/// What a check says beside its outcome. Of most checks there is no fact or one, and nearly every rule
/// holds: a path has a hundred checks, and only few of them need a list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Detail {
    None,
    One(&'static &'static str, Value),
    /// Two names for one value.
    Same(&'static [&'static str; 2], Value),
    Moments(&'static [&'static str; 2], [UnixTime; 2]),
    /// Behind a pointer whose end is code apart: what nearly every check has is given back in few steps.
    Long(Arc<Long>),
}

/// What is wrong, if anything, and any number of facts.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Long {
    pub(super) what: String,
    pub(super) mend: Cow<'static, str>,
    pub(super) facts: Vec<Fact>,
}

impl Detail {
    pub(super) fn and(self, fact: Fact) -> Self {
        let mut long = match self {
            Self::Long(long) => long,
            few => Arc::new(Long {
                facts: few.facts(),
                ..Long::default()
            }),
        };
        Arc::make_mut(&mut long).facts.push(fact);
        Self::Long(long)
    }

    /// In their order.
    pub(super) fn facts(&self) -> Vec<Fact> {
        match self {
            Self::None => Vec::new(),
            Self::One(name, value) => {
                let value = value.clone();
                vec![Fact { name, value }]
            }
            Self::Same(names, value) => both(names, [value.clone(), value.clone()]),
            Self::Moments(names, moments) => both(names, moments.map(Value::Time)),
            Self::Long(long) => long.facts.clone(),
        }
    }

    pub(super) fn long(&self) -> Option<&Long> {
        match self {
            Self::Long(long) => Some(long),
            _ => None,
        }
    }
}

fn both(names: &[&'static str; 2], values: [Value; 2]) -> Vec<Fact> {
    let facts = names.iter().zip(values);
    facts.map(|(name, value)| Fact { name, value }).collect()
}
