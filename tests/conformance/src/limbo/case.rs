use std::net::IpAddr;

use anyhow::{Context, Result, bail};
use serde::Deserialize;
use signet_core::UnixTime;
use signet_core::path::{
    Budget, CLIENT_AUTH, PeerName, PolicyInput, Profile, Question, Report, Revocation, SERVER_AUTH,
    Verify, judge,
};
use spki::ObjectIdentifier;

use crate::{RustCrypto, objects, time};

/// One case, the fields that decide.
#[derive(Clone, Debug, Deserialize)]
pub struct Case {
    /// Such as `rfc5280::nc::permitted-dns-match`.
    pub id: String,
    /// What is expected.
    pub expected_result: Verdict,
    /// What is tested, as flags.
    #[serde(default)]
    pub features: Vec<String>,
    validation_kind: Kind,
    validation_time: Option<String>,
    trusted_certs: Vec<String>,
    untrusted_intermediates: Vec<String>,
    peer_certificate: String,
    #[serde(default)]
    key_usage: Vec<String>,
    #[serde(default)]
    extended_key_usage: Vec<String>,
    expected_peer_name: Option<Name>,
    #[serde(default)]
    expected_peer_names: Vec<Name>,
    max_chain_depth: Option<u32>,
    /// Revocation lists, PEM.
    #[serde(default)]
    pub crls: Vec<String>,
}

/// The suite's two words.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum Verdict {
    /// Refused.
    Failure,
    /// Accepted.
    Success,
}

/// What the engine said about a case.
#[derive(Clone, Debug)]
pub struct Outcome {
    /// `None` if the case could not be asked.
    pub verdict: Option<Verdict>,
    /// The rule that decided, or `ok`.
    pub reason: String,
    /// Every rule that the nearest path breaks, the one that decided first.
    pub broken: Vec<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
enum Kind {
    Client,
    Server,
}

#[derive(Clone, Debug, Deserialize)]
struct Name {
    kind: String,
    value: String,
}

impl std::fmt::Display for Verdict {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Failure => "FAILURE",
            Self::Success => "SUCCESS",
        })
    }
}

impl Case {
    /// Whose rules: the suite's own namespace says where a case's expectation comes from. What
    /// stands under `webpki` follows the CA/Browser Forum, `online` is chains of public servers, and
    /// the rest follows RFC 5280. Some pairs of cases contradict each other otherwise
    /// (`conflicts_with`).
    pub fn profile(&self) -> Profile {
        match self.id.split("::").next() {
            Some("webpki" | "online") => {
                let mut web = Profile::web();
                web.lint.public_suffix = Some(is_public_suffix);
                web
            }
            _ => Profile::rfc5280(),
        }
    }

    /// Answers the case. `now` stands for the time of cases that name none.
    pub fn run(&self, now: UnixTime) -> Outcome {
        match self.ask(now, &RustCrypto) {
            Ok(report) => outcome(&report),
            Err(error) => Outcome {
                verdict: None,
                reason: format!("{error:#}"),
                broken: Vec::new(),
            },
        }
    }

    /// The whole report, with signatures by that verifier.
    ///
    /// # Errors
    /// If the case asks for something that has no form here.
    pub fn ask(&self, now: UnixTime, verifier: &dyn Verify) -> Result<Report> {
        let at = self.validation_time.as_deref().map_or(Ok(now), time)?;
        let leaf = one(&self.peer_certificate)?;
        let anchors: Vec<_> = self
            .trusted_certs
            .iter()
            .map(|pem| one(pem))
            .collect::<Result<_>>()?;
        let bag: Vec<_> = self
            .untrusted_intermediates
            .iter()
            .map(|pem| one(pem))
            .collect::<Result<_>>()?;
        let crls: Vec<_> = self
            .crls
            .iter()
            .map(|pem| one(pem))
            .collect::<Result<_>>()?;
        let (anchors, bag, crls) = (slices(&anchors), slices(&bag), slices(&crls));
        let names = self
            .expected_peer_name
            .iter()
            .chain(&self.expected_peer_names);
        let peers: Vec<PeerName> = names.map(peer).collect::<Result<_>>()?;
        let purposes = self.purposes()?;
        let key_usage: Vec<usize> = self
            .key_usage
            .iter()
            .map(|name| usage(name))
            .collect::<Result<_>>()?;
        let profile = self.profile();
        let question = Question {
            bag: &bag,
            crls: &crls,
            purposes: Some(&purposes),
            key_usage: &key_usage,
            peers: &peers,
            policies: PolicyInput::default(),
            max_depth: self.max_chain_depth,
            revocation: if self.crls.is_empty() {
                Revocation::Ignore
            } else {
                Revocation::Consult { indirect: true }
            },
            lint_decides: true,
            budget: Budget::default(),
            ..Question::new(&leaf, &anchors, at, &profile)
        };
        Ok(judge(&question, verifier))
    }

    /// The purposes that the case names, or the one of its kind.
    fn purposes(&self) -> Result<Vec<ObjectIdentifier>> {
        if self.extended_key_usage.is_empty() {
            return Ok(vec![match self.validation_kind {
                Kind::Client => CLIENT_AUTH,
                Kind::Server => SERVER_AUTH,
            }]);
        }
        self.extended_key_usage
            .iter()
            .map(|name| purpose(name))
            .collect()
    }
}

/// By the ICANN section of the public suffix list, the only one that CABF BR 3.2.2.6 looks at.
fn is_public_suffix(name: &str) -> bool {
    let found = psl::suffix(name.as_bytes());
    found.is_some_and(|suffix| {
        suffix.typ() == Some(psl::Type::Icann) && suffix.as_bytes() == name.as_bytes()
    })
}

fn outcome(report: &Report) -> Outcome {
    let broken: Vec<String> = report
        .failures()
        .iter()
        .map(|check| check.rule.code().to_owned())
        .collect();
    let verdict = if report.is_accepted() {
        Verdict::Success
    } else {
        Verdict::Failure
    };
    Outcome {
        verdict: Some(verdict),
        reason: broken.first().cloned().unwrap_or_else(|| "ok".to_owned()),
        broken,
    }
}

fn one(pem: &str) -> Result<Vec<u8>> {
    let found = objects(pem.as_bytes())?;
    found.into_iter().next().context("an empty PEM text")
}

fn slices(all: &[Vec<u8>]) -> Vec<&[u8]> {
    all.iter().map(Vec::as_slice).collect()
}

fn peer(name: &Name) -> Result<PeerName> {
    Ok(match name.kind.as_str() {
        "DNS" => PeerName::Dns(name.value.clone()),
        "IP" => PeerName::Address(name.value.parse::<IpAddr>()?),
        "RFC822" => PeerName::Email(name.value.clone()),
        other => bail!("a peer name of the kind {other}"),
    })
}

/// RFC 5280 section 4.2.1.3.
fn usage(name: &str) -> Result<usize> {
    const NAMES: [&str; 9] = [
        "digitalSignature",
        "contentCommitment",
        "keyEncipherment",
        "dataEncipherment",
        "keyAgreement",
        "keyCertSign",
        "cRLSign",
        "encipherOnly",
        "decipherOnly",
    ];
    let found = NAMES
        .iter()
        .position(|known| known.eq_ignore_ascii_case(name));
    found.with_context(|| format!("a key usage {name}"))
}

/// RFC 5280 section 4.2.1.12.
fn purpose(name: &str) -> Result<ObjectIdentifier> {
    let text = match name {
        "anyExtendedKeyUsage" => "2.5.29.37.0",
        "serverAuth" => "1.3.6.1.5.5.7.3.1",
        "clientAuth" => "1.3.6.1.5.5.7.3.2",
        "codeSigning" => "1.3.6.1.5.5.7.3.3",
        "emailProtection" => "1.3.6.1.5.5.7.3.4",
        "timeStamping" => "1.3.6.1.5.5.7.3.8",
        "OCSPSigning" => "1.3.6.1.5.5.7.3.9",
        dotted => dotted,
    };
    ObjectIdentifier::new(text).map_err(|_| anyhow::anyhow!("a purpose {name}"))
}
