//! What it costs to judge a chain: Signet beside rustls-webpki, with the same signatures by the same
//! program (ring), and beside those signatures alone.
//!
//! `./dev bench path_cost` prints the table.
#![allow(clippy::print_stdout, reason = "the table is what it is for")]

use core::time::Duration;
use std::path::Path;
use std::process::Command;
use std::time::{Instant, SystemTime, UNIX_EPOCH};

use anyhow::{Context, Result, anyhow, bail};
use rustls::pki_types::{CertificateDer, SignatureVerificationAlgorithm, UnixTime as TlsTime};
use signet_core::UnixTime;
use signet_core::path::{Answer, Fleet, Profile, Question, SignatureCheck, Verdict, Verify, judge};
use webpki::ring::{ECDSA_P384_SHA384, RSA_PKCS1_2048_8192_SHA256};
use webpki::{EndEntityCert, KeyUsage, anchor_from_trusted_cert};

type Algorithm = &'static dyn SignatureVerificationAlgorithm;

/// Who, and what one does; true if the chain is accepted.
type Work<'a> = (&'static str, Box<dyn FnMut() -> bool + 'a>);

/// Rounds, of which the best counts, and validations in a round.
const ROUNDS: usize = 30;
const TIMES: u32 = 100;

fn main() -> Result<()> {
    println!("## A chain of three certificates, natively (`path_cost`)\n");
    println!(
        "Best of {ROUNDS} rounds of {TIMES}, in turn; the signatures in all of them by ring.\n"
    );
    println!("| chain | who | µs | beside the signatures | beside rustls-webpki |");
    println!("|---|---|--:|--:|--:|");
    for (name, key, algorithm) in [
        (
            "P-384",
            "-newkey ec -pkeyopt ec_paramgen_curve:secp384r1 -sha384",
            ECDSA_P384_SHA384,
        ),
        (
            "RSA 2048",
            "-newkey rsa:2048 -sha256",
            RSA_PKCS1_2048_8192_SHA256,
        ),
    ] {
        let folder = tempfile::tempdir()?;
        let chain = make(folder.path(), key)?;
        table(name, &chain, algorithm)?;
    }
    Ok(())
}

fn table(name: &str, chain: &[Vec<u8>; 3], algorithm: Algorithm) -> Result<()> {
    let at = SystemTime::now().duration_since(UNIX_EPOCH)?;
    let [root, issuer, leaf] = chain;
    let (anchors, bag) = ([root.as_slice()], [issuer.as_slice()]);
    let profile = Profile::device();
    let mut question = Question::new(leaf, &anchors, UnixTime(at.as_secs()), &profile);
    question.bag = &bag;
    let ring = Ring(algorithm);
    let jobs = judge(&question, &Later).pending;
    let fleet = Fleet::new(question.clone());
    let mut work: [Work<'_>; 4] = [
        (
            "the signatures alone",
            Box::new(|| {
                jobs.iter()
                    .all(|job| ring.verify(&job.check()) == Answer::Valid)
            }),
        ),
        (
            "rustls-webpki",
            Box::new(|| webpki(chain, algorithm, at).is_ok()),
        ),
        (
            "Signet, with the report",
            Box::new(|| judge(&question, &ring).verdict == Verdict::Accepted),
        ),
        (
            "Signet, one of a fleet",
            Box::new(|| fleet.judge(leaf, &ring).verdict == Verdict::Accepted),
        ),
    ];
    let mut best = [Duration::MAX; 4];
    for _ in 0..ROUNDS {
        for ((who, work), best) in work.iter_mut().zip(&mut best) {
            let began = Instant::now();
            for _ in 0..TIMES {
                if !work() {
                    bail!("{who} refuses the chain");
                }
            }
            *best = (*best).min(began.elapsed() / TIMES);
        }
    }
    let [signatures, peer, ..] = best;
    for ((who, _), time) in work.iter().zip(best) {
        let beside = |other: Duration| time.as_secs_f64() / other.as_secs_f64();
        println!(
            "| {name} | {who} | {:.1} | {:.2} | {:.2} |",
            time.as_secs_f64() * 1e6,
            beside(signatures),
            beside(peer)
        );
    }
    Ok(())
}

fn webpki(chain: &[Vec<u8>; 3], algorithm: Algorithm, at: Duration) -> Result<(), webpki::Error> {
    let [root, issuer, leaf] = chain
        .each_ref()
        .map(|der| CertificateDer::from(der.as_slice()));
    let anchors = [anchor_from_trusted_cert(&root)?];
    let leaf = EndEntityCert::try_from(&leaf)?;
    let (time, usage) = (TlsTime::since_unix_epoch(at), KeyUsage::client_auth());
    leaf.verify_for_usage(&[algorithm], &anchors, &[issuer], time, usage, None, None)
        .map(drop)
}

struct Ring(Algorithm);

impl Verify for Ring {
    fn verify(&self, check: &SignatureCheck<'_>) -> Answer {
        let Some(key) = bits(check.spki) else {
            return Answer::Unsupported;
        };
        match self.0.verify_signature(key, check.message, check.signature) {
            Ok(()) => Answer::Valid,
            Err(_) => Answer::Invalid,
        }
    }
}

struct Later;

impl Verify for Later {
    fn verify(&self, _: &SignatureCheck<'_>) -> Answer {
        Answer::Pending
    }
}

/// The key in a SubjectPublicKeyInfo: behind two headers and the AlgorithmIdentifier, and without the
/// bit string's first byte.
fn bits(spki: &[u8]) -> Option<&[u8]> {
    let inside = &spki[header(spki)?..];
    let algorithm = header(inside)? + usize::from(*inside.get(1)?);
    let string = inside.get(algorithm..)?;
    string.get(header(string)? + 1..)
}

/// Bytes of tag and length.
fn header(der: &[u8]) -> Option<usize> {
    match *der.get(1)? {
        short @ 0..=0x7f => Some(short).map(|_| 2),
        long => Some(2 + usize::from(long & 0x7f)),
    }
}

/// Root, issuing authority and client, by OpenSSL.
fn make(folder: &Path, key: &str) -> Result<[Vec<u8>; 3]> {
    let openssl = |words: &str| -> Result<()> {
        let done = Command::new("openssl")
            .args(words.split(' '))
            .current_dir(folder)
            .output();
        let done = done.context("openssl is needed to make the chains")?;
        let errors = String::from_utf8_lossy(&done.stderr);
        done.status
            .success()
            .then_some(())
            .ok_or_else(|| anyhow!("openssl {words}: {errors}"))
    };
    let authority =
        "-addext basicConstraints=critical,CA:TRUE -addext keyUsage=critical,keyCertSign,cRLSign";
    openssl(&format!(
        "req -x509 -nodes -days 90 -subj /CN=Root -keyout root.key -out root.der -outform DER {authority} {key}"
    ))?;
    openssl(&format!(
        "req -x509 -nodes -days 90 -subj /CN=Issuer -keyout ca.key -out ca.der -outform DER -CA root.der -CAkey root.key {authority} {key}"
    ))?;
    openssl(&format!(
        "req -x509 -nodes -days 90 -subj /CN=pump -keyout leaf.key -out leaf.der -outform DER -CA ca.der -CAkey ca.key \
         -addext basicConstraints=critical,CA:FALSE -addext keyUsage=critical,digitalSignature -addext extendedKeyUsage=clientAuth \
         -addext subjectAltName=DNS:pump.example {key}"
    ))?;
    let read = |name: &str| std::fs::read(folder.join(name));
    Ok([read("root.der")?, read("ca.der")?, read("leaf.der")?])
}
