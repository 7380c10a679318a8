use base64ct::{Base64, Encoding as _};
use leptos::prelude::*;
use signet_core::dps::Substatus;
use signet_core::pem;
use signet_core::run::{Issuance, Record};

use super::table::local;
use crate::files;
use crate::shell::plain;

/// Everything that is kept of one board: who did it, what was issued, what was written, how long it took.
#[component]
pub(super) fn Detail(record: Record) -> impl IntoView {
    let groups = [
        ("Who", who(&record)),
        ("Certificate", certificate(&record)),
        ("Board", board(&record)),
        ("Time", times(&record)),
    ];
    let chain = chain_pem(&record);
    let name = format!("{}-chain.pem", record.registration_id.replace(':', "-"));
    view! {
        <div class="detail" data-testid="record-detail">
            {groups
                .into_iter()
                .filter(|(_, facts)| !facts.is_empty())
                .map(|(title, facts)| view! { <Group title facts /> })
                .collect_view()}
            {(!chain.is_empty())
                .then(|| {
                    view! {
                        <button
                            type="button"
                            class="button"
                            on:click=move |_| {
                                files::save(&name, "application/pem-certificate-chain", &chain);
                            }
                        >
                            "Save the issued chain (PEM)"
                        </button>
                    }
                })}
        </div>
    }
}

#[component]
fn Group(title: &'static str, facts: Vec<(String, String)>) -> impl IntoView {
    view! {
        <section>
            <h3>{title}</h3>
            <dl>
                {facts
                    .into_iter()
                    .map(|(name, value)| {
                        let digest = value.len() > 31 && value.bytes().all(|b| b.is_ascii_hexdigit());
                        view! {
                            <div>
                                <dt>{name}</dt>
                                <dd class:mono=digest>{plain(&value, 200)}</dd>
                            </div>
                        }
                    })
                    .collect_view()}
            </dl>
        </section>
    }
}

/// The facts that are there; an empty one says nothing.
fn facts<const N: usize>(all: [(&str, Option<&str>); N]) -> Vec<(String, String)> {
    let told = all.into_iter().filter_map(|(name, value)| {
        let value = value.filter(|value| !value.is_empty())?;
        Some((name.to_owned(), value.to_owned()))
    });
    told.collect()
}

fn who(record: &Record) -> Vec<(String, String)> {
    let known = record.substatus.as_ref().and_then(|word| word.parse().ok());
    let assigned = known.as_ref().map(Substatus::explanation);
    facts([
        ("Operator", Some(&record.operator)),
        ("Recipe", Some(&record.recipe)),
        ("Recipe SHA-256", Some(&record.recipe_sha256)),
        ("Device ID", record.device_id.as_deref()),
        ("Assigned hub", record.assigned_hub.as_deref()),
        ("Assignment", assigned),
        ("DPS operation", record.operation_id.as_deref()),
    ])
}

fn certificate(record: &Record) -> Vec<(String, String)> {
    let Some(leaf) = &record.leaf else {
        let why = match record.issuance {
            Issuance::Issued => "issued, but not what the recipe expects",
            Issuance::None => "none was issued",
            Issuance::Possible => "asked for; the answer never arrived",
        };
        return vec![("Issued".to_owned(), why.to_owned())];
    };
    let (from, to) = (local(leaf.not_before), local(leaf.not_after));
    facts([
        ("Subject", Some(&leaf.subject)),
        ("Issuer", Some(&leaf.issuer)),
        ("Serial number", Some(&leaf.serial)),
        ("Valid from", Some(&from)),
        ("Valid to", Some(&to)),
        ("SHA-1 thumbprint", Some(&leaf.sha1)),
        ("SHA-256", Some(&leaf.sha256)),
        ("Root SHA-256", Some(&leaf.root_sha256)),
        ("Replaces serial number", record.replaces.as_deref()),
    ])
}

fn board(record: &Record) -> Vec<(String, String)> {
    facts([
        ("Chip", record.chip.as_deref()),
        ("MAC address", record.mac.as_deref()),
        ("Partition", record.partition.as_deref()),
        ("Written, SHA-256", record.image_sha256.as_deref()),
        ("Read back, MD5", record.image_md5.as_deref()),
    ])
}

fn times(record: &Record) -> Vec<(String, String)> {
    let (started, finished) = (local(record.started), local(record.finished));
    let mut all = facts([("Started", Some(&started)), ("Finished", Some(&finished))]);
    for timing in &record.timings {
        let seconds = format!("{}.{:03} s", timing.ms / 1000, timing.ms % 1000);
        all.push((timing.phase.clone(), seconds));
    }
    all
}

/// The issued chain as PEM, in the order received.
fn chain_pem(record: &Record) -> String {
    let ders = record.chain.iter().map(|text| Base64::decode_vec(text));
    // What DPS sent was decoded before it was recorded, so nothing is left out here.
    ders.flatten()
        .map(|der| pem::encode("CERTIFICATE", &der))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_chain_is_saved_as_it_was_issued() {
        let ders = [vec![0x30; 70], vec![0x31; 3]];
        let record = Record {
            chain: ders.iter().map(|der| Base64::encode_string(der)).collect(),
            ..Record::default()
        };
        let objects = pem::decode(chain_pem(&record).as_bytes()).unwrap();
        let saved: Vec<_> = objects.iter().map(|object| object.der.to_vec()).collect();
        assert_eq!(saved, ders);
    }

    #[test]
    fn what_is_not_known_is_not_shown() {
        let record = Record::default();
        assert!(who(&record).is_empty() && board(&record).is_empty());
        assert_eq!(certificate(&record)[0].1, "none was issued");
    }
}
