use std::cell::RefCell;
use std::rc::Rc;

use js_sys::{Array, Object, Promise, Reflect, Uint8Array};
use signet_core::path::SignatureJob;
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;
use web_sys::{CryptoKey, SubtleCrypto};

use super::scheme::{Kind, Scheme};

/// A key and the algorithm that it signs with, as the browser holds them.
pub(super) struct Signer {
    /// As in the [`SignatureJob`].
    spki: Vec<u8>,
    algorithm: Vec<u8>,
    pub(super) scheme: Scheme,
    subtle: SubtleCrypto,
    /// WebCrypto's parameters of a check.
    check: Object,
    key: CryptoKey,
}

/// The most keys that are kept: a fleet has few issuers.
const MAX_KEYS: usize = 256;

thread_local! {
    /// An issuer's key is imported once, however much it has signed. Few enough to be looked through.
    static KNOWN: RefCell<Vec<Rc<Signer>>> = RefCell::default();
}

impl Signer {
    /// Who made an earlier signature with the same key and algorithm.
    pub(super) fn known(job: &SignatureJob) -> Option<Rc<Self>> {
        let same = |known: &&Rc<Self>| known.spki == job.spki && known.algorithm == job.algorithm;
        KNOWN.with_borrow(|known| known.iter().find(same).cloned())
    }

    /// `None` where there is no WebCrypto, or it refuses the key or the algorithm.
    pub(super) async fn import(job: &SignatureJob, scheme: Scheme) -> Option<Rc<Self>> {
        let subtle = subtle()?;
        let usages = Array::of1(&"verify".into());
        let spki: Object = Uint8Array::from(scheme.spki.as_slice()).into();
        let import = subtle
            .import_key_with_object("spki", &spki, &import(&scheme), false, &usages)
            .ok()?;
        let signer = Rc::new(Self {
            spki: job.spki.clone(),
            algorithm: job.algorithm.clone(),
            check: check(&scheme),
            key: done(import).await?.unchecked_into(),
            subtle,
            scheme,
        });
        KNOWN.with_borrow_mut(|known| {
            if known.len() >= MAX_KEYS {
                known.clear();
            }
            known.push(Rc::clone(&signer));
        });
        Some(signer)
    }

    /// Asks for a verdict; `None` if there will be none.
    pub(super) fn verify(&self, signature: &[u8], message: &[u8]) -> Option<Promise> {
        let verdict = self.subtle.verify_with_object_and_u8_array_and_u8_array(
            &self.check,
            &self.key,
            signature,
            message,
        );
        verdict.ok()
    }
}

/// What WebCrypto has found; `None` where it found nothing.
pub(super) async fn all(verdicts: impl Iterator<Item = &Promise>) -> Vec<Option<bool>> {
    let verdicts: Array = verdicts.collect();
    if let Some(found) = done(Promise::all(&verdicts)).await {
        let found: Array = found.unchecked_into();
        return found.iter().map(|valid| valid.as_bool()).collect();
    }
    // One of them failed, and says nothing about the others.
    let mut found = Vec::new();
    for verdict in verdicts {
        found.push(
            done(verdict.unchecked_into())
                .await
                .and_then(|valid| valid.as_bool()),
        );
    }
    found
}

/// Absent on pages that were loaded over plain http.
fn subtle() -> Option<SubtleCrypto> {
    let crypto = Reflect::get(&js_sys::global(), &"crypto".into()).ok()?;
    let subtle = Reflect::get(&crypto, &"subtle".into()).ok()?;
    subtle.dyn_into().ok()
}

async fn done(promise: Promise) -> Option<JsValue> {
    JsFuture::from(promise).await.ok()
}

fn import(scheme: &Scheme) -> Object {
    match scheme.kind {
        Kind::Ecdsa(curve, _) => object(&[("name", "ECDSA".into()), ("namedCurve", curve.into())]),
        Kind::Ed25519 => object(&[("name", "Ed25519".into())]),
        Kind::Pkcs1 => object(&[
            ("name", "RSASSA-PKCS1-v1_5".into()),
            ("hash", scheme.hash.into()),
        ]),
        Kind::Pss(_) => object(&[("name", "RSA-PSS".into()), ("hash", scheme.hash.into())]),
    }
}

fn check(scheme: &Scheme) -> Object {
    match scheme.kind {
        Kind::Ecdsa(..) => object(&[("name", "ECDSA".into()), ("hash", scheme.hash.into())]),
        Kind::Ed25519 => object(&[("name", "Ed25519".into())]),
        Kind::Pkcs1 => object(&[("name", "RSASSA-PKCS1-v1_5".into())]),
        Kind::Pss(salt) => object(&[("name", "RSA-PSS".into()), ("saltLength", salt.into())]),
    }
}

fn object(fields: &[(&str, JsValue)]) -> Object {
    let object = Object::new();
    for (name, value) in fields {
        // A plain object takes every field.
        let _ = Reflect::set(&object, &(*name).into(), value);
    }
    object
}
