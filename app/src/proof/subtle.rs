use std::cell::RefCell;
use std::collections::HashMap;

use js_sys::{Array, Object, Promise, Reflect, Uint8Array};
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;
use web_sys::{CryptoKey, SubtleCrypto};

use super::scheme::{Kind, Scheme};

/// WebCrypto's verdict; `None` where there is no WebCrypto, or it refuses the key or the algorithm.
pub(super) async fn verify(scheme: &Scheme, signature: &[u8], message: &[u8]) -> Option<bool> {
    let subtle = subtle()?;
    let key = key(&subtle, scheme).await?;
    let (signature, message) = (Uint8Array::from(signature), Uint8Array::from(message));
    let valid = subtle
        .verify_with_object_and_js_u8_array_and_js_u8_array(
            &check(scheme),
            &key,
            &signature,
            &message,
        )
        .ok()?;
    done(valid).await?.as_bool()
}

/// The most keys that are kept: a fleet has few issuers.
const MAX_KEYS: usize = 256;

thread_local! {
    /// Keys as the browser holds them: an issuer's is imported once, however much it has signed.
    static KEYS: RefCell<HashMap<Scheme, CryptoKey>> = RefCell::default();
}

async fn key(subtle: &SubtleCrypto, scheme: &Scheme) -> Option<CryptoKey> {
    if let Some(key) = KEYS.with_borrow(|keys| keys.get(scheme).cloned()) {
        return Some(key);
    }
    let usages = Array::of1(&"verify".into());
    let spki: Object = Uint8Array::from(scheme.spki.as_slice()).into();
    let import = subtle
        .import_key_with_object("spki", &spki, &import(scheme), false, &usages)
        .ok()?;
    let key: CryptoKey = done(import).await?.unchecked_into();
    KEYS.with_borrow_mut(|keys| {
        if keys.len() >= MAX_KEYS {
            keys.clear();
        }
        keys.insert(scheme.clone(), key.clone());
    });
    Some(key)
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
