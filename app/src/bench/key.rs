use std::sync::Arc;

use der::asn1::BitStringRef;
use der::{Decode, Encode};
use leptos::prelude::*;
use p384::pkcs8::PrivateKeyInfoRef;
use signet_core::cert::Key;
use signet_core::file::Secret;
use spki::SubjectPublicKeyInfoRef;

use super::bag::Bench;
use super::certificate::Fact;
use super::item::{Item, Kind};
use crate::shell::plain;

/// What a key is, and what it fits.
#[component]
pub(super) fn KeyContents(bench: Bench, item: Item) -> impl IntoView {
    let private = item.kind == Kind::PrivateKey;
    let secret = || bench.secret(item.id).and_then(|secret| kind(&secret));
    let kind = Key::from_spki_der(&item.der).or_else(secret);
    let kind = kind.map_or_else(|| "not known here".to_owned(), |key| shown(&key));
    let digest = item.key.map(|digest| hex(&digest));
    let is_known = digest.is_some();
    let digest =
        digest.unwrap_or_else(|| "Not known: the file holds the private half alone.".to_owned());
    view! {
        <div class="certificate">
            <dl class="certificate-facts">
                <Fact name="Key" value=kind />
                <Fact name="SHA-256 of the public key" value=digest mono=is_known />
            </dl>
            {private
                .then(|| {
                    view! {
                        <p>
                            "The private half is in this tab's memory and nowhere else. It is neither \
                             shown nor stored, and it is gone when you remove it, clear the Bench or \
                             close the tab."
                        </p>
                    }
                })}
            <SameKey bench item />
        </div>
    }
}

/// What people call a key: its kind, and how the digest of its public half begins if that is known.
pub(super) fn title(kind: Option<Key>, digest: Option<[u8; 32]>) -> Arc<str> {
    /// Bytes of the digest, enough to tell the keys on a Bench apart.
    const SHORT: usize = 4;
    let kind = match kind {
        // One that is not called by its size.
        Some(Key {
            kind,
            bits: Some(bits),
            ..
        }) if !kind.contains(|c: char| c.is_ascii_digit()) => {
            format!("{kind} {bits} key")
        }
        Some(Key { kind, .. }) => format!("{kind} key"),
        None => "Key".to_owned(),
    };
    let digest = digest.and_then(|digest| Some(hex(digest.get(..SHORT)?)));
    let parts: Vec<String> = [Some(plain(&kind, 80)), digest]
        .into_iter()
        .flatten()
        .collect();
    parts.join(" ").into()
}

/// What PKCS #8 says of the key, whatever its halves are.
pub(super) fn kind(secret: &Secret) -> Option<Key> {
    let algorithm = PrivateKeyInfoRef::from_der(secret.as_pkcs8())
        .ok()?
        .algorithm;
    let spki = SubjectPublicKeyInfoRef {
        algorithm,
        subject_public_key: BitStringRef::from_bytes(&[]).ok()?,
    };
    Key::from_spki_der(&spki.to_der().ok()?)
}

/// Kind, size and strength of a key.
pub(super) fn shown(key: &Key) -> String {
    let size = key.bits.map(|bits| format!("{bits} bit"));
    let strength = key.strength.map(|bits| match (key.is_weak(), bits) {
        (true, 0) => "no security".to_owned(),
        (true, _) => format!("weak: {bits} bits of security"),
        (false, _) => format!("{bits} bits of security"),
    });
    let parts = [Some(key.kind.clone()), size, strength];
    let parts: Vec<String> = parts.into_iter().flatten().collect();
    parts.join(", ")
}

/// Which of the other objects belong to the same key.
#[component]
pub(super) fn SameKey(bench: Bench, item: Item) -> impl IntoView {
    let mine = item.id;
    let key = item.key;
    let others = move || {
        let items = bench.items.get();
        let same = items.into_iter();
        let same = same.filter(|other| other.id != mine && key.is_some() && other.key == key);
        same.take(50).collect::<Vec<_>>()
    };
    view! {
        <div data-testid="same-key">
            <h3>"Same key"</h3>
            {move || {
                let others = others();
                if key.is_none() {
                    view! {
                        <p class="hint">
                            "Not known: what belongs to a key is found by its public half, and the file holds the \
                             private half alone."
                        </p>
                    }
                        .into_any()
                } else if others.is_empty() {
                    view! { <p class="hint">"Nothing else on the Bench has this key."</p> }.into_any()
                } else {
                    let rows = others.into_iter().map(|other| {
                        let id = other.id;
                        view! {
                            <li>
                                <button
                                    type="button"
                                    class="disclose"
                                    on:click=move |_| bench.chosen.set(Some(id))
                                >
                                    {format!("{}: {}", other.word(), other.title)}
                                </button>
                            </li>
                        }
                    });
                    view! { <ul class="values">{rows.collect::<Vec<_>>()}</ul> }.into_any()
                }
            }}
        </div>
    }
}

pub(super) fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02X}")).collect()
}

#[cfg(test)]
mod tests {
    use zeroize::Zeroizing;

    use super::*;

    #[test]
    fn names_a_key_whose_public_half_is_not_there() {
        // RFC 8410 section 7, and RFC 5915 without the optional public key, as Java writes it.
        let ed25519 = [
            b"\x30\x2e\x02\x01\x00\x30\x05\x06\x03\x2b\x65\x70\x04\x22\x04\x20".as_slice(),
            &[7; 32],
        ];
        let p256 = [
            b"\x30\x41\x02\x01\x00\x30\x13\x06\x07\x2a\x86\x48\xce\x3d\x02\x01".as_slice(),
            b"\x06\x08\x2a\x86\x48\xce\x3d\x03\x01\x07\x04\x27\x30\x25\x02\x01\x01\x04\x20",
            &[7; 32],
        ];
        let said = |parts: &[&[u8]]| {
            let secret = Secret::from_pkcs8(Zeroizing::new(parts.concat()));
            let kind = kind(&secret).unwrap();
            (shown(&kind), title(Some(kind), None))
        };
        let (shown, title) = said(&ed25519);
        assert_eq!(shown, "Ed25519, 256 bit, 128 bits of security");
        assert_eq!(&*title, "Ed25519 key");
        let (shown, title) = said(&p256);
        assert_eq!(shown, "EC P-256, 256 bit, 128 bits of security");
        assert_eq!(&*title, "EC P-256 key");
    }

    #[test]
    fn a_key_is_called_by_kind_and_digest() {
        let key = |kind: &str, bits| Key {
            kind: kind.to_owned(),
            bits,
            strength: None,
        };
        let digest = core::array::from_fn(|at| u8::try_from(at).unwrap());
        let rsa = title(Some(key("RSA", Some(2048))), Some(digest));
        assert_eq!(&*rsa, "RSA 2048 key 00010203");
        assert_eq!(&*title(Some(key("RSA", None)), None), "RSA key");
        assert_eq!(&*title(None, None), "Key");
    }
}
