use super::Variables;
use crate::budget::Purse;
use crate::cert::Cert;
use crate::policy::ANY_POLICY;
use crate::{Check, Question, Rule};

/// Section 6.1.3 (d) to (f), as RFC 9618 section 5.3 writes them.
pub(super) fn basic(
    variables: &mut Variables,
    cert: &Cert<'_>,
    is_last: bool,
    purse: &mut Purse,
    checks: &mut Vec<Check>,
) -> Result<(), Rule> {
    let any_allowed = variables.inhibit_any > 0 || (!is_last && cert.is_self_issued());
    let policies = cert.known.policies.as_deref();
    variables.graph.extend(policies, any_allowed, purse)?;
    let holds = variables.explicit_policy > 0 || !variables.graph.is_null();
    let check = Check::that(Rule::PolicyRequired, holds, || match policies {
        None => "A policy is required from here on, and the certificate asserts none.".to_owned(),
        Some(_) => {
            "A policy is required from here on, and none holds for the whole path.".to_owned()
        }
    });
    checks.push(check.with(&"explicit_policy", variables.explicit_policy));
    Ok(())
}

/// Section 6.1.4 (a) and (b), RFC 9618 section 5.4.
pub(super) fn mapping(
    variables: &mut Variables,
    cert: &Cert<'_>,
    purse: &mut Purse,
    checks: &mut Vec<Check>,
) -> Result<(), Rule> {
    let Some(mappings) = &cert.known.mappings else {
        checks.push(Check::not_applicable(Rule::PolicyMappingAny));
        return Ok(());
    };
    let any = mappings
        .iter()
        .any(|(from, to)| *from == ANY_POLICY || *to == ANY_POLICY);
    checks.push(Check::that(Rule::PolicyMappingAny, !any, || {
        "The authority maps a policy from or to anyPolicy.".to_owned()
    }));
    variables
        .graph
        .map(mappings, variables.policy_mapping > 0, purse)
}

/// Section 6.1.4 (h) to (j).
pub(super) fn count(variables: &mut Variables, cert: &Cert<'_>) {
    if !cert.is_self_issued() {
        for counter in [
            &mut variables.explicit_policy,
            &mut variables.policy_mapping,
            &mut variables.inhibit_any,
        ] {
            *counter = counter.saturating_sub(1);
        }
    }
    let limits = cert.known.policy_limits.unwrap_or_default();
    let lower = |counter: &mut u32, limit: Option<u32>| {
        *counter = limit.map_or(*counter, |limit| limit.min(*counter));
    };
    lower(&mut variables.explicit_policy, limits.require_explicit);
    lower(&mut variables.policy_mapping, limits.inhibit_mapping);
    lower(&mut variables.inhibit_any, cert.known.inhibit_any);
}

/// Section 6.1.5 (a), (b) and (g).
pub(super) fn end(
    variables: &mut Variables,
    cert: &Cert<'_>,
    question: &Question<'_>,
    checks: &mut Vec<Check>,
) {
    variables.explicit_policy = variables.explicit_policy.saturating_sub(1);
    let limits = cert.known.policy_limits.unwrap_or_default();
    if limits.require_explicit == Some(0) {
        variables.explicit_policy = 0;
    }
    let accepted = variables.accepted(question);
    let holds = variables.explicit_policy > 0 || !accepted.is_empty();
    let check = Check::that(Rule::PolicyAccepted, holds, || {
        "None of the policies that are accepted holds for the whole path, and one is required."
            .to_owned()
    });
    checks.push(check.with(&"policies", accepted.join(", ")));
}
