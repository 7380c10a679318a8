//! The valid policy tree, node by node as RFC 5280 section 6.1 writes it: a second opinion on the graph of
//! RFC 9618, and the means to show in which step another judge departs from the text.

use serde::Deserialize;
use spki::ObjectIdentifier;

use super::make::Policies;

pub(super) const ANY: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.5.29.32.0");

/// What one certificate below the anchor says about policies.
#[derive(Clone, Debug, Default)]
pub struct Asserted {
    pub(super) self_issued: bool,
    pub(super) policies: Option<Vec<ObjectIdentifier>>,
    pub(super) mappings: Vec<(ObjectIdentifier, ObjectIdentifier)>,
    pub(super) require_explicit: Option<u8>,
    pub(super) inhibit_mapping: Option<u8>,
    pub(super) inhibit_any: Option<u8>,
}

/// One step taken as OpenSSL takes it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Step {
    /// Section 6.1.4 (b)(1) maps what the certificate's anyPolicy would cover, be it inhibited or not.
    MapsInhibited,
    /// Section 6.1.3 (d)(2) copies the policy itself, not what it is mapped to, if the certificate
    /// above maps it without listing it, and to one policy only; section 6.1.4 (b) leaves the copy alone.
    CopiesUnmapped,
    /// Section 6.1.4 (a) and (b) are left out for a certificate without policies.
    SkipsMappings,
}

struct Node {
    depth: usize,
    parent: Option<usize>,
    policy: ObjectIdentifier,
    expected: Vec<ObjectIdentifier>,
    /// See [`Step::CopiesUnmapped`]: the certificate's own mappings leave it as it is.
    is_copy: bool,
    is_gone: bool,
}

struct Tree(Vec<Node>);

/// `ok`, or the code of the first rule that is broken, with these steps taken as OpenSSL takes them.
pub fn verdict(asserted: &[Asserted], input: &Policies, steps: &[Step]) -> &'static str {
    let length = asserted.len();
    let start = |now: bool| if now { 0 } else { length + 1 };
    let (mut explicit, mut mapping, mut any) = (
        start(input.require_explicit),
        start(input.inhibit_mapping),
        start(input.inhibit_any),
    );
    let mut tree = Tree(Vec::new());
    tree.add(0, None, ANY);
    for (index, cert) in asserted.iter().enumerate() {
        let (depth, is_last) = (index + 1, index + 1 == length);
        let any_allowed = any > 0 || (!is_last && cert.self_issued);
        let above = index.checked_sub(1).map(|above| &asserted[above]);
        let above = above.filter(|_| steps.contains(&Step::CopiesUnmapped));
        tree.extend(depth, &listed(cert, steps), any_allowed, above);
        if explicit == 0 && tree.is_null() {
            return "path.policy-required";
        }
        if is_last {
            break;
        }
        if cert.policies.is_some() || !steps.contains(&Step::SkipsMappings) {
            if cert
                .mappings
                .iter()
                .any(|(from, to)| [from, to].contains(&&ANY))
            {
                return "path.policy-mapping-any";
            }
            tree.map(depth, &cert.mappings, mapping > 0);
        }
        // Section 6.1.4 (h) to (j).
        let lower = |counter: usize, limit: Option<u8>| {
            let counter = counter.saturating_sub(usize::from(!cert.self_issued));
            limit.map_or(counter, |limit| counter.min(usize::from(limit)))
        };
        explicit = lower(explicit, cert.require_explicit);
        mapping = lower(mapping, cert.inhibit_mapping);
        any = lower(any, cert.inhibit_any);
    }
    // Section 6.1.5 (a), (b) and (g).
    let asks = asserted
        .last()
        .is_some_and(|leaf| leaf.require_explicit == Some(0));
    tree.intersect(length, &input.initial);
    if (explicit <= 1 || asks) && tree.is_null() {
        return "path.policy-accepted";
    }
    "ok"
}

/// The policies that a certificate counts as listing.
fn listed(cert: &Asserted, steps: &[Step]) -> Vec<ObjectIdentifier> {
    let mut listed = cert.policies.clone().unwrap_or_default();
    if steps.contains(&Step::MapsInhibited) && listed.contains(&ANY) {
        for (from, _) in &cert.mappings {
            if !listed.contains(from) {
                listed.push(*from);
            }
        }
    }
    listed
}

impl Asserted {
    /// See [`Step::CopiesUnmapped`].
    fn maps_unlisted(&self, policy: ObjectIdentifier) -> bool {
        let listed = self.policies.as_deref().unwrap_or_default();
        let times = self.mappings.iter().filter(|(from, _)| *from == policy);
        !listed.contains(&policy) && listed.contains(&ANY) && times.count() == 1
    }
}

impl Tree {
    fn add(&mut self, depth: usize, parent: Option<usize>, policy: ObjectIdentifier) -> usize {
        self.0.push(Node {
            depth,
            parent,
            policy,
            expected: vec![policy],
            is_copy: false,
            is_gone: false,
        });
        self.0.len() - 1
    }

    fn is_null(&self) -> bool {
        self.0.iter().all(|node| node.is_gone)
    }

    /// The nodes of a depth.
    fn at(&self, depth: usize) -> Vec<usize> {
        let here = |index: &usize| self.0[*index].depth == depth && !self.0[*index].is_gone;
        (0..self.0.len()).filter(here).collect()
    }

    fn has_child(&self, parent: usize, policy: Option<ObjectIdentifier>) -> bool {
        self.0.iter().any(|node| {
            let fits = policy.is_none_or(|policy| node.policy == policy);
            node.parent == Some(parent) && !node.is_gone && fits
        })
    }

    /// Section 6.1.3 (d) and, for no policies at all, (e).
    fn extend(
        &mut self,
        depth: usize,
        listed: &[ObjectIdentifier],
        any_allowed: bool,
        unmapped: Option<&Asserted>,
    ) {
        let above = self.at(depth - 1);
        for policy in listed.iter().filter(|policy| **policy != ANY) {
            let expects = |index: &usize| self.0[*index].expected.contains(policy);
            let mut parents: Vec<usize> = above.iter().copied().filter(expects).collect();
            if parents.is_empty() {
                let any = above.iter().copied();
                parents = any.filter(|index| self.0[*index].policy == ANY).collect();
            }
            for parent in parents {
                self.add(depth, Some(parent), *policy);
            }
        }
        for parent in above {
            let node = &self.0[parent];
            let policy = node.policy;
            let mut expected = node.expected.clone();
            let is_copy = unmapped.is_some_and(|cert| cert.maps_unlisted(policy));
            if is_copy {
                if self.has_child(parent, None) {
                    continue;
                }
                expected = vec![policy];
            }
            for policy in expected {
                let is_new = !self.has_child(parent, Some(policy));
                if listed.contains(&ANY) && any_allowed && is_new {
                    let added = self.add(depth, Some(parent), policy);
                    self.0[added].is_copy = is_copy;
                }
            }
        }
        self.prune(depth);
    }

    /// Section 6.1.4 (b).
    fn map(
        &mut self,
        depth: usize,
        mappings: &[(ObjectIdentifier, ObjectIdentifier)],
        allowed: bool,
    ) {
        for (from, _) in mappings {
            let of = |(other, to): &(ObjectIdentifier, _)| (other == from).then_some(*to);
            let expected: Vec<ObjectIdentifier> = mappings.iter().filter_map(of).collect();
            let here = self.at(depth);
            let of = |policy: ObjectIdentifier, tree: &Self| -> Vec<usize> {
                let all = here.iter().copied();
                let fits = |node: &Node| node.policy == policy && !node.is_copy;
                all.filter(|index| fits(&tree.0[*index])).collect()
            };
            let mut mapped = of(*from, self);
            if allowed && mapped.is_empty() {
                for any in of(ANY, self) {
                    mapped.push(self.add(depth, self.0[any].parent, *from));
                }
            }
            for index in mapped {
                self.0[index].expected.clone_from(&expected);
                self.0[index].is_gone = !allowed;
            }
        }
        self.prune(depth);
    }

    /// Section 6.1.5 (g)(iii).
    fn intersect(&mut self, depth: usize, initial: &[ObjectIdentifier]) {
        if initial.is_empty() {
            return;
        }
        let below_any = |tree: &Self, index: &usize| {
            let node = &tree.0[*index];
            !node.is_gone
                && node
                    .parent
                    .is_some_and(|parent| tree.0[parent].policy == ANY)
        };
        let all = 0..self.0.len();
        let set: Vec<usize> = all.filter(|index| below_any(self, index)).collect();
        let policies: Vec<_> = set.iter().map(|index| self.0[*index].policy).collect();
        for (index, policy) in set.iter().zip(&policies) {
            self.0[*index].is_gone |= *policy != ANY && !initial.contains(policy);
        }
        // Children stand behind their parents.
        for index in 0..self.0.len() {
            let parent = self.0[index].parent;
            self.0[index].is_gone |= parent.is_some_and(|parent| self.0[parent].is_gone);
        }
        for any in self.at(depth) {
            if self.0[any].policy == ANY {
                for policy in initial.iter().filter(|policy| !policies.contains(policy)) {
                    self.add(depth, self.0[any].parent, *policy);
                }
                self.0[any].is_gone = true;
            }
        }
        self.prune(depth);
    }

    /// Section 6.1.3 (d)(3).
    fn prune(&mut self, depth: usize) {
        for depth in (0..depth).rev() {
            for index in self.at(depth) {
                self.0[index].is_gone = !self.has_child(index, None);
            }
        }
    }
}
