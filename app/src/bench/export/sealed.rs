use leptos::html::Input;
use leptos::prelude::*;
use signet_core::file::write;
use zeroize::Zeroizing;

use super::name::file_name;
use super::{Form, chain};
use crate::bench::bag::Bench;
use crate::bench::item::{Item, Kind};
use crate::{entropy, files};

/// The private key alone: PKCS #8, encrypted.
#[component]
pub(super) fn SealedKey(bench: Bench, item: Item) -> impl IntoView {
    let seal = move |password: &str| {
        let secret = bench.secret(item.id).ok_or("The key is gone.")?;
        let salts = entropy::salts()?;
        let der = write::encrypted_pkcs8(&secret, password, write::ROUNDS, &salts);
        let der = der.map_err(|error| error.to_string())?;
        let text = signet_core::pem::encode("ENCRYPTED PRIVATE KEY", &der);
        files::save(&file_name(&item.title, "key.pem"), super::PEM, &text);
        Ok(())
    };
    view! {
        <div>
            <h3>"Sealed with a password"</h3>
            <p class="hint">
                "PKCS #8 with PBKDF2 (SHA-256, 600,000 rounds) and AES-256. Signet writes no key in clear."
            </p>
            <Sealing word="Encrypted PKCS #8" testid="export-pkcs8" seal />
        </div>
    }
}

/// A certificate with its issuers and its key: PKCS #12. Only if the key is there.
#[component]
pub(super) fn SealedChain(bench: Bench, item: Item) -> impl IntoView {
    let id = item.id;
    let mine = item.key;
    let key = Memo::new(move |_| {
        let items = bench.items.get();
        let fits = |other: &&Item| other.kind == Kind::PrivateKey && other.key == mine;
        items.iter().find(fits).map(|found| found.id)
    });
    let seal = move |password: &str| {
        let secret = key.get_untracked().and_then(|key| bench.secret(key));
        let secret = secret.ok_or("The key is gone.")?;
        let salts = entropy::salts()?;
        let chain = untrack(|| chain(bench, id, true));
        let parts: Vec<&[u8]> = chain.iter().map(|der| &**der).collect();
        let bytes = write::pkcs12(
            Some(&*secret),
            &parts,
            &item.title,
            password,
            write::ROUNDS,
            &salts,
        );
        let bytes = bytes.map_err(|error| error.to_string())?;
        files::save_bytes(
            &file_name(&item.title, "p12"),
            "application/x-pkcs12",
            &bytes,
        );
        Ok(())
    };
    let seal = StoredValue::new_local(seal);
    view! {
        <div>
            <h3>"With its issuers and its key"</h3>
            {move || match key.get() {
                Some(_) => {
                    let seal = move |password: &str| seal.with_value(|seal| seal(password));
                    view! { <Sealing word="PKCS #12 (.p12)" testid="export-p12" seal /> }.into_any()
                }
                None => {
                    view! {
                        <p class="hint">
                            "Its private key is not on the Bench. Open the key's file to save them together as \
                             PKCS #12."
                        </p>
                    }
                        .into_any()
                }
            }}
        </div>
    }
}

/// A password, twice, and a button.
#[component]
fn Sealing(
    word: &'static str,
    testid: &'static str,
    seal: impl Fn(&str) -> Result<(), String> + 'static,
) -> impl IntoView {
    let (first, second) = (NodeRef::<Input>::new(), NodeRef::<Input>::new());
    let said = RwSignal::new(String::new());
    let save = move |_| {
        let taken = taken(first, second);
        said.set(match taken {
            Err(why) => why.to_owned(),
            Ok(password) => seal(&password).err().unwrap_or_default(),
        });
    };
    let field = |name: &'static str, node: NodeRef<Input>, testid: String| {
        view! {
            <label class="field grow">
                <span>{name}</span>
                <input node_ref=node type="password" autocomplete="new-password" data-testid=testid />
            </label>
        }
    };
    view! {
        <div class="row">
            {field("Password", first, format!("{testid}-password"))}
            {field("The same again", second, format!("{testid}-again"))}
            <Form word testid save />
        </div>
        <p class="refused" role="alert">{said}</p>
    }
}

/// The password, taken out of its fields, if it was typed twice.
fn taken(first: NodeRef<Input>, second: NodeRef<Input>) -> Result<Zeroizing<String>, &'static str> {
    let take = |node: NodeRef<Input>| {
        let value = node.get_untracked().map(|field| {
            let value = field.value();
            field.set_value("");
            value
        });
        Zeroizing::new(value.unwrap_or_default())
    };
    let (first, second) = (take(first), take(second));
    if first.is_empty() {
        Err("Type a password first.")
    } else if *first != *second {
        Err("The two passwords are not the same.")
    } else {
        Ok(first)
    }
}
