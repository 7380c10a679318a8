use std::sync::Arc;

use serde::ser::SerializeStruct;
use serde::{Serialize, Serializer};

use super::detail::{Detail, Long};
use super::{Fact, Rule, Value};
use crate::UnixTime;

/// What became of one rule at one certificate.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Outcome {
    /// The rule is broken.
    Failed,
    /// Worth knowing, and no reason to refuse.
    Noted,
    /// The rule asks about something that is not there.
    NotApplicable,
    /// The rule holds.
    Passed,
    /// The answer depends on a signature that has not been checked yet.
    Pending,
}

/// One rule, judged.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Check {
    /// The rule.
    pub rule: Rule,
    /// What became of it.
    pub outcome: Outcome,
    detail: Detail,
}

impl Check {
    pub(super) fn new(rule: Rule, outcome: Outcome) -> Self {
        Self {
            rule,
            outcome,
            detail: Detail::None,
        }
    }

    pub(super) fn passed(rule: Rule) -> Self {
        Self::new(rule, Outcome::Passed)
    }

    /// Passed, since two things have one value.
    pub(super) fn same(rule: Rule, names: &'static [&'static str; 2], value: Value) -> Self {
        Self {
            detail: Detail::Same(names, value),
            ..Self::passed(rule)
        }
    }

    pub(super) fn not_applicable(rule: Rule) -> Self {
        Self::new(rule, Outcome::NotApplicable)
    }

    pub(super) fn failed(rule: Rule, what: impl Into<String>) -> Self {
        let fault = Long {
            what: what.into(),
            mend: rule.mend().into(),
            facts: Vec::new(),
        };
        Self {
            rule,
            outcome: Outcome::Failed,
            detail: Detail::Long(Arc::new(fault)),
        }
    }

    /// Passed, or failed with the sentence.
    pub(super) fn that(rule: Rule, holds: bool, what: impl FnOnce() -> String) -> Self {
        if holds {
            Self::passed(rule)
        } else {
            Self::failed(rule, what())
        }
    }

    /// The same breach, told but not held against the path.
    pub(super) fn noted(mut self) -> Self {
        if self.outcome == Outcome::Failed {
            self.outcome = Outcome::Noted;
        }
        self
    }

    /// The name behind a thin pointer: there are many checks.
    pub(super) fn with(self, name: &'static &'static str, value: impl Into<Value>) -> Self {
        let value = value.into();
        match self.detail {
            Detail::None => Self {
                detail: Detail::One(name, value),
                ..self
            },
            _ => self.and(Fact { name, value }),
        }
    }

    pub(super) fn and(self, fact: Fact) -> Self {
        let detail = self.detail.and(fact);
        Self { detail, ..self }
    }

    /// Two moments, in one go.
    pub(super) fn with_moments(
        self,
        names: &'static [&'static str; 2],
        moments: [UnixTime; 2],
    ) -> Self {
        match self.detail {
            Detail::None => Self {
                detail: Detail::Moments(names, moments),
                ..self
            },
            _ => names
                .iter()
                .zip(moments)
                .fold(self, |check, (name, at)| check.with(name, at)),
        }
    }

    pub(super) fn mended_by(mut self, mend: String) -> Self {
        if let Detail::Long(fault) = &mut self.detail {
            Arc::make_mut(fault).mend = mend.into();
        }
        self
    }

    /// What decided.
    pub fn facts(&self) -> Vec<Fact> {
        self.detail.facts()
    }

    /// The section that sets the rule.
    pub fn section(&self) -> &'static str {
        self.rule.section()
    }

    /// The sentence that a person needs; empty unless something is wrong.
    pub fn what(&self) -> &str {
        self.detail.long().map_or("", |fault| &fault.what)
    }

    /// What would mend it; empty unless something is wrong.
    pub fn mend(&self) -> &str {
        self.detail.long().map_or("", |fault| &fault.mend)
    }

    /// Whether the rule is broken.
    pub fn is_failed(&self) -> bool {
        self.outcome == Outcome::Failed
    }
}

impl Serialize for Check {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut check = serializer.serialize_struct("Check", 6)?;
        check.serialize_field("rule", &self.rule)?;
        check.serialize_field("section", self.section())?;
        check.serialize_field("outcome", &self.outcome)?;
        check.serialize_field("facts", &self.facts())?;
        check.serialize_field("what", self.what())?;
        check.serialize_field("mend", self.mend())?;
        check.end()
    }
}
