//! Lists of changes (RFC 5280 section 5.2.4).

use super::*;

#[cfg(target_family = "wasm")]
use wasm_bindgen_test::wasm_bindgen_test as test;

pub(super) fn delta(base: u8, own: u8) -> List {
    let mut list = List::new("Lower", 3).with(extension(27, true, &[2, 1, base]));
    list.extensions[1] = number(own);
    list
}

#[test]
fn delta_lists() {
    let drafts = chain();
    let with = |complete: Option<List>, delta: List| {
        let [root, upper, _] = lists();
        let mut all = vec![root, upper];
        all.extend(complete.map(|list| (list, 3)));
        all.push((delta, 3));
        code(&with_lists(&sign(&drafts), &sealed(&all)))
    };
    let complete = || Some(List::new("Lower", 3));
    assert_eq!(with(complete(), delta(5, 6)), "ok");
    assert_eq!(with(complete(), delta(5, 6).revoking(&drafts[3])), REVOKED);
    assert_eq!(with(complete(), delta(4, 6).revoking(&drafts[3])), REVOKED);
    // It continues a later list, or is no newer than the complete one: not this one's delta.
    assert_eq!(with(complete(), delta(6, 7).revoking(&drafts[3])), "ok");
    assert_eq!(with(complete(), delta(4, 5).revoking(&drafts[3])), "ok");
    assert_eq!(with(None, delta(5, 6)), UNKNOWN);
    // On hold, then taken off (section 5.3.1).
    let held = complete().map(|list| list.revoking(&drafts[3]));
    let mut removed = delta(5, 6).revoking(&drafts[3]);
    removed.entries[0].1 = Some(8);
    assert_eq!(with(held.clone(), removed), "ok");
    assert_eq!(with(held, delta(5, 6)), REVOKED);
}

/// RFC 5280 section 6.3.3 (a)(1)(i).
#[test]
fn a_current_delta_makes_up_for_an_overdue_list() {
    let drafts = chain();
    let overdue = || List {
        next_update: "270102000000Z",
        ..List::new("Lower", 3)
    };
    let with = |delta: Option<List>| {
        let [root, upper, _] = lists();
        let mut all = vec![root, upper, (overdue(), 3)];
        all.extend(delta.map(|delta| (delta, 3)));
        code(&with_lists(&sign(&drafts), &sealed(&all)))
    };
    assert_eq!(with(None), UNKNOWN);
    assert_eq!(with(Some(delta(5, 6))), "ok");
    assert_eq!(with(Some(delta(5, 6).revoking(&drafts[3]))), REVOKED);
    assert_eq!(with(Some(delta(6, 7))), UNKNOWN);
}

/// Section 6.3.3 (k) does not ask where it stands.
#[test]
fn what_was_removed_from_a_list_is_good() {
    let drafts = chain();
    let mut removed = List::new("Lower", 3).revoking(&drafts[3]);
    removed.entries[0].1 = Some(8);
    assert_eq!(code(&last(|_| removed)), "ok");
}
