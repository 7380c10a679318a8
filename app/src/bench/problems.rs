use std::collections::VecDeque;
use std::sync::Arc;

use leptos::prelude::*;
use signet_core::Fault;

use super::bag::Bench;
use crate::shell::{Icon, Shape};

/// More than this would hide the page.
const SHOWN: usize = 5;

/// Something in a file that could not be read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Problem {
    pub(super) file: Arc<str>,
    pub(super) fault: Fault,
}

/// What could not be read: the newest few, and how many there were before them. Of a folder of files of
/// the wrong kind nobody reads the thousandth, and every one that is kept is drawn anew.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct ProblemList {
    /// The newest last.
    newest: VecDeque<Problem>,
    older: usize,
}

impl ProblemList {
    pub(super) fn is_empty(&self) -> bool {
        self.newest.is_empty()
    }

    /// How many there were, those included that are not kept.
    pub(super) fn count(&self) -> usize {
        self.older.saturating_add(self.newest.len())
    }

    pub(super) fn add(&mut self, file: &Arc<str>, fault: Fault) {
        self.push(Problem {
            file: Arc::clone(file),
            fault,
        });
    }

    /// Adds what came after these.
    pub(super) fn append(&mut self, later: Self) {
        self.older = self.older.saturating_add(later.older);
        for problem in later.newest {
            self.push(problem);
        }
    }

    #[cfg(test)]
    pub(super) fn codes(&self) -> String {
        let codes = self
            .newest
            .iter()
            .map(|problem| problem.fault.code.as_str());
        codes.collect::<Vec<_>>().join(" ")
    }

    fn push(&mut self, problem: Problem) {
        self.newest.push_back(problem);
        if self.newest.len() > SHOWN {
            self.newest.pop_front();
            self.older = self.older.saturating_add(1);
        }
    }
}

/// What could not be read, until someone has seen it.
#[component]
pub(super) fn Problems(bench: Bench) -> impl IntoView {
    view! {
        <div role="alert" data-testid="bench-problems">
            {move || {
                let all = bench.problems.get();
                let more = all.older;
                let rows = all.newest.into_iter().rev().map(row).collect::<Vec<_>>();
                (!rows.is_empty())
                    .then(|| {
                        view! {
                            <div class="box problems">
                                <Icon shape=Shape::Alert />
                                <ul>
                                    {rows}
                                    {(more > 0).then(|| view! { <li>{format!("And {more} more.")}</li> })}
                                </ul>
                                <button
                                    type="button"
                                    class="button"
                                    on:click=move |_| bench.problems.set(ProblemList::default())
                                >
                                    "Close"
                                </button>
                            </div>
                        }
                    })
            }}
        </div>
    }
}

fn row(problem: Problem) -> impl IntoView {
    view! {
        <li data-testid="bench-error">
            <strong>{problem.file.to_string()} ": "</strong>
            {problem.fault.what}
            " "
            {problem.fault.next}
            " "
            <code>{problem.fault.code}</code>
        </li>
    }
}

/// Why an object cannot be read, in place of what it says.
#[component]
pub(super) fn Unread(fault: Fault) -> impl IntoView {
    view! {
        <ul class="checks" data-testid="unread">
            <li data-state="fail">
                <Icon shape=Shape::Cross />
                <div>
                    <p>{fault.what}</p>
                    <p class="mend">{fault.next} " " <code>{fault.code}</code></p>
                </div>
            </li>
        </ul>
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn numbered(numbers: core::ops::Range<usize>) -> ProblemList {
        let mut list = ProblemList::default();
        for number in numbers {
            let fault = Fault {
                code: "test.number".to_owned(),
                what: number.to_string(),
                next: String::new(),
            };
            list.add(&"a".into(), fault);
        }
        list
    }

    fn said(list: &ProblemList) -> Vec<&str> {
        let faults = list.newest.iter();
        faults.map(|problem| problem.fault.what.as_str()).collect()
    }

    #[test]
    fn keeps_the_newest_and_counts_the_others() {
        let mut list = numbered(0..20_000);
        assert_eq!(said(&list), ["19995", "19996", "19997", "19998", "19999"]);
        assert_eq!((list.newest.len(), list.count()), (SHOWN, 20_000));
        list.append(numbered(0..3));
        assert_eq!(said(&list), ["19998", "19999", "0", "1", "2"]);
        assert_eq!(list.count(), 20_003);
        list.append(numbered(0..7));
        assert_eq!(said(&list), ["2", "3", "4", "5", "6"]);
        assert_eq!(list.count(), 20_010);
    }
}
