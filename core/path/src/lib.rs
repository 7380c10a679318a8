//! The certification path engine: any bag of certificates, every path, every rule.
//!
//! [`judge()`] builds paths from a leaf to a trust anchor out of an unordered bag (RFC 4158), runs the
//! algorithm of RFC 5280 section 6.1 over each, with the policy graph of RFC 9618 and the revocation
//! lists of section 6.3, and reports: every path and why each candidate was dropped, the variables
//! before and after each certificate, and for each rule whether it held, what decided, and what
//! would mend it. What a profile demands beyond the path is told apart from it.
//!
//! It checks no signature itself: a [`Verify`] does, or several pending [`SignatureJob`]s are done
//! elsewhere and their [`Answers`] brought along the next time.
//!
//! It is a package of its own to be compiled for speed, where the page around it is compiled to be small. Nothing
//! here reads a clock, a random source, a socket or a file.
#![forbid(unsafe_code)]
#![cfg_attr(not(test), warn(clippy::indexing_slicing, clippy::string_slice))]

mod access;
mod bag;
mod budget;
mod build;
mod cert;
mod check;
mod constraint;
mod crl;
mod detail;
mod engine;
mod ext;
mod fact;
mod flaw;
mod general;
mod host;
mod identity;
mod judge;
mod key;
mod lint;
mod name;
mod oid;
mod policy;
mod profile;
mod question;
mod report;
mod revocation;
mod rule;
mod signature;
mod time;
mod tlv;
mod walk;
pub mod x509;

pub use budget::Budget;
pub use check::{Check, Outcome};
pub use fact::{Fact, Value};
pub use host::PeerName;
pub use identity::Identity;
pub use judge::{Fleet, judge};
pub use name::shown_name;
pub use profile::{ANY_PURPOSE, CLIENT_AUTH, Lint, Profile, SERVER_AUTH};
pub use question::{PolicyInput, Question, Revocation};
pub use report::{
    CertReport, Dropped, PathReport, Place, Report, State, Unreadable, Verdict, VerifiedPath,
};
pub use rule::Rule;
pub use signature::{Answer, Answers, SignatureCheck, SignatureJob, Verify};
pub use x509::UnixTime;
