//! What can be taken away, and in which forms. A private key leaves only sealed with a password.

mod name;
mod report;
mod sealed;

use std::sync::Arc;

use leptos::prelude::*;
use signet_core::file::write;
use signet_core::path::Place;

use super::bag::Bench;
use super::item::{Id, Item, Kind};
use crate::files;
use name::file_name;
use report::ReportForms;
use sealed::{SealedChain, SealedKey};

const PEM: &str = "application/x-pem-file";
const P7: &str = "application/x-pkcs7-certificates";
const DER: &str = "application/octet-stream";

/// The forms for one object.
#[component]
pub(super) fn Export(bench: Bench, item: Item) -> impl IntoView {
    let own = match item.kind {
        Kind::PrivateKey => view! { <SealedKey bench item=item.clone() /> }.into_any(),
        _ => view! { <Plain item=item.clone() /> }.into_any(),
    };
    let more = item.facts().is_some().then(|| {
        view! {
            <ChainForms bench item=item.clone() />
            <SealedChain bench item=item.clone() />
            <ReportForms bench item />
        }
    });
    view! { <div class="exports" data-testid="export">{own} {more}</div> }
}

/// The object alone, as it is.
#[component]
fn Plain(item: Item) -> impl IntoView {
    let (label, extension) = match item.kind {
        Kind::Certificate(_) => ("CERTIFICATE", "crt"),
        Kind::Request => ("CERTIFICATE REQUEST", "csr"),
        Kind::RevocationList => ("X509 CRL", "crl"),
        Kind::PublicKey => ("PUBLIC KEY", "pub"),
        _ => ("", "der"),
    };
    let title = Arc::clone(&item.title);
    let bytes = Arc::clone(&item.der);
    let der = move |_| files::save_bytes(&file_name(&title, "der"), DER, &bytes);
    let pem = (!label.is_empty()).then(|| {
        let item = item.clone();
        let save = move |_| {
            let text = signet_core::pem::encode(label, &item.der);
            files::save(
                &file_name(&item.title, &format!("{extension}.pem")),
                PEM,
                &text,
            );
        };
        view! { <Form word="PEM" testid="export-pem" save /> }
    });
    let base64 = (item.kind == Kind::Request).then(|| {
        let item = item.clone();
        let save = move |_| {
            use base64ct::{Base64, Encoding};
            let text = Base64::encode_string(&item.der);
            files::save(&file_name(&item.title, "csr.txt"), "text/plain", &text);
        };
        view! { <Form word="Base64 for a DPS" testid="export-base64" save /> }
    });
    view! {
        <div>
            <h3>"As it is"</h3>
            <div class="row">{pem} <Form word="DER" testid="export-der" save=der /> {base64}</div>
        </div>
    }
}

/// A certificate with its issuers.
#[component]
fn ChainForms(bench: Bench, item: Item) -> impl IntoView {
    let id = item.id;
    let root = RwSignal::new(true);
    let chain = move || chain(bench, id, root.get());
    let count = move || chain().len();
    let title = Arc::clone(&item.title);
    let pem = move |_| {
        let chain = chain();
        let parts: Vec<&[u8]> = chain.iter().map(|der| &**der).collect();
        files::save(
            &file_name(&title, "chain.pem"),
            PEM,
            &write::pem_bundle(&parts),
        );
    };
    let pkcs7 = move |_| {
        let chain = chain();
        let parts: Vec<&[u8]> = chain.iter().map(|der| &**der).collect();
        // Only more than 256 MiB would not fit.
        let bytes = write::pkcs7(&parts, &[]).unwrap_or_default();
        files::save_bytes(&file_name(&item.title, "p7b"), P7, &bytes);
    };
    view! {
        <div>
            <h3>{move || issuers(count())}</h3>
            {move || number(bench, id).map(|said| view! { <p class="hint">{said}</p> })}
            <label class="switch">
                <input
                    type="checkbox"
                    role="switch"
                    prop:checked=move || root.get()
                    on:change=move |_| root.update(|on| *on = !*on)
                />
                "With the root"
            </label>
            <div class="row">
                <Form word="PEM bundle" testid="export-bundle" save=pem />
                <Form word="PKCS #7 (.p7b)" testid="export-p7b" save=pkcs7 />
            </div>
        </div>
    }
}

/// One button.
#[component]
fn Form(
    word: &'static str,
    testid: &'static str,
    save: impl FnMut(leptos::ev::MouseEvent) + 'static,
) -> impl IntoView {
    view! {
        <button type="button" class="button" data-testid=testid on:click=save>
            {word}
        </button>
    }
}

/// The certificate and its issuers on the path that is shown, leaf first; alone if it was not judged.
fn chain(bench: Bench, id: Id, root: bool) -> Vec<Arc<[u8]>> {
    let own = bench.item(id).map(|item| item.der);
    let mut chain: Vec<Arc<[u8]>> = own.into_iter().collect();
    let judged = bench.judged.get();
    let Some(judged) = judged.filter(|judged| judged.is_about(id)) else {
        return chain;
    };
    let report = judged.reports.get(bench.profile.get());
    let path = report.and_then(|report| report.paths.get(bench.path(report)?));
    let Some(path) = path else {
        return chain;
    };
    for cert in path.certificates.iter().rev() {
        let wanted = match cert.place {
            Place::Leaf => false,
            Place::Anchor(_) => root,
            _ => true,
        };
        if let Some(der) = judged.places.der(cert.place).filter(|_| wanted)
            && !chain.contains(der)
        {
            chain.push(Arc::clone(der));
        }
    }
    chain
}

/// Which of several paths it is.
fn number(bench: Bench, id: Id) -> Option<String> {
    let judged = bench.judged.get().filter(|judged| judged.is_about(id))?;
    let report = judged.reports.get(bench.profile.get())?;
    let (index, count) = (bench.path(report)?, report.paths.len());
    let said = format!("Path {} of {count}, as shown under “Chain”.", index + 1);
    (count > 1).then_some(said)
}

fn issuers(count: usize) -> String {
    match count {
        0 | 1 => "With its issuers (none was found)".to_owned(),
        _ => format!("With its issuers ({count} certificates, leaf first)"),
    }
}
