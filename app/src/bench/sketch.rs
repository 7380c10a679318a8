use leptos::prelude::*;
use signet_core::Explain;
use signet_core::cert::{Certificate, Field, Sketch};

use super::certificate::{Extensions, Fact};
use super::item::Item;
use crate::shell::{Icon, Shape, plain};

/// The longest field that is laid out.
const MAX_CHARS: usize = 4_000;

/// Why strict reading refuses a certificate, and what can be read of it all the same.
#[component]
pub(super) fn SketchContents(item: Item) -> impl IntoView {
    let refused = Certificate::from_der(&item.der).err();
    let refused = refused.map_or_else(String::new, |error| error.fault().what);
    let sketch = Sketch::read(&item.der);
    let troubles = sketch.troubles.iter().map(|trouble| {
        let words = trouble.to_string();
        view! { <li>{words}</li> }
    });
    let troubles = troubles.collect::<Vec<_>>();
    view! {
        <div class="certificate" data-testid="sketch">
            <ul class="checks">
                <li data-state="fail">
                    <Icon shape=Shape::Cross />
                    <div>
                        <p>{refused}</p>
                        <p class="mend">"No path is built with it, and nothing is judged by it."</p>
                    </div>
                </li>
            </ul>
            <h3>"What can be read of it"</h3>
            <dl class="certificate-facts">
                <Guess name="Subject" field=sketch.subject />
                <Guess name="Issued by" field=sketch.issuer />
                <Guess name="Valid from" field=sketch.not_before />
                <Guess name="Valid to" field=sketch.not_after />
                <Guess name="Key" field=sketch.key />
                <Guess name="Signed with" field=sketch.signature_algorithm />
                <Guess name="Serial number" field=sketch.serial mono=true />
                <Guess name="Version" field=sketch.version />
                <Fact name="SHA-1 thumbprint" value=sketch.sha1 mono=true />
                <Fact name="SHA-256" value=sketch.sha256 mono=true />
                <Fact name="Size" value=format!("{} bytes as received", sketch.size) />
            </dl>
            {(!troubles.is_empty())
                .then(|| {
                    view! {
                        <h3>"What else is wrong"</h3>
                        <ul class="values" data-testid="sketch-troubles">{troubles}</ul>
                    }
                })}
            <Extensions title="Extensions that can be read" extensions=sketch.extensions />
        </div>
    }
}

/// One field, and what is wrong with it.
#[component]
fn Guess(name: &'static str, field: Field, #[prop(optional)] mono: bool) -> impl IntoView {
    let value = match field.value {
        Some(value) if value.is_empty() => "(empty)".to_owned(),
        Some(value) => plain(&value, MAX_CHARS),
        None => "Cannot be read".to_owned(),
    };
    let trouble = field.trouble.map(|trouble| trouble.to_string());
    view! {
        <div>
            <dt>{name}</dt>
            <dd class:mono=mono>{value}</dd>
            {trouble.map(|trouble| view! { <dd class="refused">{trouble}</dd> })}
        </div>
    }
}
