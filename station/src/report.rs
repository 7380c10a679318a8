//! Checks a signed report of a batch, away from the station that made it.

use std::path::Path;

use anyhow::{Context, Result, anyhow, bail, ensure};
use base64ct::{Base64, Encoding};
use der::{Decode, Encode};
use p384::ecdsa::{DerSignature, VerifyingKey};
use serde::Deserialize;
use serde_json::Value;
use signature::Verifier;
use x509_cert::Certificate;
use x509_cert::ext::pkix::{BasicConstraints, KeyUsage};

use crate::namespace::REPORTER;

/// What a report calls itself.
pub(crate) const KIND: &str = "signet-batch-report";

/// The answer of the API.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Signed {
    report: String,
    signature: String,
    certificate: String,
}

/// Checks that the root has certified the key that signed a report, and that nothing of it was changed.
/// Gives one line that says what it is about.
///
/// # Errors
///
/// Says the first thing that is not in order.
pub fn verify_report(file: &Path, root: &Path) -> Result<String> {
    let read = |path: &Path| {
        std::fs::read(path).with_context(|| format!("cannot read {}", path.display()))
    };
    let signed: Signed = serde_json::from_slice(&read(file)?)
        .with_context(|| format!("{} is no signed report", file.display()))?;
    let root = certificate(&read(root)?).with_context(|| root.display().to_string())?;
    let own = certificate(signed.certificate.as_bytes()).context("the report's certificate")?;
    let made = check(&own, &root).context("the report's certificate")?;
    let signature = Base64::decode_vec(&signed.signature)
        .map_err(|_| anyhow!("the signature is not base64"))?;
    verify(&own, signed.report.as_bytes(), &signature)
        .context("the report is not what was signed")?;

    let report: Value = serde_json::from_str(&signed.report).context("the report")?;
    let text = |value: &Value| value.as_str().unwrap_or("-").to_owned();
    ensure!(
        report["kind"] == KIND && report["version"] == 1,
        "it is signed, but is no report of version 1"
    );
    let moment = text(&report["made"]);
    ensure!(
        made.0 <= moment && moment <= made.1,
        "the report was made at {moment}, outside of the time of its certificate"
    );
    let batch = &report["batch"];
    Ok(format!(
        "genuine batch={} done={} failed={} remaining={} unexpected={} made={moment} ledger={}",
        text(&batch["name"]),
        batch["done"],
        batch["failed"],
        batch["remaining"],
        batch["unexpected"],
        report["ledger"]["seq"],
    ))
}

/// The first certificate in a PEM file.
fn certificate(pem: &[u8]) -> Result<Certificate> {
    const END: &[u8] = b"-----END CERTIFICATE-----";
    let end = pem.windows(END.len()).position(|part| part == END);
    let end = end.context("there is no certificate in it")? + END.len();
    let (_, der) = pem_rfc7468::decode_vec(&pem[..end]).map_err(|error| anyhow!(error))?;
    Certificate::from_der(&der).context("there is no certificate in it")
}

/// That a root has certified a key for reports. Gives the certificate's span, as RFC 3339.
fn check(own: &Certificate, root: &Certificate) -> Result<(String, String)> {
    let tbs = own.tbs_certificate();
    ensure!(
        tbs.issuer() == root.tbs_certificate().subject(),
        "it is not from this root"
    );
    let signature = own.signature().as_bytes().context("a broken signature")?;
    verify(root, &tbs.to_der()?, signature).context("it is not from this root")?;
    ensure!(
        tbs.subject().to_string() == format!("CN={REPORTER}"),
        "it is for {}, not for reports",
        tbs.subject()
    );
    let (_, constraints) = tbs
        .get_extension::<BasicConstraints>()?
        .context("it has no basic constraints")?;
    let (_, usage) = tbs
        .get_extension::<KeyUsage>()?
        .context("it has no key usage")?;
    if constraints.ca || !usage.digital_signature() {
        bail!("it is not for signing reports");
    }
    let moment = |time: x509_cert::time::Time| time.to_date_time().to_string();
    let validity = tbs.validity();
    Ok((moment(validity.not_before), moment(validity.not_after)))
}

/// ecdsa-with-SHA384 on P-384.
fn verify(by: &Certificate, message: &[u8], signature: &[u8]) -> Result<()> {
    let key = by.tbs_certificate().subject_public_key_info();
    let key = VerifyingKey::from_sec1_bytes(key.subject_public_key.raw_bytes())
        .map_err(|_| anyhow!("its key is not on P-384"))?;
    let signature =
        DerSignature::from_bytes(signature).map_err(|_| anyhow!("the signature is broken"))?;
    key.verify(message, &signature)
        .map_err(|_| anyhow!("the signature does not fit"))
}
