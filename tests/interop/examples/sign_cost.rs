//! What a P-384 signature costs by AWS-LC, which the station signs with, and by the crate p384, which the
//! page and `core` have: both on one processor.
//!
//! `./dev bench sign_cost` prints the table.
#![allow(clippy::print_stdout, reason = "the table is what it is for")]

use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use aws_lc_rs::encoding::{AsBigEndian, EcPrivateKeyBin};
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{
    ECDSA_P384_SHA384_ASN1, ECDSA_P384_SHA384_ASN1_SIGNING, EcdsaKeyPair, KeyPair,
    UnparsedPublicKey,
};
use p384::ecdsa::signature::{Signer, Verifier};
use p384::ecdsa::{DerSignature, SigningKey, VerifyingKey};

/// Rounds, of which the best counts, and operations in a round.
const ROUNDS: usize = 10;
const TIMES: u32 = 100;

/// What is signed: as many bytes as the body of a device's certificate.
const MESSAGE: [u8; 500] = [0x5a; 500];

/// Who; makes one signature; verifies one.
type Work<'a> = (
    &'static str,
    Box<dyn FnMut() -> bool + 'a>,
    Box<dyn FnMut() -> bool + 'a>,
);

fn main() -> Result<()> {
    let random = SystemRandom::new();
    let fast = EcdsaKeyPair::generate(&ECDSA_P384_SHA384_ASN1_SIGNING)?;
    let fast_signature = fast.sign(&random, &MESSAGE)?;
    let fast_public = UnparsedPublicKey::new(&ECDSA_P384_SHA384_ASN1, fast.public_key().as_ref());

    // The same key, so that each can check the other.
    let scalar: EcPrivateKeyBin<'_> = fast.private_key().as_be_bytes()?;
    let small = SigningKey::from_slice(scalar.as_ref())?;
    let small_signature: DerSignature = small.try_sign(&MESSAGE)?;
    let small_public = VerifyingKey::from(&small);
    ensure!(
        fast_public
            .verify(&MESSAGE, small_signature.as_bytes())
            .is_ok(),
        "AWS-LC refuses a signature of p384"
    );

    let mut all: [Work<'_>; 2] = [
        (
            "AWS-LC",
            Box::new(|| fast.sign(&random, &MESSAGE).is_ok()),
            Box::new(|| {
                fast_public
                    .verify(&MESSAGE, fast_signature.as_ref())
                    .is_ok()
            }),
        ),
        (
            "p384",
            Box::new(|| Signer::<DerSignature>::try_sign(&small, &MESSAGE).is_ok()),
            Box::new(|| small_public.verify(&MESSAGE, &small_signature).is_ok()),
        ),
    ];
    let mut best = [[Duration::MAX; 2]; 2];
    for _ in 0..ROUNDS {
        for ((_, sign, verify), best) in all.iter_mut().zip(&mut best) {
            best[0] = best[0].min(time(sign)?);
            best[1] = best[1].min(time(verify)?);
        }
    }

    println!("## P-384 signatures on one processor (`sign_cost`)\n");
    println!("Best of {ROUNDS} rounds of {TIMES}, in turn.\n");
    println!("| who | signatures a second | verifications a second |");
    println!("|---|--:|--:|");
    for ((name, ..), [sign, verify]) in all.iter().zip(best) {
        let rate = |spent: Duration| f64::from(TIMES) / spent.as_secs_f64();
        println!("| {name} | {:.0} | {:.0} |", rate(sign), rate(verify));
    }
    println!();
    Ok(())
}

fn time(work: &mut dyn FnMut() -> bool) -> Result<Duration> {
    let start = Instant::now();
    let good = (0..TIMES).all(|_| work());
    good.then(|| start.elapsed()).context("a signature failed")
}
