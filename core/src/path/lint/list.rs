use crate::path::crl::{CRL_NUMBER, Crl};
use crate::path::{Check, Rule};

/// RFC 5280 section 5: what conforming authorities must do.
pub(super) fn list(crl: &Crl<'_>) -> [Check; 3] {
    let critical = crl
        .extensions
        .iter()
        .any(|extension| extension.oid == CRL_NUMBER && extension.critical);
    let short = crl.number.is_some_and(|number| number.len() <= 20);
    let key_id = crl.authority_key.as_ref().and_then(|key| key.key_id);
    let issuer = &crl.issuer.shown;
    [
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
    ]
}
