use crate::build::Search;
use crate::crl::Crl;
use crate::engine::Engine;
use crate::ext::CRL_SIGN;
use crate::key::WorkingKey;
use crate::walk::Aim;
use crate::{Answer, Check, Rule, SignatureCheck};

/// Whose key verifies a list.
#[derive(Clone, Copy, Debug)]
pub(super) struct Signer<'q> {
    pub(super) key: WorkingKey<'q>,
    pub(super) pending: bool,
}

/// How deep the lists of signers of lists are followed.
const DEPTH: usize = 3;

/// RFC 5280 section 6.3.3 (f) and (g): a certificate with the list's issuer as its subject, with
/// cRLSign, whose key verifies the list, and which has a path to the same anchor.
pub(super) fn find<'q>(
    engine: &mut Engine<'_, 'q>,
    crl: &Crl<'q>,
    above: &[usize],
) -> Result<Result<Signer<'q>, Check>, Rule> {
    let mut named: Vec<usize> = engine.bag.named(&crl.issuer);
    // Those of the path need no further path.
    named.sort_by_key(|index| !above.contains(index));
    let issuer = &crl.issuer.shown;
    let mut refusal = Check::failed(
        Rule::CrlSigner,
        format!("The certificate of {issuer}, which signed the list, is missing."),
    );
    for index in named {
        match judge(engine, crl, index, above)? {
            Ok(signer) => return Ok(Ok(signer)),
            Err(why) => refusal = why,
        }
    }
    Ok(Err(refusal))
}

fn judge<'q>(
    engine: &mut Engine<'_, 'q>,
    crl: &Crl<'q>,
    index: usize,
    above: &[usize],
) -> Result<Result<Signer<'q>, Check>, Rule> {
    let Some(item) = engine.item(index) else {
        return Ok(Err(Check::failed(
            Rule::CrlSigner,
            "The list's signer is missing.",
        )));
    };
    let subject = &item.cert.subject.shown;
    let place = above.iter().position(|known| *known == index);
    let alone = [index];
    let route = place.map_or(alone.as_slice(), |place| {
        above.get(..=place).unwrap_or_default()
    });
    let key = engine.working_key(route);
    let answer = answer(engine, crl, key)?;
    if let Some(why) = unsigned(answer, crl, subject) {
        return Ok(Err(why));
    }
    if !item.cert.may(CRL_SIGN) {
        let what = format!("The key usage of {subject} lacks cRLSign.");
        return Ok(Err(Check::failed(Rule::CrlSigner, what)));
    }
    let signer = Signer {
        key,
        pending: answer == Answer::Pending,
    };
    // A certificate that stands above has been judged. One whose own path is being judged right now
    // may be on its own list, the only one there is: what else is wrong with it, that judgement says.
    if place.is_some() || engine.signers.contains(&index) {
        return Ok(Ok(signer));
    }
    let anchor = above.first().copied();
    if engine.signers.len() >= DEPTH {
        let what = format!(
            "There is no way from {subject}, which signed the list, to the anchor of this path."
        );
        return Ok(Err(Check::failed(Rule::CrlSigner, what)));
    }
    engine.signers.push(index);
    let found = Search::new(engine, Aim::CrlSigner, anchor).run(index, false);
    engine.signers.pop();
    let path = found.accepted.and_then(|index| found.paths.get(index));
    Ok(match (path, found.exhausted) {
        (Some(path), _) => Ok(Signer {
            pending: signer.pending || path.pending,
            ..signer
        }),
        (None, Some(rule)) => return Err(rule),
        (None, None) => {
            let reason = found.paths.first().and_then(|path| path.failures().next());
            let reason = reason.map_or("", |check| check.what());
            let what = format!(
                "The certificate of {subject}, which signed the list, has no valid path. {reason}"
            );
            Err(Check::failed(Rule::CrlSigner, what.trim_end()))
        }
    })
}

/// Why the list does not count as signed by that certificate, if so.
fn unsigned(answer: Answer, crl: &Crl<'_>, subject: &str) -> Option<Check> {
    let what = match answer {
        Answer::Pending | Answer::Valid => return None,
        Answer::Invalid => format!("The list was not signed with the key of {subject}."),
        Answer::Unsupported => {
            let name = crl.algorithm.named();
            format!(
                "The list's signature algorithm {name} cannot be checked here, or this profile does not accept it."
            )
        }
    };
    Some(Check::failed(Rule::CrlSignature, what))
}

/// Whether a key verifies a list ((g), and (h) for a delta list), by an algorithm that the profile
/// accepts.
pub(super) fn answer<'q>(
    engine: &mut Engine<'_, 'q>,
    crl: &Crl<'q>,
    key: WorkingKey<'q>,
) -> Result<Answer, Rule> {
    let profile = engine.question.profile;
    if profile.refuses(crl.algorithm, crl.outer_algorithm) {
        return Ok(Answer::Unsupported);
    }
    let check = SignatureCheck {
        algorithm: crl.outer_algorithm,
        spki: key.spki,
        inherited: key.inherited(),
        message: crl.tbs,
        signature: crl.signature,
    };
    engine.check(&check)
}
