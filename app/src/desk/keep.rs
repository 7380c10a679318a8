//! What is kept: the journal, the records, the settings, the attestation key.

use std::collections::HashSet;

use base64ct::{Base64, Encoding};
use leptos::prelude::*;
use leptos::task::spawn_local;
use signet_core::recipe::{Naming, Source};
use signet_core::run::Record;
use zeroize::{Zeroize, Zeroizing};

use super::{Desk, Kept, Loaded, Origin, Refusal, Stage, Turn};
use crate::journal::{Journal, Table};
use crate::serial::Support;
use crate::{clock, tab};

/// The longest attestation key that is taken, in base64 characters. DPS makes keys of 32 or 64 bytes.
const MAX_KEY_CHARS: usize = 128;

impl Desk {
    /// Takes the attestation key, in base64. The text is wiped.
    pub fn take_key(self, mut text: String) {
        let key = if text.len() > MAX_KEY_CHARS {
            None
        } else {
            Base64::decode_vec(text.trim()).ok().map(Zeroizing::new)
        };
        text.zeroize();
        match key.filter(|key| key.len() >= 16) {
            Some(key) => {
                *self.back().key.borrow_mut() = Some(key);
                self.key_held.set(true);
                self.heard();
                self.start_held();
            }
            None => self.refuse(&Refusal::KeyUnreadable),
        }
    }

    /// Wipes the attestation key.
    pub fn forget_key(self) {
        *self.back().key.borrow_mut() = None;
        self.key_held.set(false);
    }

    /// Changes and remembers who stands at the line.
    pub fn set_operator(self, name: String) {
        self.operator.set(name.clone());
        self.remember("operator", name);
    }

    /// Changes and remembers whether boards start by themselves.
    pub fn set_armed(self, armed: bool) {
        self.armed.set(armed);
        self.remember("armed", armed.to_string());
    }

    pub(super) async fn open_journal(self) {
        let journal = Journal::open().await;
        let back = self.back();
        *back.journal.borrow_mut() = Some(journal);
        let turn = back.turn.get();
        self.read_back(turn).await;
        if back.turn.get() != turn {
            // The tab before was at work while this one read.
            self.read_back(Turn::Reads).await;
        }
        back.opened.set(true);
        self.take_turn();
        self.start_held();
        // Where no board can be reached nothing is stored that is worth a question to a person.
        if self.journal().is_ok() && self.support.get_untracked() == Support::Present {
            spawn_local(async move { self.evictable.set(!tab::store_for_good().await) });
        }
    }

    /// The tab that had the line has closed: takes up what it has left, then the line.
    async fn take_over(self) {
        self.read_back(Turn::Reads).await;
        self.look_for_recipe_again().await;
        self.take_turn();
        for slot in self.slots.get_untracked() {
            // Nobody knows which of the boards that are plugged in the tab before has finished.
            if slot.stage.get_untracked() == Stage::Held {
                slot.reset();
            }
        }
        self.tell_station().await;
    }

    /// The file that was opened last is the line's recipe, in whichever tab that was.
    async fn look_for_recipe_again(self) {
        let before = self.loaded.get_untracked();
        if before.line().map(|line| line.origin) == Some(Origin::Station) {
            return;
        }
        self.loaded.set(Loaded::Looking);
        self.look_for_recipe().await;
        if self.loaded.with_untracked(|loaded| *loaded != before) {
            self.forget_key();
        }
    }

    fn take_turn(self) {
        let turn = &self.back().turn;
        if turn.get() == Turn::Reads {
            turn.set(Turn::Has);
        }
    }

    /// Reads what is kept; the tab whose turn it is settles it first. Another one's runs are not cut off,
    /// however it looks from here.
    async fn read_back(self, turn: Turn) {
        let Ok(journal) = self.journal() else {
            return;
        };
        if turn == Turn::Reads {
            // What cannot be settled now is still in the journal, and its board is asked about.
            drop(journal.settle().await);
        }
        let read = async { Ok((journal.records().await?, journal.marks().await?)) };
        let unread = match read.await {
            Ok((records, marks)) => {
                self.records.update(|kept| add(kept, records));
                self.station.marks.update(|known| known.extend(marks));
                None
            }
            Err(why) => Some(why),
        };
        if let Some(why) = unread.clone() {
            self.refuse(&Refusal::RecordsUnread { why });
        }
        *self.back().unread.borrow_mut() = unread;
        if let Some(name) = self.setting(Table::Settings, "operator").await {
            self.operator.set(name);
        }
        if let Some(armed) = self.setting(Table::Settings, "armed").await {
            self.armed.set(armed == "true");
        }
    }

    /// Whether this tab has the line, and knows which names are used if the recipe has to choose them.
    pub(super) fn has_line(self, naming: &Naming) -> Result<(), Refusal> {
        self.journal()?;
        let back = self.back();
        match back.turn.get() {
            Turn::Waits => return Err(Refusal::OtherTab),
            Turn::Reads => return Err(Refusal::JournalOpening),
            Turn::Has => {}
        }
        match back.unread.borrow().clone() {
            Some(why) if naming.from != Source::Mac => Err(Refusal::RecordsUnread { why }),
            _ => Ok(()),
        }
    }

    /// Listens to the other tabs, and to the page's loader.
    pub(super) fn open_tab(self) {
        // Until the browser answers, this tab might be the second one; it is only said if it is.
        tab::alone(move || {
            let back = self.back();
            back.turn.set(Turn::Reads);
            self.elsewhere.set(false);
            if back.opened.get() {
                spawn_local(self.take_over());
            }
        });
        spawn_local(async move {
            clock::sleep(500).await;
            if self.back().turn.get() == Turn::Waits {
                self.elsewhere.set(true);
            }
        });
        tab::on_update(move || self.update.set(true));
        tab::on_return(move || tab::stay_awake(untrack(|| self.busy())));
        tab::ask_before_leaving(move || untrack(|| self.busy()));
    }

    pub(super) fn journal(self) -> Result<Journal, Refusal> {
        let journal = self.back().journal.borrow().clone();
        let journal = journal.ok_or(Refusal::JournalOpening)?;
        journal.map_err(|why| Refusal::JournalClosed { why })
    }

    pub(super) async fn setting(self, table: Table, key: &str) -> Option<String> {
        let journal = self.journal().ok()?;
        journal.get(table, key).await.ok().flatten()
    }

    pub(super) fn remember(self, key: &'static str, value: String) {
        let Ok(journal) = self.journal() else {
            return;
        };
        // A setting that is not remembered is asked for again; nothing is lost.
        spawn_local(async move { drop(journal.set(key, &value).await) });
    }

    /// Shows a record, and stores it unless it is of a practice board.
    pub(super) async fn keep(self, record: Record, practice: bool) {
        self.records.update(|records| {
            records.push(Kept {
                record: record.clone(),
                practice,
            });
        });
        if practice {
            return;
        }
        let kept = match self.journal() {
            Ok(journal) => journal.keep(&record).await,
            Err(refusal) => Err(refusal.to_string()),
        };
        if let Err(why) = kept {
            self.refuse(&Refusal::RecordNotKept { why });
        }
        spawn_local(async move { self.tell_station().await });
    }
}

/// Puts stored records among those on the page, oldest first. What is stored counts; what is only here
/// (practice boards, and what could not be kept) stays.
fn add(kept: &mut Vec<Kept>, stored: Vec<Record>) {
    let runs: HashSet<&str> = stored.iter().map(|record| record.run.as_str()).collect();
    kept.retain(|kept| kept.practice || !runs.contains(kept.record.run.as_str()));
    kept.extend(stored.into_iter().map(|record| Kept {
        record,
        practice: false,
    }));
    kept.sort_by_key(|kept| kept.record.finished);
}

#[cfg(test)]
mod tests {
    use signet_core::UnixTime;
    use signet_core::run::Outcome;

    use super::*;

    fn record(run: &str, finished: u64, outcome: Outcome) -> Record {
        Record {
            run: run.into(),
            finished: UnixTime(finished),
            outcome,
            ..Record::default()
        }
    }

    #[test]
    fn what_another_tab_has_stored_is_added_once() {
        let kept = |record, practice| Kept { record, practice };
        let mut page = vec![
            kept(record("old", 1, Outcome::Fail), false),
            kept(record("unstored", 5, Outcome::Pass), false),
            kept(record("played", 3, Outcome::Pass), true),
        ];
        let stored = vec![
            record("new", 4, Outcome::Pass),
            record("old", 1, Outcome::Pass),
        ];
        for _ in 0..2 {
            add(&mut page, stored.clone());
            let runs = page.iter().map(|kept| kept.record.run.as_str());
            assert_eq!(
                runs.collect::<Vec<_>>(),
                ["old", "played", "new", "unstored"]
            );
        }
        assert_eq!(page[0].record.outcome, Outcome::Pass);
    }
}
