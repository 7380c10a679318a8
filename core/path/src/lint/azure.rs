//! Azure Device Registry: operational certificates of devices.

use super::Role;
use super::key::{Kind, P384, kind};
use crate::cert::Cert;
use crate::oid::Number;
use crate::profile::{ANY_PURPOSE, CLIENT_AUTH};
use crate::x509::text::shown;
use crate::{Check, Rule};

const DAY: u64 = 86_400;

/// ecdsa-with-SHA384, RFC 5758 section 3.2.
const ECDSA_SHA384: &str = "1.2.840.10045.4.3.3";

pub(super) fn certificate(
    cert: &Cert<'_>,
    role: Role,
    registration_id: Option<&str>,
) -> Vec<Check> {
    let key = kind(cert.key);
    let algorithm = cert.algorithm.to_string();
    let mut checks = vec![
        Check::that(Rule::AzureKey, key == Kind::Curve(P384), || {
            format!("The certificate is for {key}.")
        }),
        Check::that(Rule::AzureSignature, algorithm == ECDSA_SHA384, || {
            format!("The signature algorithm is {algorithm}.")
        }),
    ];
    if role == Role::Leaf {
        checks.push(purpose(cert));
        checks.push(common_name(cert, registration_id));
        checks.push(days(cert));
    }
    checks
}

/// Leaf, issuing authority, root.
pub(super) fn tiers(length: usize) -> Check {
    let check = Check::that(Rule::AzureTiers, length == 3, || {
        format!("The path has {length} certificates; the service issues chains of 3.")
    });
    check.with(&"certificates", length)
}

fn purpose(cert: &Cert<'_>) -> Check {
    let Some(purposes) = &cert.known.purposes else {
        return Check::not_applicable(Rule::AzurePurpose);
    };
    let holds = [CLIENT_AUTH, ANY_PURPOSE]
        .iter()
        .any(|wanted| purposes.contains(&Number::of(wanted)));
    Check::that(Rule::AzurePurpose, holds, || {
        "The extended key usage lacks clientAuth.".to_owned()
    })
}

fn common_name(cert: &Cert<'_>, registration_id: Option<&str>) -> Check {
    let names = cert.common_names();
    let holds = matches!(names.as_slice(), [name] if registration_id.is_none_or(|id| id == name));
    let listed: Vec<String> = names.iter().map(|name| shown(name)).collect();
    let listed = listed.join(", ");
    let check = Check::that(Rule::AzureCommonName, holds, || {
        match (names.len(), registration_id) {
            (1, Some(id)) => format!(
                "The common name is {listed}, and the registration ID {}.",
                shown(id)
            ),
            (count, _) => format!("The subject has {count} common names."),
        }
    });
    check.with(&"common name", listed)
}

/// Rounded to whole days: issuers backdate by minutes and count the last second or not.
fn days(cert: &Cert<'_>) -> Check {
    let seconds = cert.not_after.at.0.saturating_sub(cert.not_before.at.0);
    let days = seconds.saturating_add(DAY / 2) / DAY;
    let check = Check::that(Rule::AzureDays, (1..=90).contains(&days), || {
        format!("The certificate is valid for {days} days.")
    });
    check.with(&"days", days)
}
