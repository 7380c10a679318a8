//! Certificate policies as a graph: RFC 9618, which replaces the tree of RFC 5280 section 6.1, whose
//! size an attacker could make exponential.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};

use const_oid::ObjectIdentifier;

use super::Rule;
use super::budget::Purse;
use super::ext::Mapping;
use super::oid::Policy;

/// anyPolicy, RFC 5280 section 4.2.1.4.
pub(super) const ANY_POLICY: Policy = Policy::Known(ANY_NUMBER);
const ANY_NUMBER: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.5.29.32.0");

#[derive(Clone, Debug)]
struct Node {
    expected: BTreeSet<Policy>,
    /// Valid policies of the nodes above that point here.
    parents: BTreeSet<Policy>,
}

/// Nodes of one depth, by their valid policy, which is unique there: what makes it a graph.
type Level = BTreeMap<Policy, Node>;

/// The valid policy graph: its levels, of which none is NULL. `None` is what it begins with, [`first`], as long as
/// nothing more grows from it: most paths name no policy.
#[derive(Clone, Debug, Default)]
pub(super) struct Graph(Option<Vec<Level>>);

/// RFC 9618 section 5.2: one node, anyPolicy, depth zero.
fn first() -> Vec<Level> {
    let node = Node {
        expected: BTreeSet::from([ANY_POLICY]),
        parents: BTreeSet::new(),
    };
    vec![Level::from([(ANY_POLICY, node)])]
}

/// That node in the report.
const FIRST: &str = "2.5.29.32.0 → 2.5.29.32.0";

impl Graph {
    pub(super) fn is_null(&self) -> bool {
        self.0.as_ref().is_some_and(Vec::is_empty)
    }

    /// Section 5.3 (d) with a policies extension, (e) without. `any_allowed` is the condition of
    /// (d)(2).
    pub(super) fn extend(
        &mut self,
        policies: Option<&[Policy]>,
        any_allowed: bool,
        purse: &mut Purse,
    ) -> Result<(), Rule> {
        let Some(policies) = policies else {
            self.0 = Some(Vec::new());
            return Ok(());
        };
        let levels = self.0.get_or_insert_with(first);
        let Some(above) = levels.last() else {
            return Ok(());
        };
        let expecting = expecting(above, purse)?;
        let mut level = Level::new();
        for policy in policies.iter().filter(|policy| **policy != ANY_POLICY) {
            purse.policies(1)?;
            let parents = match expecting.get(policy) {
                Some(parents) => parents.clone(),
                None if above.contains_key(&ANY_POLICY) => BTreeSet::from([ANY_POLICY]),
                None => continue,
            };
            level.insert(policy.clone(), Node::new(policy.clone(), parents));
        }
        if policies.contains(&ANY_POLICY) && any_allowed {
            for (policy, parents) in expecting {
                purse.policies(1)?;
                level
                    .entry(policy.clone())
                    .or_insert_with(|| Node::new(policy, parents));
            }
        }
        levels.push(level);
        prune(levels);
        Ok(())
    }

    /// Section 5.4 (b): with mapping allowed the expected policies change, without it the mapped
    /// ones go.
    pub(super) fn map(
        &mut self,
        mappings: &[Mapping],
        allowed: bool,
        purse: &mut Purse,
    ) -> Result<(), Rule> {
        let mut targets: BTreeMap<Policy, BTreeSet<Policy>> = BTreeMap::new();
        for (from, to) in mappings {
            purse.policies(1)?;
            targets.entry(from.clone()).or_default().insert(to.clone());
        }
        let levels = self.0.get_or_insert_with(first);
        let Some(level) = levels.last_mut() else {
            return Ok(());
        };
        for (from, to) in targets {
            if !allowed {
                level.remove(&from);
            } else if let Some(node) = level.get_mut(&from) {
                node.expected = to;
            } else if level.contains_key(&ANY_POLICY) {
                // The parent of anyPolicy is anyPolicy, since nothing is mapped to it.
                let parents = BTreeSet::from([ANY_POLICY]);
                level.insert(
                    from,
                    Node {
                        expected: to,
                        parents,
                    },
                );
            }
        }
        prune(levels);
        Ok(())
    }

    /// Section 5.5 (g): the policies that hold for the whole path, cut down to what the question
    /// accepts. An empty `initial` accepts any.
    pub(super) fn accepted(&self, initial: &[ObjectIdentifier]) -> BTreeSet<Policy> {
        let mut found = BTreeSet::new();
        // The first level holds nothing but anyPolicy.
        let levels = self.0.as_deref().unwrap_or_default();
        for level in levels {
            let rooted = |(policy, node): &(&Policy, &Node)| {
                **policy != ANY_POLICY && node.parents.contains(&ANY_POLICY)
            };
            found.extend(
                level
                    .iter()
                    .filter(rooted)
                    .map(|(policy, _)| policy.clone()),
            );
        }
        let last = levels.last().filter(|_| levels.len() > 1);
        if last.is_some_and(|level| level.contains_key(&ANY_POLICY)) {
            found.insert(ANY_POLICY);
        }
        if initial.is_empty() || initial.contains(&ANY_NUMBER) {
            return found;
        }
        let any = found.contains(&ANY_POLICY);
        let accepted = initial.iter().copied().map(Policy::Known);
        accepted
            .filter(|policy| any || found.contains(policy))
            .collect()
    }

    /// For the report: each policy of the last level and what it expects below.
    pub(super) fn shown(&self) -> Vec<Cow<'static, str>> {
        let line = |(policy, node): (&Policy, &Node)| {
            let mut line = String::with_capacity(LINE);
            line.push_str(&policy.to_string());
            for (at, expected) in node.expected.iter().enumerate() {
                line.push_str(if at == 0 { " → " } else { ", " });
                line.push_str(&expected.to_string());
            }
            line.into()
        };
        let Some(levels) = &self.0 else {
            return vec![FIRST.into()];
        };
        let last = levels.last().into_iter().flatten();
        last.take(50).map(line).collect()
    }
}

/// (d)(3): nodes without children go, from the bottom up.
fn prune(levels: &mut Vec<Level>) {
    let mut wanted: Option<BTreeSet<&Policy>> = None;
    for level in levels.iter_mut().rev() {
        if let Some(wanted) = &wanted {
            level.retain(|policy, _| wanted.contains(policy));
        }
        let level: &Level = level;
        let parents = level.values().flat_map(|node| &node.parents);
        wanted = Some(parents.collect());
    }
    if levels.last().is_some_and(Level::is_empty) {
        levels.clear();
    }
}

impl Node {
    fn new(policy: Policy, parents: BTreeSet<Policy>) -> Self {
        Self {
            expected: BTreeSet::from([policy]),
            parents,
        }
    }
}

/// As long as a line usually is.
const LINE: usize = 32;

/// For each policy that is expected below, the nodes that expect it.
fn expecting(above: &Level, purse: &mut Purse) -> Result<BTreeMap<Policy, BTreeSet<Policy>>, Rule> {
    let mut found: BTreeMap<_, BTreeSet<_>> = BTreeMap::new();
    for (policy, node) in above {
        for expected in &node.expected {
            purse.policies(1)?;
            let parents = found.entry(expected.clone()).or_default();
            parents.insert(policy.clone());
        }
    }
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::super::Budget;
    use super::*;

    fn number(last: u8) -> ObjectIdentifier {
        ObjectIdentifier::new_unwrap("1.2.3")
            .push_arc(last.into())
            .unwrap()
    }

    fn oid(last: u8) -> Policy {
        Policy::Known(number(last))
    }

    fn accepted(graph: &Graph, initial: &[u8]) -> Vec<String> {
        let initial: Vec<_> = initial.iter().map(|last| number(*last)).collect();
        graph
            .accepted(&initial)
            .iter()
            .map(ToString::to_string)
            .collect()
    }

    #[test]
    fn rfc_9618_mapping_of_two_to_one() {
        let mut purse = Purse::new(Budget::default());
        let mut graph = Graph::default();
        graph
            .extend(Some(&[oid(1), oid(2)]), false, &mut purse)
            .unwrap();
        graph
            .map(&[(oid(1), oid(3)), (oid(2), oid(3))], true, &mut purse)
            .unwrap();
        graph.extend(Some(&[oid(3)]), false, &mut purse).unwrap();
        // One node below, with two parents; both policies of the authority's domain hold.
        assert_eq!(accepted(&graph, &[]), ["1.2.3.1", "1.2.3.2"]);
        assert_eq!(accepted(&graph, &[2]), ["1.2.3.2"]);
        assert_eq!(accepted(&graph, &[3]), Vec::<String>::new());
    }

    #[test]
    fn what_a_graph_begins_with_is_shown_alike() {
        let shown = Graph::default().shown();
        assert_eq!(shown, Graph(Some(first())).shown());
        assert_eq!(shown, [FIRST]);
    }

    #[test]
    fn any_policy_stands_for_what_is_asked() {
        let mut purse = Purse::new(Budget::default());
        let mut graph = Graph::default();
        graph.extend(Some(&[ANY_POLICY]), true, &mut purse).unwrap();
        assert_eq!(accepted(&graph, &[7]), ["1.2.3.7"]);
        graph.map(&[(oid(1), oid(2))], true, &mut purse).unwrap();
        graph.extend(Some(&[oid(2)]), true, &mut purse).unwrap();
        assert_eq!(accepted(&graph, &[]), ["1.2.3.1"]);
        graph
            .extend(Some(&[ANY_POLICY]), false, &mut purse)
            .unwrap();
        assert!(graph.is_null());
    }

    #[test]
    fn inhibited_mapping_and_no_policies() {
        let mut purse = Purse::new(Budget::default());
        let mut graph = Graph::default();
        graph
            .extend(Some(&[oid(1), oid(2)]), false, &mut purse)
            .unwrap();
        graph.map(&[(oid(1), oid(3))], false, &mut purse).unwrap();
        assert_eq!(accepted(&graph, &[]), ["1.2.3.2"]);
        graph.extend(None, true, &mut purse).unwrap();
        assert!(graph.is_null());
        assert_eq!(accepted(&graph, &[]), Vec::<String>::new());
    }

    /// The attack of RFC 9618 section 2: each policy mapped to each, again and again.
    #[test]
    fn the_exponential_tree_is_a_small_graph() {
        let all: Vec<_> = (0..20).map(oid).collect();
        let mappings: Vec<_> = all
            .iter()
            .flat_map(|from| all.iter().map(move |to| (from.clone(), to.clone())))
            .collect();
        let mut purse = Purse::new(Budget::default());
        let mut graph = Graph::default();
        for _ in 0..10 {
            graph.extend(Some(&all), false, &mut purse).unwrap();
            graph.map(&mappings, true, &mut purse).unwrap();
        }
        assert_eq!(accepted(&graph, &[]).len(), 20);
        let mut short = Purse::new(Budget {
            policies: 100,
            ..Budget::default()
        });
        assert_eq!(
            graph.extend(Some(&all), false, &mut short),
            Err(Rule::BudgetPolicies)
        );
    }
}
