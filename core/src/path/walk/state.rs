use std::sync::Arc;

use super::Aim;
use crate::path::cert::Cert;
use crate::path::constraint::NameSpace;
use crate::path::key::WorkingKey;
use crate::path::name::DirName;
use crate::path::policy::Graph;
use crate::path::{Fingerprint, Question, Rule, State};

/// Section 6.1.2.
pub(super) struct Variables<'q> {
    pub(super) graph: Graph,
    pub(super) space: NameSpace<'q>,
    pub(super) explicit_policy: u32,
    pub(super) inhibit_any: u32,
    pub(super) policy_mapping: u32,
    pub(super) key: WorkingKey<'q>,
    key_sha256: Fingerprint,
    issuer: Option<DirName>,
    pub(super) max_path_length: u32,
    /// Which rule the limit comes from.
    pub(super) length_rule: Rule,
    /// Not for the signer of a revocation list.
    pub(super) is_for_leaf: bool,
}

impl<'q> Variables<'q> {
    pub(super) fn new(question: &Question<'q>, length: u32, aim: Aim) -> Self {
        let asks = aim == Aim::Leaf;
        let policies = question.policies;
        let start = |now: bool| {
            if now && asks {
                0
            } else {
                length.saturating_add(1)
            }
        };
        let max_depth = question.max_depth.filter(|_| asks);
        Self {
            graph: Graph::new(),
            space: NameSpace::default(),
            explicit_policy: start(policies.require_explicit),
            inhibit_any: start(policies.inhibit_any),
            policy_mapping: start(policies.inhibit_mapping),
            key: WorkingKey::default(),
            key_sha256: Fingerprint::default(),
            issuer: None,
            max_path_length: max_depth.map_or(length, |depth| depth.min(length)),
            length_rule: Rule::MaxDepth,
            is_for_leaf: asks,
        }
    }

    /// (f) and (g) of section 6.1.1 (d), later section 6.1.4 (c) to (f).
    pub(super) fn take_key(&mut self, cert: &Cert<'q>) {
        self.key = match self.issuer {
            None => cert.key,
            Some(_) => self.key.above(cert.key),
        };
        self.key_sha256 = cert.spki_sha256().clone();
        self.issuer = Some(cert.subject.clone());
    }

    pub(super) fn is_issuer(&self, name: &DirName) -> bool {
        self.issuer.as_ref() == Some(name)
    }

    pub(super) fn issuer_shown(&self) -> &str {
        self.issuer.as_ref().map_or("", |name| &name.shown)
    }

    /// Section 6.1.5 (g).
    pub(super) fn accepted(&self, question: &Question<'_>) -> Vec<String> {
        let initial = if self.is_for_leaf {
            question.policies.initial
        } else {
            &[]
        };
        let accepted = self.graph.accepted(initial);
        accepted.iter().map(ToString::to_string).collect()
    }

    pub(super) fn snapshot(&self) -> State {
        let (permitted, excluded) = self.space.shown();
        State {
            policies: self.graph.shown(),
            permitted,
            excluded,
            explicit_policy: self.explicit_policy,
            inhibit_any: self.inhibit_any,
            policy_mapping: self.policy_mapping,
            working_key: self.key_sha256.clone(),
            working_issuer: self
                .issuer
                .as_ref()
                .map_or_else(Arc::default, |name| name.shown.clone()),
            max_path_length: self.max_path_length,
        }
    }
}
