use leptos::prelude::*;
use signet_core::run::{Record, to_csv};

use crate::clock;
use crate::desk::Desk;
use crate::files;

/// Saves what was done as a file for a spreadsheet or for a program.
#[component]
pub(super) fn Export() -> impl IntoView {
    let desk = expect_context::<Desk>();
    let csv = move |_| {
        let records = chosen(desk);
        files::save(&name("csv"), "text/csv;charset=utf-8", &to_csv(&records));
    };
    let json = move |_| {
        let lines = json_lines(&chosen(desk));
        files::save(&name("jsonl"), "application/jsonl", &lines);
    };
    view! {
        <div class="row">
            <button type="button" class="button" data-testid="export-csv" on:click=csv>
                "Export CSV"
            </button>
            <button type="button" class="button" data-testid="export-json" on:click=json>
                "Export JSON lines"
            </button>
        </div>
    }
}

/// Real boards; practice boards only if there is nothing else.
fn chosen(desk: Desk) -> Vec<Record> {
    desk.records.with_untracked(|kept| {
        let practice = kept.iter().all(|kept| kept.practice);
        let kept = kept.iter().filter(|kept| kept.practice == practice);
        kept.map(|kept| kept.record.clone()).collect()
    })
}

/// One record per line.
fn json_lines(records: &[Record]) -> String {
    let lines = records
        .iter()
        .filter_map(|record| serde_json::to_string(record).ok());
    lines.map(|line| line + "\n").collect()
}

/// `signet-2026-11-23T12-00-00Z.csv`: no colons, which some systems do not allow.
fn name(extension: &str) -> String {
    let now = clock::utc().to_string().replace(':', "-");
    format!("signet-{now}.{extension}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_line_is_a_record() {
        let lines = json_lines(&[Record::default(), Record::default()]);
        assert_eq!(lines.lines().count(), 2);
        for line in lines.lines() {
            assert_eq!(
                serde_json::from_str::<Record>(line).unwrap(),
                Record::default()
            );
        }
    }
}
