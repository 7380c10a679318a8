use leptos::prelude::*;
use leptos::task::spawn_local;
use signet_core::Fault;

use super::{Said, relays};
use crate::files;
use crate::shell::{Icon, Shape};
use crate::station::Station;

/// What people take away from the station.
#[component]
pub(super) fn Downloads(station: Station) -> impl IntoView {
    let fault = RwSignal::new(None);
    let relays = Memo::new(move |_| relays(station));
    let authorities = move || match relays.get() {
        true => "Root of its reports (PEM)",
        false => "Authorities, for the hub (PEM)",
    };
    let hint = move || match relays.get() {
        true => {
            "Signed reports of batches are checked against the root. The ledger is whole, each entry with its hash."
        }
        false => {
            "A hub that shall trust the devices of this station has to know its authorities: root and issuing \
             ones. The ledger is whole, each entry with its hash."
        }
    };
    let button = move |testid: &'static str, word: Signal<&'static str>, file: File| {
        view! {
            <button
                type="button"
                class="button"
                data-testid=testid
                on:click=move |_| file.save(station, fault)
            >
                <Icon shape=Shape::Down />
                {word}
            </button>
        }
    };
    view! {
        <section class="box wide" aria-labelledby="downloads-title">
            <h2 id="downloads-title">"Take away"</h2>
            <div class="row">
                {button("save-authorities", Signal::derive(authorities), AUTHORITIES)}
                {button("save-ledger-csv", Signal::stored("Ledger (CSV)"), LEDGER_CSV)}
                {button("save-ledger-jsonl", Signal::stored("Ledger (JSON lines)"), LEDGER_JSONL)}
            </div>
            <p class="hint">{hint}</p>
            <Said fault />
        </section>
    }
}

/// A file of the station's.
#[derive(Clone, Copy)]
struct File {
    path: &'static str,
    name: &'static str,
    media_type: &'static str,
}

const AUTHORITIES: File = File {
    path: "authorities?format=pem",
    name: "authorities.pem",
    media_type: "application/x-pem-file",
};

const LEDGER_CSV: File = File {
    path: "ledger/export?format=csv",
    name: "ledger.csv",
    media_type: "text/csv",
};

const LEDGER_JSONL: File = File {
    path: "ledger/export?format=jsonl",
    name: "ledger.jsonl",
    media_type: "application/jsonl",
};

impl File {
    fn save(self, station: Station, fault: RwSignal<Option<Fault>>) {
        save(
            station,
            self.path.to_owned(),
            self.name.to_owned(),
            self.media_type,
            fault,
        );
    }
}

/// Fetches a file, because a link could not carry the token, and lets the browser save it.
pub(super) fn save(
    station: Station,
    path: String,
    name: String,
    media_type: &'static str,
    fault: RwSignal<Option<Fault>>,
) {
    spawn_local(async move {
        let got = station.get(&path).await;
        if let Ok(bytes) = &got {
            files::save_bytes(&name, media_type, bytes);
        }
        // The screen may have been left meanwhile.
        let _ = fault.try_set(got.err().map(|trouble| trouble.told()));
    });
}
