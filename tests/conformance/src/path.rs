//! One path question from the command line.

use std::ffi::OsString;
use std::path::Path;

use anyhow::{Context, Result, bail};
use lexopt::prelude::*;
use signet_core::UnixTime;
use signet_core::path::{
    PeerName, PolicyInput, Profile, Question, Report, Revocation, Verdict, judge,
};
use spki::ObjectIdentifier;

use crate::{RustCrypto, objects, time};

/// What the command line asks.
#[derive(Debug, Default)]
pub struct Request {
    at: Option<UnixTime>,
    anchors: Vec<Vec<u8>>,
    leaf: Option<Vec<u8>>,
    bag: Vec<Vec<u8>>,
    crls: Vec<Vec<u8>>,
    asks_lists: bool,
    policies: Vec<ObjectIdentifier>,
    require_explicit: bool,
    inhibit_mapping: bool,
    inhibit_any: bool,
    names: Vec<PeerName>,
    profile: Option<Profile>,
    lint: bool,
    /// Whether the report is printed as JSON.
    pub json: bool,
}

impl Request {
    /// Reads the options. `--trust`, `--bag` and `--crl` take any number of files each.
    ///
    /// # Errors
    /// If they cannot be understood, or a file cannot be read.
    pub fn parse(mut arguments: lexopt::Parser) -> Result<Self> {
        let mut request = Self::default();
        while let Some(argument) = arguments.next()? {
            match argument {
                Long("time") => request.at = Some(time(&arguments.value()?.string()?)?),
                Long("trust") => files(&mut arguments, &mut request.anchors)?,
                Long("bag") => files(&mut arguments, &mut request.bag)?,
                Long("crl") => {
                    files(&mut arguments, &mut request.crls)?;
                    request.asks_lists = true;
                }
                Long("leaf") => {
                    // What follows the leaf in its file belongs to the bag.
                    let mut found = read(&arguments.value()?)?.into_iter();
                    request.leaf = Some(found.next().context("no object in --leaf")?);
                    request.bag.extend(found);
                }
                Long("policy") => request.policies.push(oid(&arguments.value()?.string()?)?),
                Long("require-explicit-policy") => request.require_explicit = true,
                Long("inhibit-mapping") => request.inhibit_mapping = true,
                Long("inhibit-any") => request.inhibit_any = true,
                Long("name") => request.names.push(name(&arguments.value()?.string()?)),
                Long("profile") => request.profile = Some(profile(&arguments.value()?.string()?)?),
                Long("lint") => request.lint = true,
                Long("json") => request.json = true,
                other => return Err(other.unexpected().into()),
            }
        }
        if request.at.is_none() || request.anchors.is_empty() || request.leaf.is_none() {
            bail!("--time, --trust and --leaf are needed");
        }
        Ok(request)
    }

    /// Answers it. Revocation is required as soon as `--crl` is said.
    pub fn answer(&self) -> Report {
        let anchors: Vec<&[u8]> = self.anchors.iter().map(Vec::as_slice).collect();
        let bag: Vec<&[u8]> = self.bag.iter().map(Vec::as_slice).collect();
        let crls: Vec<&[u8]> = self.crls.iter().map(Vec::as_slice).collect();
        let profile = self.profile.clone().unwrap_or_else(Profile::rfc5280);
        let leaf = self.leaf.as_deref().unwrap_or_default();
        let question = Question {
            bag: &bag,
            crls: &crls,
            peers: &self.names,
            policies: PolicyInput {
                initial: &self.policies,
                inhibit_mapping: self.inhibit_mapping,
                require_explicit: self.require_explicit,
                inhibit_any: self.inhibit_any,
            },
            revocation: if self.asks_lists {
                Revocation::Require { indirect: true }
            } else {
                Revocation::Ignore
            },
            lint_decides: self.lint,
            ..Question::new(leaf, &anchors, self.at.unwrap_or_default(), &profile)
        };
        judge(&question, &RustCrypto)
    }
}

/// The report for a terminal: the verdict, then the path that was accepted or comes nearest.
pub fn shown(report: &Report) -> String {
    let mut text = match &report.verdict {
        Verdict::Accepted => "accepted\n".to_owned(),
        Verdict::Pending => "pending\n".to_owned(),
        Verdict::Refused(check) => format!(
            "refused {} ({})\n  {}\n  {}\n",
            check.rule,
            check.section(),
            check.what(),
            check.mend()
        ),
    };
    for cert in report.nearest().iter().flat_map(|path| &path.certificates) {
        text.push_str(&format!("{:?} {}\n", cert.place, cert.identity.subject));
        for check in cert
            .checks
            .iter()
            .chain(&cert.lint)
            .filter(|check| !check.what().is_empty())
        {
            text.push_str(&format!(
                "  {:?} {}: {}\n",
                check.outcome,
                check.rule,
                check.what()
            ));
        }
    }
    for dropped in &report.dropped {
        let candidate = dropped.subject.as_deref().unwrap_or("nobody");
        text.push_str(&format!(
            "above {}: not {candidate}: {}\n",
            dropped.below,
            dropped.why.what()
        ));
    }
    text
}

/// The files behind an option, up to the next one.
fn files(arguments: &mut lexopt::Parser, list: &mut Vec<Vec<u8>>) -> Result<()> {
    if let Some(path) = arguments.optional_value() {
        list.extend(read(&path)?);
    }
    let mut rest = arguments.raw_args()?;
    while let Some(path) = rest.next_if(|word| !word.to_string_lossy().starts_with('-')) {
        list.extend(read(&path)?);
    }
    Ok(())
}

/// The objects of a file; one that is no object at all is for the engine to refuse.
fn read(path: &OsString) -> Result<Vec<Vec<u8>>> {
    let bytes = std::fs::read(path).with_context(|| format!("{}", Path::new(path).display()))?;
    Ok(objects(&bytes).unwrap_or_else(|_| vec![bytes]))
}

fn oid(text: &str) -> Result<ObjectIdentifier> {
    ObjectIdentifier::new(text).map_err(|_| anyhow::anyhow!("{text} is no object identifier"))
}

fn name(text: &str) -> PeerName {
    match text.parse() {
        Ok(address) => PeerName::Address(address),
        Err(_) if text.contains('@') => PeerName::Email(text.to_owned()),
        Err(_) => PeerName::Dns(text.to_owned()),
    }
}

fn profile(name: &str) -> Result<Profile> {
    let known = [
        Profile::rfc5280(),
        Profile::web(),
        Profile::device(),
        Profile::azure(None),
    ];
    let found = known.into_iter().find(|profile| profile.name == name);
    found.with_context(|| format!("no profile is called {name}"))
}
