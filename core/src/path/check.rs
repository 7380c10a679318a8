use serde::Serialize;

use super::{Fact, Rule, Value};

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
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Check {
    /// The rule.
    pub rule: Rule,
    /// Its section.
    pub section: &'static str,
    /// What became of it.
    pub outcome: Outcome,
    /// What decided.
    pub facts: Vec<Fact>,
    /// The sentence that a person needs; empty unless something is wrong.
    pub what: String,
    /// What would mend it; empty unless something is wrong.
    pub mend: String,
}

impl Check {
    pub(super) fn new(rule: Rule, outcome: Outcome) -> Self {
        Self {
            rule,
            section: rule.section(),
            outcome,
            facts: Vec::new(),
            what: String::new(),
            mend: String::new(),
        }
    }

    pub(super) fn passed(rule: Rule) -> Self {
        Self::new(rule, Outcome::Passed)
    }

    pub(super) fn not_applicable(rule: Rule) -> Self {
        Self::new(rule, Outcome::NotApplicable)
    }

    pub(super) fn failed(rule: Rule, what: impl Into<String>) -> Self {
        Self {
            what: what.into(),
            mend: rule.mend().to_owned(),
            ..Self::new(rule, Outcome::Failed)
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

    pub(super) fn with(mut self, name: &'static str, value: impl Into<Value>) -> Self {
        let value = value.into();
        self.facts.push(Fact { name, value });
        self
    }

    pub(super) fn mended_by(mut self, mend: String) -> Self {
        self.mend = mend;
        self
    }

    /// Whether the rule is broken.
    pub fn is_failed(&self) -> bool {
        self.outcome == Outcome::Failed
    }
}
