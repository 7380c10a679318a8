use const_oid::ObjectIdentifier;

use super::{Budget, PeerName, Profile};
use crate::UnixTime;

/// What is asked: may this certificate be trusted, at this moment, for this?
#[derive(Clone, Debug)]
pub struct Question<'a> {
    /// DER of the certificate in question.
    pub leaf: &'a [u8],
    /// DER of each trusted certificate: its name and key, and its own limits (RFC 5937).
    pub anchors: &'a [&'a [u8]],
    /// DER of whatever else is at hand, in any order.
    pub bag: &'a [&'a [u8]],
    /// DER of revocation lists, in any order.
    pub crls: &'a [&'a [u8]],
    /// The moment of judgement.
    pub at: UnixTime,
    /// Whose rules.
    pub profile: &'a Profile,
    /// What the certificate must be good for; what the profile says if `None`.
    pub purposes: Option<&'a [ObjectIdentifier]>,
    /// Key usage bits that the certificate must have if it has any (RFC 5280 section 4.2.1.3).
    pub key_usage: &'a [usize],
    /// Whom the certificate must be for: each of these.
    pub peers: &'a [PeerName],
    /// Inputs of section 6.1.1 (c), (e), (f) and (g).
    pub policies: PolicyInput<'a>,
    /// The most authorities between anchor and leaf, self-issued ones not counted.
    pub max_depth: Option<u32>,
    /// Whether revocation lists are asked.
    pub revocation: Revocation,
    /// Whether the profile's lint decides, too, which path is accepted.
    pub lint_decides: bool,
    /// How many more paths are judged once one holds, to show the other ways up (cross-certificates).
    pub alternatives: u32,
    /// The limits of the search.
    pub budget: Budget,
}

/// What certificate policies are asked for: RFC 5280 section 6.1.1.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct PolicyInput<'a> {
    /// (c) user-initial-policy-set; empty is any-policy.
    pub initial: &'a [ObjectIdentifier],
    /// (e) initial-policy-mapping-inhibit.
    pub inhibit_mapping: bool,
    /// (f) initial-explicit-policy.
    pub require_explicit: bool,
    /// (g) initial-any-policy-inhibit.
    pub inhibit_any: bool,
}

/// Whether revocation lists are asked: RFC 5280 section 6.3.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Revocation {
    /// Where a list is about a certificate, it must be good and say that the certificate is; one that
    /// no list is about is let pass, and the report says so.
    Consult {
        /// As with [`Revocation::Require`].
        indirect: bool,
    },
    /// They are not looked at.
    #[default]
    Ignore,
    /// Each certificate below the anchor needs a current list that says it is good.
    Require {
        /// Whether lists of another issuer than the certificate's are followed (section 5.2.5). If
        /// not, they are refused by name.
        indirect: bool,
    },
}

impl<'a> Question<'a> {
    /// The plain question: no names, no policies, no revocation.
    pub fn new(
        leaf: &'a [u8],
        anchors: &'a [&'a [u8]],
        at: UnixTime,
        profile: &'a Profile,
    ) -> Self {
        Self {
            leaf,
            anchors,
            bag: &[],
            crls: &[],
            at,
            profile,
            purposes: None,
            key_usage: &[],
            peers: &[],
            policies: PolicyInput::default(),
            max_depth: None,
            revocation: Revocation::Ignore,
            lint_decides: false,
            alternatives: 0,
            budget: Budget::default(),
        }
    }

    pub(super) fn wanted_purposes(&self) -> &[ObjectIdentifier] {
        self.purposes.unwrap_or(self.profile.purposes)
    }

    pub(super) fn wanted_usage(&self) -> impl Iterator<Item = usize> {
        let own = self.profile.key_usage.iter();
        own.chain(self.key_usage).copied()
    }
}
