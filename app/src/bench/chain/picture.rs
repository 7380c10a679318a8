use leptos::prelude::*;

use super::View;
use super::layout::{HEIGHT, Layout, Mark, Node, WIDTH};
use crate::bench::bag::Bench;
use crate::bench::item::short;
use crate::shell::{Icon, Shape, plain};

/// The chain as a picture. Each card leads to its certificate.
#[component]
pub(super) fn Picture(bench: Bench, view: View) -> impl IntoView {
    let report = view.report()?;
    let layout = Layout::new(report, view.path);
    let pixels = |count: usize| format!("{count}px");
    let (width, height) = (pixels(layout.width), pixels(layout.height));
    let lines = layout.edges.iter().filter_map(|edge| {
        let (from, to) = (layout.nodes.get(edge.from)?, layout.nodes.get(edge.to)?);
        Some(line(from, to, edge.state))
    });
    let lines = lines.collect::<Vec<_>>();
    let nodes = layout.nodes.into_iter().map(|node| {
        let id = node.place.and_then(|place| view.judged.places.item(place));
        let catalogue = node.place.is_some() && id.is_none();
        view! { <Card bench node id catalogue /> }
    });
    Some(view! {
        <div class="picture-scroll" tabindex="0" role="group" aria-label="The chain, issuers above">
            <div class="picture" style:width=width style:height=height data-testid="picture">
                <svg aria-hidden="true" width=layout.width height=layout.height>
                    {lines}
                </svg>
                {nodes.collect::<Vec<_>>()}
            </div>
        </div>
    })
}

#[component]
fn Card(
    bench: Bench,
    node: Node,
    id: Option<crate::bench::item::Id>,
    catalogue: bool,
) -> impl IntoView {
    let (state, shape, word) = match node.state {
        Mark::Pass => ("pass", Shape::Tick, "in order"),
        Mark::Fail => ("fail", Shape::Cross, "breaks a rule"),
        Mark::Other => ("other", Shape::Dot, "on another path"),
        Mark::Missing => ("missing", Shape::Alert, "missing"),
        Mark::Dropped => ("dropped", Shape::Cross, "dropped"),
    };
    let pixels = |count: usize| format!("{count}px");
    let extra = catalogue.then_some("Azure's public roots");
    view! {
        <button
            type="button"
            class="node"
            style:left=pixels(node.x)
            style:top=pixels(node.y)
            style:width=pixels(WIDTH)
            style:height=pixels(HEIGHT)
            data-state=state
            data-testid="node"
            title=plain(&node.subject, 400)
            disabled=id.is_none()
            on:click=move |_| bench.chosen.set(id)
        >
            <Icon shape />
            <span class="node-title">{short(&node.subject)}</span>
            <span class="node-note">
                {extra.map(|extra| format!("{extra}, "))} {node.note} <span class="unseen">{word}</span>
            </span>
        </button>
    }
}

fn line(from: &Node, to: &Node, state: Mark) -> impl IntoView + use<> {
    let middle = WIDTH / 2;
    let (x1, y1) = (from.x + middle, from.y + HEIGHT);
    let (x2, y2) = (to.x + middle, to.y);
    let half = usize::midpoint(y1, y2);
    let path = format!("M{x1} {y1}C{x1} {half} {x2} {half} {x2} {y2}");
    let class = match state {
        Mark::Pass => "edge pass",
        Mark::Fail => "edge fail",
        Mark::Other => "edge other",
        Mark::Dropped | Mark::Missing => "edge dropped",
    };
    let broken = (state == Mark::Fail).then(|| {
        let (x, y) = (usize::midpoint(x1, x2), half);
        let cross = format!("M{} {}l14 14m0-14l-14 14", x - 7, y - 7);
        view! {
            <circle class="break" cx=x cy=y r="14" />
            <path class="break-cross" d=cross />
        }
    });
    view! {
        <path class=class d=path />
        {broken}
    }
}
