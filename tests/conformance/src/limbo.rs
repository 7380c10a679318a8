//! C2SP x509-limbo: certificates, a question and the expected answer.

mod case;
mod exceptions;

use std::io::Read;

use anyhow::{Context, Result};
use serde::Deserialize;

pub use case::{Case, Outcome, Verdict};
pub use exceptions::Exceptions;

/// A file of the suite.
#[derive(Debug, Deserialize)]
pub struct Suite {
    /// Its cases.
    pub testcases: Vec<Case>,
}

/// How a whole file was answered.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Score {
    /// Cases with the expected answer.
    pub agree: usize,
    /// All cases.
    pub of: usize,
    /// Accepted though they should be refused.
    pub false_accept: usize,
    /// Refused though they should be accepted.
    pub false_reject: usize,
    /// Not asked: the case needs something that cannot be expressed.
    pub skipped: usize,
}

impl Suite {
    /// Reads a file, compressed or not.
    ///
    /// # Errors
    /// If it is not in the suite's format.
    pub fn read(bytes: &[u8]) -> Result<Self> {
        let mut text = Vec::new();
        if bytes.starts_with(&[0x1f, 0x8b]) {
            flate2::read::GzDecoder::new(bytes).read_to_end(&mut text)?;
        } else {
            text = bytes.to_vec();
        }
        serde_json::from_slice(&text).context("not in the format of x509-limbo")
    }
}

impl Score {
    /// Counts one answer.
    pub fn add(&mut self, expected: Verdict, outcome: &Outcome) {
        self.of += 1;
        match (expected, outcome.verdict) {
            (_, None) => self.skipped += 1,
            (expected, Some(got)) if expected == got => self.agree += 1,
            (_, Some(Verdict::Success)) => self.false_accept += 1,
            (_, Some(Verdict::Failure)) => self.false_reject += 1,
        }
    }
}

impl std::fmt::Display for Score {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self {
            agree,
            of,
            false_accept,
            false_reject,
            skipped,
        } = self;
        write!(
            f,
            "agree={agree} of={of} false-accept={false_accept} false-reject={false_reject} skipped={skipped}"
        )
    }
}
