//! The bodies of requests.

use aws_lc_rs::signature::{ECDSA_P384_SHA384_ASN1, UnparsedPublicKey};
use base64ct::{Base64, Encoding};
use signet_core::csr::VerifiedCsr;
use signet_core::dps::RegistrationId;
use signet_core::dps::wire::DeviceRegistration;
use signet_core::key::PublicKey;

use super::Problem;

/// The body of a registration or a lookup; only the former may have a CSR.
pub(super) fn read_body(
    body: &[u8],
    id: &RegistrationId,
    takes_csr: bool,
) -> Result<DeviceRegistration, Problem> {
    let unreadable = Problem::new(400, 400_012, "Deserialization error");
    let registration: DeviceRegistration = match body.trim_ascii() {
        b"" => DeviceRegistration::default(),
        body => serde_json::from_slice(body).map_err(|_| unreadable.clone())?,
    };
    if registration.csr.is_some() && !takes_csr {
        return Err(unreadable);
    }
    match &registration.registration_id {
        Some(other) if !other.eq_ignore_ascii_case(id.as_str()) => Err(Problem::new(
            400,
            400_004,
            "The registration ID differs from the one in the path",
        )),
        _ => Ok(registration),
    }
}

/// The request to sign: its signature, its key, and its name.
///
/// The service's documents name no code for a bad request to sign; 400040 is the hub's.
pub(super) fn verify_csr(text: &str, id: &RegistrationId) -> Result<VerifiedCsr, Problem> {
    read_csr(text, id, |key, message, signature| {
        UnparsedPublicKey::new(&ECDSA_P384_SHA384_ASN1, key.to_point())
            .verify(message, signature)
            .is_ok()
    })
}

/// A request that was verified before it was written into the ledger.
pub(super) fn verified_csr(text: &str, id: &RegistrationId) -> Result<VerifiedCsr, Problem> {
    read_csr(text, id, |_, _, _| true)
}

fn read_csr(
    text: &str,
    id: &RegistrationId,
    verify: impl FnOnce(&PublicKey, &[u8], &[u8]) -> bool,
) -> Result<VerifiedCsr, Problem> {
    let der = Base64::decode_vec(text)
        .map_err(|_| Problem::new(400, 400_012, "Deserialization error"))?;
    // The service's own words, and behind them what it leaves its users to guess.
    let refused = |why: String| {
        Problem::new(
            400,
            400_040,
            format!("CSR did not pass verification. {why}"),
        )
    };
    let csr =
        VerifiedCsr::from_der_with(&der, verify).map_err(|error| refused(error.to_string()))?;
    if csr.common_name == id.as_str() {
        return Ok(csr);
    }
    let name: String = csr.common_name.escape_debug().take(80).collect();
    Err(refused(format!(
        "Its common name is \"{name}\", but it must be the registration ID \"{id}\"."
    )))
}
