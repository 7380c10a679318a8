//! Lists of somebody else than the issuer (RFC 5280 section 5.2.5).

use super::*;

#[cfg(target_family = "wasm")]
use wasm_bindgen_test::wasm_bindgen_test as test;

/// A list of somebody else than the issuer.
fn indirect(follow: bool, marked: bool, entries: impl FnOnce(List, &Draft) -> List) -> Report {
    let mut drafts = chain();
    let issuer = tlv(0xa2, &[&tlv(0xa4, &[&name(&["Lists"])])]);
    drafts[3].extensions.push(points(&[&tlv(0x30, &[&issuer])]));
    let mut lister = authority("Lists", "Root", 7, 1);
    lister.extensions[3] = key_usage(0x02);
    let mut list = List::new("Lists", 7);
    if marked {
        list = list.with(point(&[&[0x84, 1, 0xff]]));
    }
    let list = entries(list, &drafts[3]);
    let mut certificates = sign(&drafts);
    certificates.insert(1, seal(&lister, 1));
    let [root, upper, _] = lists();
    let lists = sealed(&[root, upper, (list, 7)]);
    let crls: Vec<&[u8]> = lists.iter().map(Vec::as_slice).collect();
    ask(&certificates, |question| {
        let revocation = Revocation::Require { indirect: follow };
        judge(
            &Question {
                crls: &crls,
                revocation,
                ..question
            },
            &Hashes,
        )
    })
}

#[test]
fn indirect_lists_are_refused_by_name_unless_wanted() {
    let refused = indirect(false, true, |list, _| list);
    assert_eq!(code(&refused), UNKNOWN);
    assert!(notes(&refused).contains(&"crl.indirect"));
    assert_eq!(code(&indirect(true, true, |list, _| list)), "ok");
    let unmarked = indirect(true, false, |list, _| list);
    assert!(code(&unmarked) == UNKNOWN && notes(&unmarked).contains(&"crl.indirect"));
    // Without an issuer of its own, an entry is about certificates of the list's issuer.
    assert_eq!(
        code(&indirect(true, true, |list, leaf| list.revoking(leaf))),
        "ok"
    );
}

/// Sections 5.3 and 5.3.3: a list whose certificateIssuer cannot be processed is used for nobody.
#[test]
fn an_issuer_of_an_entry_is_a_directory_name_in_an_indirect_list() {
    let issuer = |names: &[u8]| extension(29, true, &tlv(0x30, &[names]));
    let uri = issuer(&tlv(0x86, &[b"http://a/"]));
    let with = |issuer: &[u8], extensions: &[Vec<u8>]| {
        last(|list| {
            let mut list = list.revoking(&chain()[3]);
            list.entry_extensions = vec![issuer.to_vec()];
            list.extensions.extend_from_slice(extensions);
            list
        })
    };
    let marked = [point(&[&[0x84, 1, 0xff]])];
    let lower = issuer(&tlv(0xa4, &[&name(&["Lower"])]));
    let other = issuer(&tlv(0xa4, &[&name(&["Other"])]));
    let unused = (UNKNOWN, vec!["crl.unknown-critical"]);
    for (issuer, extensions) in [(&uri, &[][..]), (&uri, &marked), (&other, &[])] {
        let report = with(issuer, extensions);
        assert_eq!((code(&report), notes(&report)), unused);
    }
    assert_eq!(code(&with(&other, &marked)), "ok");
    // That somebody is revoked is believed all the same.
    assert_eq!(code(&with(&lower, &marked)), REVOKED);
    assert_eq!(code(&with(&lower, &[])), REVOKED);
}
