use super::Error;
use super::parsed::{Parsed, Which};
use crate::cert::name::rfc4514;
use crate::cert::text;
use crate::key::{ECDSA_SHA384, POINT_BYTES};

/// Certificates in order, each signed by the next, the last by itself.
pub(super) struct Path<'p, 'a> {
    pub(super) leaf: &'p Parsed<'a>,
    /// From the leaf's issuer to the one below the root.
    pub(super) intermediates: Vec<&'p Parsed<'a>>,
    pub(super) root: &'p Parsed<'a>,
}

impl<'p, 'a> Path<'p, 'a> {
    /// Leaf first, root last.
    pub(super) fn chain(&self) -> impl Iterator<Item = &'p Parsed<'a>> {
        let between = self.intermediates.iter().copied();
        [self.leaf].into_iter().chain(between).chain([self.root])
    }

    /// The intermediates and the root.
    pub(super) fn issuers(&self) -> impl Iterator<Item = &'p Parsed<'a>> {
        self.intermediates.iter().copied().chain([self.root])
    }
}

/// Finds the leaf by its public key and the way up by names and signatures. Each step takes a
/// certificate away, so at most n steps with at most n signatures each are tried.
pub(super) fn path<'p, 'a>(
    all: &'p [Parsed<'a>],
    point: &[u8; POINT_BYTES],
) -> Result<Path<'p, 'a>, Error> {
    let mut rest: Vec<&Parsed<'_>> = all.iter().collect();
    let leaf = take_leaf(&mut rest, point)?;
    let mut intermediates = Vec::new();
    let mut current = leaf;
    loop {
        check_algorithm(current)?;
        if current.is_self_issued() && current.is_signed_by(current) {
            break;
        }
        current = take_issuer(&mut rest, current)?;
        intermediates.push(current);
    }
    let Some(root) = intermediates.pop() else {
        let which = leaf.which.clone();
        return Err(Error::SelfSignedLeaf { which });
    };
    if let Some(extra) = rest.first() {
        let which = extra.which.clone();
        return Err(Error::ExtraCertificate { which });
    }
    Ok(Path {
        leaf,
        intermediates,
        root,
    })
}

fn take_leaf<'p, 'a>(
    rest: &mut Vec<&'p Parsed<'a>>,
    point: &[u8; POINT_BYTES],
) -> Result<&'p Parsed<'a>, Error> {
    let is_leaf = |parsed: &&Parsed<'_>| parsed.key.is_some_and(|key| key.to_point() == *point);
    let leaves: Vec<Which> = rest.iter().copied().filter(is_leaf).map(which).collect();
    if let [first, second, ..] = leaves.as_slice() {
        return Err(Error::SeveralLeaves {
            first: first.clone(),
            second: second.clone(),
        });
    }
    let count = rest.len();
    let found = rest.iter().position(is_leaf);
    found
        .map(|index| rest.remove(index))
        .ok_or(Error::KeyNotFound { count })
}

fn take_issuer<'p, 'a>(
    rest: &mut Vec<&'p Parsed<'a>>,
    of: &Parsed<'_>,
) -> Result<&'p Parsed<'a>, Error> {
    let is_named = |parsed: &&Parsed<'_>| parsed.subject == of.issuer;
    let Some(named) = rest.iter().copied().find(is_named) else {
        // A root whose own signature is wrong has nobody above it to look for.
        if of.is_self_issued() {
            return Err(bad_signature(of, of));
        }
        return Err(Error::MissingIssuer {
            which: of.which.clone(),
            issuer: rfc4514(&of.issuer),
        });
    };
    let signed = |parsed: &&Parsed<'_>| is_named(parsed) && of.is_signed_by(parsed);
    let found = rest.iter().position(signed);
    found
        .map(|index| rest.remove(index))
        .ok_or_else(|| bad_signature(of, named))
}

/// The policy: ecdsa-with-SHA384, named alike inside and outside (RFC 5280 section 4.1.1.2). Checked
/// on the way up, so that another algorithm is not taken for a wrong signature.
fn check_algorithm(parsed: &Parsed<'_>) -> Result<(), Error> {
    let inner = parsed.body.signature;
    let outer = parsed.signed.algorithm;
    let wrong = if outer.oid != ECDSA_SHA384 || outer.parameters.is_some() {
        Some(outer.oid)
    } else if inner.oid != ECDSA_SHA384 || inner.parameters.is_some() {
        Some(inner.oid)
    } else {
        None
    };
    wrong.map_or(Ok(()), |oid| {
        Err(Error::WrongSignatureAlgorithm {
            which: parsed.which.clone(),
            found: text::oid(&oid),
        })
    })
}

fn bad_signature(of: &Parsed<'_>, issuer: &Parsed<'_>) -> Error {
    // Without a P-384 key nothing could have been verified, which is the better explanation.
    if issuer.key.is_none() {
        let found = &issuer.body.key.algorithm;
        return Error::WrongKey {
            which: issuer.which.clone(),
            found: text::oid(&found.oid),
        };
    }
    Error::BadSignature {
        which: of.which.clone(),
        issuer: issuer.which.clone(),
    }
}

fn which(parsed: &Parsed<'_>) -> Which {
    parsed.which.clone()
}
