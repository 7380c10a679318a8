use crate::crl::{CRL_NUMBER, Crl, DELTA_INDICATOR, ISSUING_POINT};
use crate::ext::{AUTHORITY_INFO, AUTHORITY_KEY_ID, FRESHEST_CRL};
use crate::x509::text;
use crate::{Check, Rule};

/// RFC 5280 section 5: what conforming authorities must do.
pub(super) fn list(crl: &Crl<'_>) -> Vec<Check> {
    let is_critical = |oid| crl.extension(oid).is_some_and(|found| found.critical);
    let critical = is_critical(CRL_NUMBER);
    let short = crl.number.is_some_and(|number| number.len() <= 20);
    let key_id = crl.authority_key.as_ref().and_then(|key| key.key_id);
    let issuer = &crl.issuer.shown;
    let hard = [AUTHORITY_KEY_ID, FRESHEST_CRL, AUTHORITY_INFO]
        .into_iter()
        .find(|oid| is_critical(*oid));
    let dates = [Some(crl.this_update), crl.next_update];
    let well_encoded = dates.iter().flatten().all(|moment| moment.well_encoded);
    vec![
        Check::that(Rule::CrlVersion, crl.has_version, || {
            format!("The revocation list of {issuer} has no version.")
        }),
        Check::that(Rule::TimeEncoding, well_encoded, || {
            format!(
                "A date of the revocation list of {issuer} is in the wrong one of the two forms."
            )
        }),
        Check::that(Rule::CrlEntries, !crl.has_no_entry, || {
            format!("The revocation list of {issuer} has entries, but not one.")
        }),
        Check::that(Rule::CrlNumber, short && !critical, || match crl.number {
            None => format!("The revocation list of {issuer} has no number."),
            Some(_) if critical => {
                format!("The number of the revocation list of {issuer} is critical.")
            }
            Some(_) => {
                format!("The number of the revocation list of {issuer} has more than 20 bytes.")
            }
        }),
        Check::that(Rule::CrlKeyId, key_id.is_some(), || {
            format!("The revocation list of {issuer} does not say which key signed it.")
        }),
        Check::that(Rule::CrlNextUpdate, crl.next_update.is_some(), || {
            format!("The revocation list of {issuer} does not say when the next one comes.")
        }),
        Check::that(Rule::MustNotBeCritical, hard.is_none(), || {
            let name = hard.as_ref().map_or_else(String::new, text::oid);
            format!("The extension {name} of the revocation list of {issuer} is critical.")
        }),
        point(crl),
        delta(crl),
    ]
}

/// Section 5.2.5.
fn point(crl: &Crl<'_>) -> Check {
    let Some(point) = crl.extension(ISSUING_POINT) else {
        return Check::not_applicable(Rule::CrlPoint);
    };
    let wrong = if !point.critical {
        Some("is not critical")
    } else if crl.point.is_empty() {
        Some("says nothing")
    } else if crl.point.kinds() > 1 {
        Some("is about one kind of certificates only, and about another only")
    } else {
        None
    };
    Check::that(Rule::CrlPoint, wrong.is_none(), || {
        let (issuer, wrong) = (&crl.issuer.shown, wrong.unwrap_or_default());
        format!("The distribution point in the revocation list of {issuer} {wrong}.")
    })
}

/// Sections 5.2.4 and 5.2.6.
fn delta(crl: &Crl<'_>) -> Check {
    let Some(indicator) = crl.extension(DELTA_INDICATOR) else {
        return Check::not_applicable(Rule::CrlDelta);
    };
    let wrong = if !indicator.critical {
        Some("does not say so in a critical extension")
    } else {
        let freshest = crl.extension(FRESHEST_CRL);
        freshest.map(|_| "names further delta lists")
    };
    Check::that(Rule::CrlDelta, wrong.is_none(), || {
        let (issuer, wrong) = (&crl.issuer.shown, wrong.unwrap_or_default());
        format!("The delta list of {issuer} {wrong}.")
    })
}
