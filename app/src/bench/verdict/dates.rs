use std::collections::BTreeSet;

use signet_core::UnixTime;
use signet_core::cert::{Certificate, ListSummary};

use super::places::Places;
use super::span::after;

/// The moments at which a revocation list begins to count and ceases to, and the same of each certificate
/// that may have signed one: it need not stand in the path. The dates of a list's entries decide nothing
/// (RFC 5280 section 6.3.3): what is listed is revoked.
pub(super) fn of_lists(places: &Places) -> Vec<UnixTime> {
    let lists = places.crls.iter();
    let lists = lists.filter_map(|list| ListSummary::from_der(&list.der).ok());
    let mut found = Vec::new();
    let mut issuers = BTreeSet::new();
    for list in lists {
        found.push(list.this_update);
        found.extend(list.next_update.map(after));
        issuers.insert(list.issuer);
    }
    if issuers.is_empty() {
        return found;
    }
    for stand in places.anchors.iter().chain(&places.bag) {
        let signer = Certificate::from_der(&stand.der).ok();
        if let Some(signer) = signer.filter(|signer| issuers.contains(&signer.subject())) {
            found.extend([signer.not_before(), after(signer.not_after())]);
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bench::verdict::samples::{LISTED, places};

    #[test]
    fn a_signer_of_lists_has_dates_of_its_own() {
        let mut places = places(LISTED);
        let lists = core::mem::take(&mut places.crls);
        // Without lists nobody can have signed one.
        assert_eq!(of_lists(&places), []);
        // That of the root alone, among what is no list.
        places.crls = vec![places.leaf.clone(), lists[0].clone()];
        let dates: Vec<_> = of_lists(&places).iter().map(ToString::to_string).collect();
        assert_eq!(
            dates,
            [
                "2027-01-01T00:00:00Z",
                "2027-02-01T00:00:01Z",
                "2026-01-01T00:00:00Z",
                "2036-01-01T00:00:00Z",
            ]
        );
    }
}
