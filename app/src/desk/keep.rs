//! What is kept: the journal, the records, the settings, the attestation key.

use base64ct::{Base64, Encoding};
use leptos::prelude::*;
use leptos::task::spawn_local;
use signet_core::run::Record;
use zeroize::{Zeroize, Zeroizing};

use super::{Desk, Kept, Refusal};
use crate::journal::{Journal, Table};
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
        if let Ok(journal) = &journal {
            // What cannot be settled now is still in the journal, and its board is asked about.
            drop(journal.settle().await);
            let mut records = journal.records().await.unwrap_or_default();
            records.sort_by_key(|record| record.finished);
            let kept = records.into_iter().map(|record| Kept {
                record,
                practice: false,
            });
            let kept: Vec<Kept> = kept.collect();
            self.records.update(|records| {
                records.splice(0..0, kept);
            });
        }
        *self.back().journal.borrow_mut() = journal;
        if let Some(name) = self.setting(Table::Settings, "operator").await {
            self.operator.set(name);
        }
        if let Some(armed) = self.setting(Table::Settings, "armed").await {
            self.armed.set(armed == "true");
        }
    }

    /// Listens to the other tabs, and to the page's loader.
    pub(super) fn open_tab(self) {
        // Until the browser answers, this tab might be the second one; it is only said if it is.
        tab::alone(move || {
            self.back().alone.set(true);
            self.elsewhere.set(false);
        });
        spawn_local(async move {
            clock::sleep(500).await;
            if !self.back().alone.get() {
                self.elsewhere.set(true);
            }
        });
        tab::on_update(move || self.update.set(true));
        tab::on_return(move || tab::stay_awake(untrack(|| self.busy())));
        tab::ask_before_leaving(move || untrack(|| self.busy()));
    }

    pub(super) fn journal(self) -> Result<Journal, Refusal> {
        let journal = self.back().journal.borrow().clone();
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
