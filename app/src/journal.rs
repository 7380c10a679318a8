//! What must survive a reload, in IndexedDB: the journal, the records, the settings.
//!
//! A transaction lives only as long as requests are put into it without waiting for anything else, so
//! each is one synchronous burst, and is over when its `complete` event says so.

use futures::channel::oneshot;
use futures::future::try_join;
use js_sys::{Array, Object, Reflect};
use signet_core::run::{Entry, Record, Stage};
use wasm_bindgen::prelude::*;
use web_sys::{
    Event, EventTarget, IdbDatabase, IdbFactory, IdbKeyRange, IdbObjectStore, IdbOpenDbRequest,
    IdbRequest, IdbTransaction,
};

use crate::link::Memory;
use crate::net::words;
use crate::station::Mark;

/// The tables.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Table {
    /// Where each board's run stands; key: MAC address.
    Journal,
    /// Which boards have had which registration ID; key: ID, separator, MAC address.
    Names,
    /// One record per run; key: the run's name.
    Records,
    /// What this station remembers; key: the setting's name.
    Settings,
}

/// The open database.
#[derive(Clone)]
pub struct Journal {
    database: IdbDatabase,
}

impl Journal {
    /// Opens the database, and makes it at the first visit.
    ///
    /// # Errors
    /// The browser's words, for instance in a private window that keeps nothing.
    pub async fn open() -> Result<Self, String> {
        let missing = || "this browser has no IndexedDB".to_owned();
        let factory: IdbFactory =
            Reflect::get(&leptos::prelude::window(), &JsValue::from_str("indexedDB"))
                .ok()
                .filter(JsValue::is_object)
                .ok_or_else(missing)?
                .unchecked_into();
        let request = factory.open_with_u32(NAME, VERSION).map_err(words)?;
        let database: IdbDatabase = opened(&request).await?.unchecked_into();
        // Another tab wants a newer layout: give way, or it would wait for ever.
        let old = database.clone();
        let give_way = Closure::<dyn FnMut()>::new(move || old.close());
        database.set_onversionchange(Some(give_way.as_ref().unchecked_ref()));
        give_way.forget();
        Ok(Self { database })
    }

    /// What is known of the board with that MAC address, and of another one with the same
    /// registration ID.
    ///
    /// # Errors
    /// The browser's words, or that an entry cannot be read.
    pub async fn recall(&self, mac: &str, registration_id: &str) -> Result<Memory, String> {
        let board = self.entry(mac).await?;
        let mut twin = None;
        for other in self.bearers(registration_id).await? {
            if other == mac {
                continue;
            }
            if let Some(entry) = self.entry(&other).await?
                && entry.record.registration_id == registration_id
                && entry.holds_its_id()
            {
                twin = Some(entry);
                break;
            }
        }
        Ok(Memory { board, twin })
    }

    /// Makes an entry durable; if it ends the run, its record too, in the same transaction.
    ///
    /// # Errors
    /// The browser's words, such as a full disk.
    pub async fn save(&self, entry: &Entry) -> Result<(), String> {
        let record = &entry.record;
        let name = format!("{}{SEPARATOR}{}", record.registration_id, entry.mac);
        let mut rows = vec![
            (Table::Journal, entry.mac.clone(), to_json(entry)?),
            (Table::Names, name, entry.mac.clone()),
        ];
        if entry.stage == Stage::Ended {
            rows.push((Table::Records, record.run.clone(), to_json(record)?));
        }
        self.put(&rows).await
    }

    /// Keeps a record; the same run's is replaced.
    ///
    /// # Errors
    /// The browser's words.
    pub async fn keep(&self, record: &Record) -> Result<(), String> {
        let row = (Table::Records, record.run.clone(), to_json(record)?);
        self.put(&[row]).await
    }

    /// Writes the records of runs that were cut off, by a reload or a power cut, before they could write
    /// their own. What the journal knows of their boards stays as it is.
    ///
    /// # Errors
    /// The browser's words.
    pub async fn settle(&self) -> Result<(), String> {
        let mut cut_off = Vec::new();
        let see = |row: &str| {
            let entry = serde_json::from_str(row).ok();
            cut_off.extend(entry.as_ref().and_then(Entry::cut_off));
        };
        self.each(Table::Journal, see).await?;
        for record in cut_off {
            if self.get(Table::Records, &record.run).await?.is_none() {
                self.keep(&record).await?;
            }
        }
        Ok(())
    }

    /// Every record that can be read, in no order.
    ///
    /// # Errors
    /// The browser's words.
    pub async fn records(&self) -> Result<Vec<Record>, String> {
        let mut records = Vec::new();
        let see = |row: &str| records.extend(serde_json::from_str::<Record>(row).ok());
        self.each(Table::Records, see).await?;
        Ok(records)
    }

    /// Shows every row of a table, in the order of their keys. Not all at a time: nobody empties these
    /// tables, and a line fills them for years.
    async fn each(&self, table: Table, mut see: impl FnMut(&str)) -> Result<(), String> {
        let mut after = JsValue::from_str("");
        loop {
            let range = IdbKeyRange::lower_bound_with_open(&after, true).map_err(words)?;
            let store = self.table(table)?;
            let keys = store.get_all_keys_with_key_and_limit(&range, AT_ONCE);
            let rows = store.get_all_with_key_and_limit(&range, AT_ONCE);
            let (keys, rows) = (keys.map_err(words)?, rows.map_err(words)?);
            // Together: the second answer must not come before anybody listens.
            let (keys, rows) = try_join(done(&keys), done(&rows)).await?;
            for row in Array::from(&rows).iter().filter_map(|row| row.as_string()) {
                see(&row);
            }
            let Some(last) = Array::from(&keys).iter().last() else {
                return Ok(());
            };
            after = last;
        }
    }

    /// A remembered setting.
    ///
    /// # Errors
    /// The browser's words.
    pub async fn get(&self, table: Table, key: &str) -> Result<Option<String>, String> {
        let request = self
            .table(table)?
            .get(&JsValue::from_str(key))
            .map_err(words)?;
        Ok(done(&request).await?.as_string())
    }

    /// Remembers a setting.
    ///
    /// # Errors
    /// The browser's words.
    pub async fn set(&self, key: &str, value: &str) -> Result<(), String> {
        self.put(&[(Table::Settings, key.to_owned(), value.to_owned())])
            .await
    }

    /// Keeps how a record stands with the station's ledger.
    ///
    /// # Errors
    /// The browser's words.
    pub async fn mark(&self, run: &str, mark: &Mark) -> Result<(), String> {
        let row = to_json(&(run, mark))?;
        self.put(&[(Table::Settings, format!("{MARK}{run}"), row)])
            .await
    }

    /// Every mark that can be read, with its run's name.
    ///
    /// # Errors
    /// The browser's words.
    pub async fn marks(&self) -> Result<Vec<(String, Mark)>, String> {
        let (first, last) = (JsValue::from_str(MARK), format!("{MARK}~"));
        let range = IdbKeyRange::bound(&first, &JsValue::from_str(&last)).map_err(words)?;
        let request = self.table(Table::Settings)?.get_all_with_key(&range);
        let rows = done(&request.map_err(words)?).await?;
        Ok(Array::from(&rows)
            .iter()
            .filter_map(|row| serde_json::from_str(&row.as_string()?).ok())
            .collect())
    }

    async fn entry(&self, mac: &str) -> Result<Option<Entry>, String> {
        let Some(text) = self.get(Table::Journal, mac).await? else {
            return Ok(None);
        };
        serde_json::from_str(&text)
            .map(Some)
            .map_err(|error| format!("the entry for {mac} is damaged: {error}"))
    }

    /// MAC addresses of the boards that ever had that registration ID.
    async fn bearers(&self, registration_id: &str) -> Result<Vec<String>, String> {
        let first = JsValue::from_str(&format!("{registration_id}{SEPARATOR}"));
        let last = JsValue::from_str(&format!("{registration_id}{SEPARATOR}~"));
        let range = IdbKeyRange::bound(&first, &last).map_err(words)?;
        let request = self
            .table(Table::Names)?
            .get_all_with_key_and_limit(&range, MAX_BEARERS)
            .map_err(words)?;
        let macs = Array::from(&done(&request).await?);
        Ok(macs.iter().filter_map(|mac| mac.as_string()).collect())
    }

    /// A table for reading, in a transaction of its own.
    fn table(&self, table: Table) -> Result<IdbObjectStore, String> {
        self.database
            .transaction_with_str(table.name())
            .and_then(|transaction| transaction.object_store(table.name()))
            .map_err(words)
    }

    /// Rows into their tables, all or none, on the disk before this returns.
    async fn put(&self, rows: &[(Table, String, String)]) -> Result<(), String> {
        let names: Array = rows
            .iter()
            .map(|(table, ..)| JsValue::from_str(table.name()))
            .collect();
        let strict = Object::new();
        Reflect::set(&strict, &"durability".into(), &"strict".into()).map_err(words)?;
        let transaction =
            begin(self.database.unchecked_ref(), &names, "readwrite", &strict).map_err(words)?;
        for (table, key, value) in rows {
            transaction
                .object_store(table.name())
                .and_then(|store| {
                    store.put_with_key(&JsValue::from_str(value), &JsValue::from_str(key))
                })
                .map_err(words)?;
        }
        match first(&transaction, &["complete", "abort"]).await {
            Some("complete") => Ok(()),
            _ => Err(transaction.error().map_or_else(
                || "the browser gave no reason".to_owned(),
                |error| error.message(),
            )),
        }
    }
}

impl Table {
    const ALL: [Self; 4] = [Self::Journal, Self::Names, Self::Records, Self::Settings];

    const fn name(self) -> &'static str {
        match self {
            Self::Journal => "journal",
            Self::Names => "names",
            Self::Records => "records",
            Self::Settings => "settings",
        }
    }
}

const NAME: &str = "signet";
const VERSION: u32 = 1;

/// What the settings' names of marks begin with. A table of their own would want a newer layout, which
/// the version of the page before could not open any more.
const MARK: &str = "ledger ";

/// Rows that are read at a time.
const AT_ONCE: u32 = 256;

/// Stands in no registration ID.
const SEPARATOR: char = ' ';

/// A registration ID that went through more boards than this is in trouble anyway.
const MAX_BEARERS: u32 = 64;

#[wasm_bindgen]
extern "C" {
    // web-sys has this form only behind its switch for unstable interfaces.
    #[wasm_bindgen(extends = EventTarget)]
    type Database;

    #[wasm_bindgen(method, catch, js_name = transaction)]
    fn transaction(
        this: &Database,
        tables: &Array,
        mode: &str,
        options: &Object,
    ) -> Result<IdbTransaction, JsValue>;
}

fn begin(
    database: &Database,
    tables: &Array,
    mode: &str,
    options: &Object,
) -> Result<IdbTransaction, JsValue> {
    database.transaction(tables, mode, options)
}

fn to_json(value: &impl serde::Serialize) -> Result<String, String> {
    serde_json::to_string(value).map_err(|error| error.to_string())
}

async fn opened(request: &IdbOpenDbRequest) -> Result<JsValue, String> {
    let inner = request.clone();
    let upgrade = Closure::<dyn FnMut()>::new(move || {
        let Ok(database) = inner.result().map(JsCast::unchecked_into::<IdbDatabase>) else {
            return;
        };
        for table in Table::ALL {
            if !database.object_store_names().contains(table.name()) {
                // A failure aborts the upgrade, and `open` reports that.
                let _ = database.create_object_store(table.name());
            }
        }
    });
    request.set_onupgradeneeded(Some(upgrade.as_ref().unchecked_ref()));
    done(request).await
}

async fn done(request: &IdbRequest) -> Result<JsValue, String> {
    match first(request, &["success", "error", "blocked"]).await {
        Some("success") => request.result().map_err(words),
        Some("blocked") => Err("another tab holds the database in an older form".to_owned()),
        _ => Err(request.error().ok().flatten().map_or_else(
            || "the browser gave no reason".to_owned(),
            |error| error.message(),
        )),
    }
}

/// Waits for whichever of the events comes first.
async fn first(target: &EventTarget, names: &'static [&'static str]) -> Option<&'static str> {
    let (sender, receiver) = oneshot::channel();
    let mut sender = Some(sender);
    let heard = Closure::<dyn FnMut(Event)>::new(move |event: Event| {
        let name = names.iter().copied().find(|name| *name == event.type_());
        if let Some(sender) = sender.take() {
            // Nobody listens any more if the page gave up on it.
            let _ = sender.send(name);
        }
    });
    let function = heard.as_ref().unchecked_ref();
    for name in names {
        target
            .add_event_listener_with_callback(name, function)
            .ok()?;
    }
    let name = receiver.await.ok().flatten();
    for name in names {
        // Cannot fail: it was added above.
        let _ = target.remove_event_listener_with_callback(name, function);
    }
    name
}

#[cfg(all(test, target_family = "wasm"))]
#[allow(clippy::unwrap_used, reason = "a test")]
mod tests {
    use signet_core::UnixTime;
    use signet_core::run::Outcome;
    use wasm_bindgen_test::{wasm_bindgen_test, wasm_bindgen_test_configure};

    use super::*;

    wasm_bindgen_test_configure!(run_in_browser);

    /// More than are read at a time.
    const BOARDS: u32 = 2 * AT_ONCE + 7;

    #[wasm_bindgen_test]
    async fn every_row_is_read_once_and_what_was_cut_off_gets_its_record() {
        let journal = Journal::open().await.unwrap();
        let mut rows = Vec::new();
        for number in 0..BOARDS {
            let (mac, ended) = (format!("{number:012x}"), number % 4 != 0);
            let record = Record {
                run: format!("run-{number}"),
                ..Record::default()
            };
            let entry = Entry {
                mac: mac.clone(),
                at: UnixTime(1),
                stage: if ended { Stage::Ended } else { Stage::Writing },
                record,
            };
            if ended {
                let passed = Record {
                    outcome: Outcome::Pass,
                    ..entry.record.clone()
                };
                let row = to_json(&passed).unwrap();
                rows.push((Table::Records, passed.run, row));
            }
            rows.push((Table::Journal, mac, to_json(&entry).unwrap()));
        }
        rows.push((Table::Journal, "damaged".to_owned(), "{".to_owned()));
        journal.put(&rows).await.unwrap();
        // Twice: what is settled stays as it is.
        for _ in 0..2 {
            journal.settle().await.unwrap();
            let records = journal.records().await.unwrap();
            let failed = |record: &&Record| record.outcome == Outcome::Fail;
            let count = |count: usize| u32::try_from(count).unwrap();
            assert_eq!(count(records.len()), BOARDS);
            let cut_off = count(records.iter().filter(failed).count());
            assert_eq!(cut_off, BOARDS.div_ceil(4));
        }
    }
}
