//! What stands between a record and the ledger.

use leptos::prelude::*;
use serde::{Deserialize, Serialize};
use signet_core::Fault;
use signet_core::run::Record;

use crate::desk::{Desk, Kept};
use crate::shell::{Icon, Shape, plain};

/// What is known of a record's way into the ledger; nothing is known of one that waits.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Mark {
    /// The batch that was chosen when its run began.
    pub batch: Option<String>,
    /// Whether it is in the ledger.
    pub taken: bool,
    /// Why the station will not take it.
    pub refused: Option<Fault>,
}

impl Mark {
    /// Whether it is still to be sent.
    pub fn waits(&self) -> bool {
        !self.taken && self.refused.is_none()
    }
}

/// What `POST runs` takes.
#[derive(Serialize)]
pub(crate) struct Ledgered<'a> {
    pub(crate) record: &'a Record,
    pub(crate) batch: Option<&'a str>,
}

/// In a row of the records: whether it is in the ledger. Practice boards never are.
#[component]
pub(crate) fn InLedger(
    /// The run's name.
    run: String,
    practice: bool,
) -> impl IntoView {
    let station = expect_context::<Desk>().station;
    let state = Memo::new(move |_| {
        station.marks.with(|marks| match marks.get(&run) {
            _ if practice => ("none", Shape::Dot, "–"),
            Some(mark) if mark.taken => ("taken", Shape::Tick, "In the ledger"),
            Some(mark) if mark.refused.is_some() => ("refused", Shape::Cross, "Refused"),
            _ => ("waits", Shape::Turn, "Not yet"),
        })
    });
    view! {
        <span class="ledger-mark" data-testid="ledger-mark" data-state=move || state.get().0>
            {move || (state.get().0 != "none").then(|| view! { <Icon shape=still(state.get().1) /> })}
            {move || state.get().2}
        </span>
    }
}

/// Nothing turns in a table.
const fn still(shape: Shape) -> Shape {
    match shape {
        Shape::Turn => Shape::Dot,
        other => other,
    }
}

/// Under a record that the station refused: its sentence, and what can be done.
#[component]
pub(crate) fn Refused(run: String) -> impl IntoView {
    let desk = expect_context::<Desk>();
    let name = run.clone();
    let mark = Memo::new(move |_| desk.station.marks.with(|marks| marks.get(&name).cloned()));
    move || {
        let mark = mark.get()?;
        let fault = mark.refused?;
        let (again, without) = (run.clone(), run.clone());
        Some(view! {
            <section class="ledger-refused" data-testid="ledger-refused">
                <h3>"The station does not take this record"</h3>
                <p>
                    <strong>{plain(&fault.what, 300)}</strong>
                    " "
                    {plain(&fault.next, 300)}
                    " "
                    <code>{plain(&fault.code, 64)}</code>
                </p>
                <div class="row">
                    <button
                        type="button"
                        class="button"
                        on:click=move |_| desk.send_again(&again, true)
                    >
                        "Send it again"
                    </button>
                    {mark
                        .batch
                        .map(|batch| {
                            let without = without.clone();
                            view! {
                                <button
                                    type="button"
                                    class="button"
                                    on:click=move |_| desk.send_again(&without, false)
                                >
                                    {format!("Send it without the batch {}", plain(&batch, 64))}
                                </button>
                            }
                        })}
                </div>
            </section>
        })
    }
}

/// In the header: how many records are not yet in the ledger.
#[component]
pub(crate) fn Late() -> impl IntoView {
    let station = expect_context::<Desk>().station;
    let late = Memo::new(
        move |_| match station.is_there() || station.away.with(Option::is_some) {
            true => station.late.get(),
            false => 0,
        },
    );
    let words = move || match late.get() {
        1 => "1 record not yet in the ledger".to_owned(),
        count => format!("{count} records not yet in the ledger"),
    };
    view! {
        <Show when=move || { late.get() > 0 }>
            <a class="light" data-state="warn" data-testid="late" href="#records">
                <span class="light-dot" aria-hidden="true"></span>
                <span>{words}</span>
            </a>
        </Show>
    }
}

/// The records that are to be sent, oldest first.
pub(crate) fn waiting(
    records: &[Kept],
    marks: &std::collections::HashMap<String, Mark>,
) -> Vec<Record> {
    let waits = |kept: &&Kept| {
        let mark = marks.get(&kept.record.run);
        !kept.practice && mark.is_none_or(Mark::waits)
    };
    records
        .iter()
        .filter(waits)
        .map(|kept| kept.record.clone())
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kept(run: &str, practice: bool) -> Kept {
        let record = Record {
            run: run.into(),
            ..Record::default()
        };
        Kept { record, practice }
    }

    #[test]
    fn what_is_not_known_to_be_taken_is_sent() {
        let records = ["old", "taken", "refused", "batch"].map(|run| kept(run, false));
        let records: Vec<_> = records
            .into_iter()
            .chain([kept("practice", true)])
            .collect();
        let fault = Fault {
            code: "api.private-key".into(),
            what: "No.".into(),
            next: String::new(),
        };
        let marks = [
            (
                "taken",
                Mark {
                    taken: true,
                    ..Mark::default()
                },
            ),
            (
                "refused",
                Mark {
                    refused: Some(fault),
                    ..Mark::default()
                },
            ),
            (
                "batch",
                Mark {
                    batch: Some("lot-1".into()),
                    ..Mark::default()
                },
            ),
        ];
        let marks = marks.map(|(run, mark)| (run.to_owned(), mark)).into();
        let runs: Vec<_> = waiting(&records, &marks)
            .into_iter()
            .map(|record| record.run)
            .collect();
        assert_eq!(runs, ["old", "batch"]);
    }

    #[test]
    fn a_mark_outlives_its_form() {
        let mark: Mark = serde_json::from_str(r#"{"taken":true,"since":7}"#).unwrap();
        assert!(mark.taken && !mark.waits());
        assert_eq!(serde_json::from_str::<Mark>("{}").unwrap(), Mark::default());
    }
}
