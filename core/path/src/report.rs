use std::borrow::Cow;
use std::sync::{Arc, OnceLock};

use serde::ser::SerializeStruct;
use serde::{Serialize, Serializer};

use super::{Answer, Check, Identity, Outcome, Rule, SignatureJob};
use crate::UnixTime;

/// Everything that was found out.
#[derive(Clone, Debug, Serialize)]
pub struct Report {
    /// Whose rules.
    pub profile: &'static str,
    /// The moment of judgement.
    pub at: UnixTime,
    /// Accepted, refused, or waiting for signatures.
    pub verdict: Verdict,
    /// The path that was accepted, or the one that comes nearest; see [`Report::nearest`].
    pub nearest: Option<usize>,
    /// Every path to an anchor that was judged, in the order of the search.
    pub paths: Vec<PathReport>,
    /// Why each candidate issuer that was looked at stands in no path.
    pub dropped: Vec<Dropped>,
    /// What of the objects at hand could not be read.
    pub unreadable: Vec<Unreadable>,
    /// The limits that were reached, if any.
    pub exhausted: Vec<Rule>,
    /// The signature checks that somebody has to do before the question is asked again.
    #[serde(skip)]
    pub pending: Vec<SignatureJob>,
    /// The path that holds, if everything that it waits for does.
    #[serde(skip)]
    pub(super) promised: Option<VerifiedPath>,
}

/// The answer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Verdict {
    /// A path holds.
    Accepted,
    /// A path holds if the pending signatures do.
    Pending,
    /// No path holds; the rule that the nearest one breaks first, or that ended the search.
    Refused(Box<Check>),
}

/// A path for which every rule of section 6.1 held. Only the engine makes one.
#[derive(Clone, Debug)]
pub struct VerifiedPath {
    /// Each certificate, whose DER is copied out when somebody first asks for it.
    pub(super) route: Vec<Arc<Identity>>,
    pub(super) certificates: OnceLock<Vec<Vec<u8>>>,
    pub(super) policies: Vec<String>,
    pub(super) at: UnixTime,
}

impl PartialEq for VerifiedPath {
    fn eq(&self, other: &Self) -> bool {
        self.route == other.route && self.policies == other.policies && self.at == other.at
    }
}

impl Eq for VerifiedPath {}

/// One path, judged.
#[derive(Clone, Debug, Serialize)]
pub struct PathReport {
    /// Anchor first, leaf last.
    pub certificates: Vec<Arc<CertReport>>,
    /// The policies that hold for the whole path, cut down to what was asked for.
    pub policies: Vec<String>,
    /// What the profile says about the path as a whole.
    pub lint: Vec<Check>,
    /// Whether a signature is pending.
    pub pending: bool,
    /// Whether an anchor is at its top. If not, it is only as far as the search got, with what each
    /// certificate says by itself.
    pub complete: bool,
}

/// One certificate of a path.
#[derive(Clone, Debug)]
pub struct CertReport {
    /// Which object; see [`Place`].
    pub place: Place,
    /// Which certificate.
    pub identity: Arc<Identity>,
    /// The rules of section 6.1, in its order.
    pub checks: Vec<Check>,
    /// The rules of the profile that do not decide the path.
    pub lint: Vec<Check>,
    /// Section 6.1's variables before this certificate.
    pub before: Arc<State>,
    /// And after it.
    pub after: Arc<State>,
}

impl Serialize for CertReport {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut cert = serializer.serialize_struct("CertReport", 11)?;
        let identity = &self.identity;
        cert.serialize_field("place", &self.place)?;
        cert.serialize_field("subject", &identity.subject)?;
        cert.serialize_field("issuer", &identity.issuer)?;
        cert.serialize_field("serial", identity.serial())?;
        cert.serialize_field("sha256", identity.sha256())?;
        cert.serialize_field("not_before", &identity.not_before)?;
        cert.serialize_field("not_after", &identity.not_after)?;
        cert.serialize_field("checks", &self.checks)?;
        cert.serialize_field("lint", &self.lint)?;
        cert.serialize_field("before", &self.before)?;
        cert.serialize_field("after", &self.after)?;
        cert.end()
    }
}

/// Where an object came from: its index there.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Place {
    /// Among the anchors.
    Anchor(usize),
    /// In the bag.
    Bag(usize),
    /// Among the revocation lists.
    Crl(usize),
    /// The certificate in question.
    Leaf,
}

/// The variables of RFC 5280 section 6.1.2, as far as people can read them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct State {
    /// (a) valid_policy_graph: its lowest level.
    pub policies: Vec<Cow<'static, str>>,
    /// (b) permitted_subtrees, one list per authority that sets some.
    pub permitted: Vec<Vec<String>>,
    /// (c) excluded_subtrees.
    pub excluded: Vec<String>,
    /// (d) explicit_policy.
    pub explicit_policy: u32,
    /// (e) inhibit_anyPolicy.
    pub inhibit_any: u32,
    /// (f) policy_mapping.
    pub policy_mapping: u32,
    /// (g) to (j): whose name and key the next certificate is compared with, once there is somebody.
    pub working: Option<Arc<Identity>>,
    /// (k) max_path_length.
    pub max_path_length: u32,
}

impl State {
    /// (g) to (i) the working key: SHA-256 of its SubjectPublicKeyInfo; empty above the anchor.
    pub fn working_key(&self) -> &str {
        self.working.as_ref().map_or("", |cert| cert.key_sha256())
    }

    /// (j) working_issuer_name: RFC 4514, safe to show; empty above the anchor.
    pub fn working_issuer(&self) -> &str {
        self.working.as_ref().map_or("", |cert| &cert.subject)
    }
}

impl Serialize for State {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut state = serializer.serialize_struct("State", 9)?;
        state.serialize_field("policies", &self.policies)?;
        state.serialize_field("permitted", &self.permitted)?;
        state.serialize_field("excluded", &self.excluded)?;
        state.serialize_field("explicit_policy", &self.explicit_policy)?;
        state.serialize_field("inhibit_any", &self.inhibit_any)?;
        state.serialize_field("policy_mapping", &self.policy_mapping)?;
        state.serialize_field("working_key", self.working_key())?;
        state.serialize_field("working_issuer", self.working_issuer())?;
        state.serialize_field("max_path_length", &self.max_path_length)?;
        state.end()
    }
}

/// A candidate that stands in no path, or a place where the search came to an end.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Dropped {
    /// The certificate whose issuer was looked for: its subject.
    pub below: Arc<str>,
    /// How many certificates were between it and the leaf, itself included.
    pub depth: usize,
    /// The candidate, if there was one.
    pub candidate: Option<Place>,
    /// Its subject.
    pub subject: Option<Arc<str>>,
    /// Why not.
    pub why: Check,
}

/// An object that could not be read.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Unreadable {
    /// Which.
    pub place: Place,
    /// Why, with the byte if it is known.
    pub why: Check,
}

impl Report {
    /// The accepted path.
    pub fn verified(&self) -> Option<&VerifiedPath> {
        self.promised.as_ref().filter(|_| self.is_accepted())
    }

    /// The report of the same question now that every pending signature is found to be valid, without
    /// asking it again; `found` holds an answer for each, in their order. `Err` gives the report back:
    /// some signature is not, or a revocation list waits for its own, and only then its entries count.
    ///
    /// # Errors
    /// The report, as it was: ask the question again.
    pub fn confirm(mut self, found: &[Answer]) -> Result<Self, Box<Self>> {
        let all = found.len() == self.pending.len();
        let valid = found.iter().all(|answer| *answer == Answer::Valid);
        let waits = |check: &Check| check.outcome == Outcome::Pending;
        let paths = self.paths.iter_mut();
        let certificates = paths.flat_map(|path| &mut path.certificates);
        // What nothing in it waits for may belong to other reports as well.
        let certificates = certificates.filter(|cert| cert.checks.iter().any(waits));
        let mut waiting: Vec<&mut Check> = certificates
            .flat_map(|cert| &mut Arc::make_mut(cert).checks)
            .filter(|check| waits(check))
            .collect();
        let simple = waiting.iter().all(|check| check.rule == Rule::Signature);
        if !(all && valid && simple) {
            return Err(Box::new(self));
        }
        for check in &mut waiting {
            check.outcome = Outcome::Passed;
        }
        for path in &mut self.paths {
            path.pending = false;
        }
        self.pending.clear();
        if self.verdict == Verdict::Pending {
            self.verdict = Verdict::Accepted;
        }
        Ok(self)
    }

    /// Whether a path holds.
    pub fn is_accepted(&self) -> bool {
        self.verdict == Verdict::Accepted
    }

    /// The path that was accepted or comes nearest.
    pub fn nearest(&self) -> Option<&PathReport> {
        self.nearest.and_then(|index| self.paths.get(index))
    }

    /// Each broken rule of the nearest path, those that decide first; without a path, why there is
    /// none.
    pub fn failures(&self) -> Vec<&Check> {
        let refused = match &self.verdict {
            Verdict::Refused(check) => Some(&**check),
            _ => None,
        };
        let mut found: Vec<&Check> = refused.into_iter().collect();
        if let Some(path) = self.nearest() {
            found.extend(path.failures().filter(|check| Some(*check) != refused));
            found.extend(path.lint_failures().filter(|check| Some(*check) != refused));
        }
        found
    }
}

impl PathReport {
    /// The broken rules of section 6.1, from the anchor down.
    pub fn failures(&self) -> impl Iterator<Item = &Check> {
        let checks = self.certificates.iter().flat_map(|cert| &cert.checks);
        checks.filter(|check| check.is_failed())
    }

    /// The broken rules of the profile, from the anchor down.
    pub fn lint_failures(&self) -> impl Iterator<Item = &Check> {
        let checks = self.certificates.iter().flat_map(|cert| &cert.lint);
        checks.chain(&self.lint).filter(|check| check.is_failed())
    }
}

impl VerifiedPath {
    /// DER of each certificate, leaf first, anchor last.
    pub fn certificates(&self) -> &[Vec<u8>] {
        let copied = || self.route.iter().map(|one| one.der().to_vec()).collect();
        self.certificates.get_or_init(copied)
    }

    /// The policies that hold for the whole path.
    pub fn policies(&self) -> &[String] {
        &self.policies
    }

    /// The moment at which it holds.
    pub fn at(&self) -> UnixTime {
        self.at
    }
}
