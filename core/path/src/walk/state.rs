use super::Aim;
use crate::cert::Cert;
use crate::constraint::NameSpace;
use crate::policy::Graph;
use crate::{Question, Rule, State};

/// Section 6.1.2, but for the working key and issuer and the names that are left, which the certificates above tell.
#[derive(Clone)]
pub(super) struct Variables {
    pub(super) graph: Graph,
    pub(super) explicit_policy: u32,
    pub(super) inhibit_any: u32,
    pub(super) policy_mapping: u32,
    pub(super) max_path_length: u32,
    /// Which rule the limit comes from.
    pub(super) length_rule: Rule,
    /// Not for the signer of a revocation list.
    pub(super) is_for_leaf: bool,
}

impl Variables {
    pub(super) fn new(question: &Question<'_>, length: u32, aim: Aim) -> Self {
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
            graph: Graph::default(),
            explicit_policy: start(policies.require_explicit),
            inhibit_any: start(policies.inhibit_any),
            policy_mapping: start(policies.inhibit_mapping),
            max_path_length: max_depth.map_or(length, |depth| depth.min(length)),
            length_rule: Rule::MaxDepth,
            is_for_leaf: asks,
        }
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

    /// `working` is the certificate that the next one is compared with.
    pub(super) fn snapshot(&self, space: &NameSpace<'_, '_>, working: Option<&Cert<'_>>) -> State {
        let (permitted, excluded) = space.shown();
        State {
            policies: self.graph.shown(),
            permitted,
            excluded,
            explicit_policy: self.explicit_policy,
            inhibit_any: self.inhibit_any,
            policy_mapping: self.policy_mapping,
            working: working.map(|cert| cert.identity().clone()),
            max_path_length: self.max_path_length,
        }
    }
}
