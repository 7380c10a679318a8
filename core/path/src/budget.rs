use super::Rule;

/// How much a question may cost. Each limit has a rule of its own that names its exhaustion.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Budget {
    /// Distinct signature checks.
    pub signatures: u32,
    /// Candidate issuers looked at.
    pub candidates: u32,
    /// Complete paths judged.
    pub paths: u32,
    /// Comparisons of a name with a constraint.
    pub names: u32,
    /// Nodes and edges of policy graphs.
    pub policies: u32,
    /// Certificates between the leaf and the anchor, both not counted.
    pub depth: u32,
    /// Certificates and revocation lists at hand.
    pub objects: u32,
    /// Bytes of one certificate.
    pub bytes: u32,
}

impl Default for Budget {
    /// Signatures and comparisons as in rustls-webpki, whose limits the whole Web PKI fits; the
    /// others a few times what real paths need.
    fn default() -> Self {
        Self {
            signatures: 100,
            candidates: 20_000,
            paths: 200,
            names: 250_000,
            policies: 20_000,
            depth: 32,
            objects: 20_000,
            bytes: 1024 * 1024,
        }
    }
}

/// What is left.
#[derive(Clone, Copy, Debug)]
pub(super) struct Purse(Budget);

/// What a part of the work took.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Cost {
    signatures: u32,
    names: u32,
    policies: u32,
}

impl Cost {
    /// Nodes and edges of the policy graph.
    pub(super) fn policy_nodes(self) -> usize {
        usize::try_from(self.policies).unwrap_or(usize::MAX)
    }
}

impl Purse {
    pub(super) fn new(budget: Budget) -> Self {
        Self(budget)
    }

    pub(super) fn signature(&mut self) -> Result<(), Rule> {
        take(&mut self.0.signatures, 1, Rule::BudgetSignatures)
    }

    pub(super) fn candidate(&mut self) -> Result<(), Rule> {
        take(&mut self.0.candidates, 1, Rule::BudgetCandidates)
    }

    pub(super) fn path(&mut self) -> Result<(), Rule> {
        take(&mut self.0.paths, 1, Rule::BudgetPaths)
    }

    pub(super) fn names(&mut self, comparisons: usize) -> Result<(), Rule> {
        take(&mut self.0.names, comparisons, Rule::BudgetNames)
    }

    pub(super) fn policies(&mut self, nodes: usize) -> Result<(), Rule> {
        take(&mut self.0.policies, nodes, Rule::BudgetPolicies)
    }

    /// What was spent since then on the rules of certificates.
    pub(super) fn spent(&self, since: &Self) -> Cost {
        let (before, now) = (&since.0, &self.0);
        Cost {
            signatures: before.signatures.saturating_sub(now.signatures),
            names: before.names.saturating_sub(now.names),
            policies: before.policies.saturating_sub(now.policies),
        }
    }

    /// What is left after the same once more, if it can be paid.
    pub(super) fn without(&self, cost: Cost) -> Option<Self> {
        let left = &self.0;
        Some(Self(Budget {
            signatures: left.signatures.checked_sub(cost.signatures)?,
            names: left.names.checked_sub(cost.names)?,
            policies: left.policies.checked_sub(cost.policies)?,
            ..*left
        }))
    }

    pub(super) fn depth(&self) -> usize {
        usize::try_from(self.0.depth).unwrap_or(usize::MAX)
    }
}

fn take(left: &mut u32, cost: usize, rule: Rule) -> Result<(), Rule> {
    let cost = u32::try_from(cost).map_err(|_| rule)?;
    *left = left.checked_sub(cost).ok_or(rule)?;
    Ok(())
}
