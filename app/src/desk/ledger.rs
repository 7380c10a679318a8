//! What was done, told to the station.

use std::collections::HashSet;

use leptos::prelude::*;
use leptos::task::spawn_local;
use signet_core::run::Record;

use super::{Desk, Origin, Refusal, Turn};
use crate::journal::Table;
use crate::shell::Screen;
use crate::station::{Ledgered, Mark, Presence, waiting};
use crate::{clock, tab};

/// How often the Station screen is brought up to date.
const LOOK_MS: u64 = 10_000;

/// How many looks there are between two rounds without anybody looking.
const ROUND: u32 = 3;

/// The setting that says that there was a station here.
const SEEN: &str = "station";

impl Desk {
    /// Looks for a station, and keeps in touch with it for as long as the page lives.
    pub(super) async fn open_station(self) {
        let station = self.station;
        let seen = self.setting(Table::Settings, SEEN).await.is_some();
        station.refresh(seen).await;
        if station.presence.get_untracked() == Presence::Absent {
            return;
        }
        tab::on_online(move || spawn_local(async move { self.tell_station().await }));
        let mut looks = 0;
        loop {
            if !seen && untrack(|| station.is_there()) && looks == 0 {
                self.remember(SEEN, "seen".to_owned());
            }
            if looks % ROUND == 0 {
                self.tell_station().await;
            } else if Screen::Station.is_shown() {
                station.refresh(true).await;
            }
            looks = looks.wrapping_add(1);
            clock::sleep(LOOK_MS).await;
        }
    }

    /// Signs in, and does what waited for it.
    pub(crate) async fn sign_in(self, text: String) -> bool {
        let good = self.station.sign_in(text).await;
        if good {
            self.start_held();
            let loaded = self.loaded.get_untracked();
            let own = loaded
                .line()
                .is_some_and(|line| line.origin == Origin::Station);
            if !own && !untrack(|| self.busy()) {
                spawn_local(self.look_for_recipe());
            }
            spawn_local(async move { self.tell_station().await });
        }
        good
    }

    /// Sends every record that waits, then asks how the station is. Of what another tab does only that tab
    /// knows how it stands, and without its marks a record would be sent without its batch.
    pub(super) async fn tell_station(self) {
        let (station, back) = (self.station, self.back());
        if station.presence.get_untracked() == Presence::Absent {
            return;
        }
        if back.turn.get() != Turn::Has || back.unread.borrow().is_some() {
            station.refresh(true).await;
            return;
        }
        if back.telling.replace(true) {
            return;
        }
        if station.presence.get_untracked() != Presence::Here {
            station.refresh(true).await;
        }
        let mut tried = HashSet::new();
        // A record may come while another is on its way.
        while station.presence.get_untracked() == Presence::Here
            && let Some(record) = self.next_waiting(&tried)
        {
            tried.insert(record.run.clone());
            if !self.tell(&record).await {
                break;
            }
        }
        station.late.set(self.waiting().len());
        back.telling.set(false);
        station.refresh(true).await;
    }

    /// Sends a record, and says whether it makes sense to send another.
    async fn tell(self, record: &Record) -> bool {
        let station = self.station;
        let mark = station
            .marks
            .with_untracked(|marks| marks.get(&record.run).cloned());
        let mark = mark.unwrap_or_default();
        let report = Ledgered {
            record,
            batch: mark.batch.as_deref(),
        };
        // Cannot fail: a record is plain data.
        let Ok(text) = serde_json::to_string(&report) else {
            return true;
        };
        let mark = match station.post("runs", Some(&text)).await {
            Ok(()) => Mark {
                taken: true,
                ..mark
            },
            Err(trouble) if trouble.is_final() => Mark {
                refused: Some(trouble.told()),
                ..mark
            },
            Err(trouble) => return trouble.is_of_its_own(),
        };
        self.mark(&record.run, mark).await;
        true
    }

    /// Notes what a record was refused for as done with, so that it is sent once more.
    pub(crate) fn send_again(self, run: &str, with_batch: bool) {
        if self.back().turn.get() != Turn::Has {
            self.refuse(&Refusal::OtherTab);
            return;
        }
        let run = run.to_owned();
        spawn_local(async move {
            let mark = self
                .station
                .marks
                .with_untracked(|marks| marks.get(&run).cloned());
            let batch = mark.and_then(|mark| mark.batch).filter(|_| with_batch);
            self.mark(
                &run,
                Mark {
                    batch,
                    ..Mark::default()
                },
            )
            .await;
            self.tell_station().await;
        });
    }

    /// Keeps with a run that begins which batch it belongs to; it is told with its record.
    pub(super) fn begin_in_batch(self, run: &str) -> Option<String> {
        let batch = self.station.batch.get_untracked()?;
        let (run, mark) = (
            run.to_owned(),
            Mark {
                batch: Some(batch.clone()),
                ..Mark::default()
            },
        );
        self.station.marks.update(|marks| {
            marks.insert(run.clone(), mark.clone());
        });
        if let Ok(journal) = self.journal() {
            spawn_local(async move { drop(journal.mark(&run, &mark).await) });
        }
        Some(batch)
    }

    async fn mark(self, run: &str, mark: Mark) {
        if let Ok(journal) = self.journal() {
            // A mark that is lost has its record sent again, and the station knows it already.
            drop(journal.mark(run, &mark).await);
        }
        self.station.marks.update(|marks| {
            marks.insert(run.to_owned(), mark);
        });
    }

    /// The oldest record that waits and was not tried yet.
    fn next_waiting(self, tried: &HashSet<String>) -> Option<Record> {
        let all = self.waiting();
        all.into_iter().find(|record| !tried.contains(&record.run))
    }

    fn waiting(self) -> Vec<Record> {
        let marks = self.station.marks;
        self.records
            .with_untracked(|records| marks.with_untracked(|marks| waiting(records, marks)))
    }
}
