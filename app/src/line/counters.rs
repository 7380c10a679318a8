use leptos::prelude::*;

use crate::desk::{Desk, Loaded, Tally, midnight};

/// Today's figures of this line.
#[component]
pub(super) fn Counters() -> impl IntoView {
    let desk = expect_context::<Desk>();
    let tally = Memo::new(move |_| {
        let line = desk.loaded.with(|loaded| match loaded {
            Loaded::Ready(line) => Some(line.recipe.name.clone()),
            _ => None,
        });
        desk.records.with(|kept| {
            let ours = kept.iter().filter(|kept| kept.practice == line.is_none());
            let ours = ours.map(|kept| &kept.record);
            Tally::count(ours, line.as_deref(), midnight())
        })
    });
    let figure = |value: Option<u32>, unit: &'static str| match value {
        Some(value) => format!("{value}{unit}"),
        None => "–".to_owned(),
    };
    view! {
        <section class="box" data-testid="counters">
            <h2>"Today"</h2>
            <dl class="counters">
                <div class="wide">
                    <dt>"Done"</dt>
                    <dd>{move || tally.get().done}</dd>
                </div>
                <div class="good">
                    <dt>"Pass"</dt>
                    <dd>{move || tally.get().pass}</dd>
                </div>
                <div class="bad">
                    <dt>"Fail"</dt>
                    <dd>{move || tally.get().fail}</dd>
                </div>
                <div>
                    <dt>"Yield"</dt>
                    <dd>{move || figure(tally.get().yield_percent(), " %")}</dd>
                </div>
                <div>
                    <dt>"Per hour"</dt>
                    <dd>{move || figure(tally.get().per_hour, "")}</dd>
                </div>
                <Show when=move || desk.serials_left().is_some()>
                    <div>
                        <dt>"Numbers left"</dt>
                        <dd>{move || desk.serials_left()}</dd>
                    </div>
                </Show>
            </dl>
        </section>
    }
}
