//! The station that serves this page, if one does: who is signed in, how it is, and what it has in its
//! ledger of what was done here.

mod answer;
mod batch;
mod client;
mod mark;
mod screen;
mod session;
mod signin;

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use leptos::prelude::*;
use leptos::task::spawn_local;
use serde::de::DeserializeOwned;
use signet_core::Fault;
use zeroize::{Zeroize, Zeroizing};

use answer::{Batch, Status, Units};
pub(crate) use batch::{BatchPanel, ScanSurprise, Surprise};
pub(crate) use client::TOKEN;
use client::Trouble;
pub use mark::Mark;
pub(crate) use mark::{InLedger, Late, Ledgered, Refused, waiting};
pub(crate) use screen::StationScreen;
use session::Item;
pub(crate) use signin::SignIn;

/// Whether there is a station.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Presence {
    /// Nobody knows yet.
    #[default]
    Unknown,
    /// The page is on a host of files and nothing else.
    Absent,
    /// There is one, and it wants a token.
    Locked,
    /// There is one, and it answers.
    Here,
}

/// What the page knows of the station.
#[derive(Clone, Copy)]
pub struct Station {
    /// Whether there is one.
    pub presence: RwSignal<Presence>,
    /// Why it did not answer when it was last asked.
    pub away: RwSignal<Option<Fault>>,
    /// What stands between each record and the ledger, by the run's name.
    pub marks: RwSignal<HashMap<String, Mark>>,
    /// How many records were not yet in the ledger after the last attempt.
    pub late: RwSignal<usize>,
    /// The batch that is worked on.
    pub batch: RwSignal<Option<String>>,
    /// Whether somebody wants to sign in.
    asked: RwSignal<bool>,
    status: RwSignal<Option<Arc<Status>>>,
    /// Why the last token was not taken.
    refused: RwSignal<Option<Fault>>,
    /// The units that the chosen batch expects.
    expected: RwSignal<Option<Expected>>,
    /// Never in a signal: no effect, no log and no debugger of signals ever holds it.
    token: StoredValue<Option<Zeroizing<String>>, LocalStorage>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
struct Expected {
    batch: String,
    ids: Arc<HashSet<String>>,
}

/// The longest token that is tried.
const MAX_TOKEN_CHARS: usize = 128;

impl Station {
    /// A station that nobody has looked for yet.
    pub(crate) fn new() -> Self {
        Self {
            presence: RwSignal::default(),
            away: RwSignal::new(None),
            marks: RwSignal::default(),
            late: RwSignal::new(0),
            batch: RwSignal::new(None),
            asked: RwSignal::new(false),
            status: RwSignal::new(None),
            refused: RwSignal::new(None),
            expected: RwSignal::new(None),
            token: StoredValue::new_local(None),
        }
    }

    /// Takes up what this tab remembers.
    pub(crate) fn recall(self) {
        self.token.set_value(Item::Token.get());
        if let Some(name) = Item::Batch.get() {
            self.batch.set(Some(name.to_string()));
        }
    }

    /// Whether there is one, open or not.
    pub fn is_there(self) -> bool {
        matches!(self.presence.get(), Presence::Here | Presence::Locked)
    }

    /// The operator's token, for a header of a request to this origin.
    pub(crate) fn token(self) -> Option<Zeroizing<String>> {
        self.token.get_value()
    }

    /// Asks how it is. `known` says that it was here on another day: then silence is no proof that there
    /// is none.
    pub(crate) async fn refresh(self, known: bool) {
        let token = self.token();
        let got = client::get(token.as_ref().map(|token| token.as_str()), "status").await;
        if self.token() != token {
            // Somebody has signed in or out meanwhile: this answers another question.
            return;
        }
        match got {
            Ok(body) => match answer::status(&body) {
                Some(status) => self.is_here(status),
                None => self.is_silent(&Trouble::Strange { status: 200 }, false),
            },
            Err(trouble) if trouble.wants_token() => self.is_locked(&trouble, token.is_some()),
            Err(trouble) => {
                let silent = matches!(trouble, Trouble::NoAnswer { .. });
                self.is_silent(&trouble, known && silent);
            }
        }
    }

    fn is_here(self, status: Status) {
        self.set_away(None);
        if self.presence.get_untracked() != Presence::Here {
            self.presence.set(Presence::Here);
        }
        let status = Some(Arc::new(status));
        if self.status.with_untracked(|old| *old != status) {
            self.status.set(status);
        }
        self.look_up_batch();
    }

    fn is_locked(self, trouble: &Trouble, presented: bool) {
        self.set_away(None);
        if presented {
            self.drop_token();
            self.refused.set(Some(Fault {
                next: "Check it and type it again, or ask a supervisor for a new one.".to_owned(),
                ..trouble.told()
            }));
        }
        self.status.set(None);
        self.expected.set(None);
        self.presence.set(Presence::Locked);
    }

    /// A host of files answers with a page of its own or not at all; a station that was here is only away.
    fn is_silent(self, trouble: &Trouble, known: bool) {
        if known || untrack(|| self.is_there()) {
            self.set_away(Some(trouble.told()));
        } else {
            self.presence.set(Presence::Absent);
        }
    }

    fn set_away(self, fault: Option<Fault>) {
        if self.away.with_untracked(|old| *old != fault) {
            self.away.set(fault);
        }
    }

    /// Signs in, and says whether it worked. The text is wiped.
    pub(crate) async fn sign_in(self, mut text: String) -> bool {
        let token = Zeroizing::new(text.trim().to_owned());
        text.zeroize();
        let plain = token.bytes().all(|byte| byte.is_ascii_graphic());
        if token.is_empty() || token.len() > MAX_TOKEN_CHARS || !plain {
            self.refused.set(Some(Fault {
                code: "station.token-unusable".to_owned(),
                what: "That is no operator's token.".to_owned(),
                next: "A token begins with sgn_ and has no spaces; copy the whole of it."
                    .to_owned(),
            }));
            return false;
        }
        self.refused.set(None);
        self.token.set_value(Some(token));
        self.refresh(true).await;
        if let Some(fault) = self.away.get_untracked() {
            self.token.set_value(None);
            self.refused.set(Some(fault));
        }
        let token = self.token();
        let here = self.presence.get_untracked() == Presence::Here;
        if let Some(token) = token.filter(|_| here) {
            Item::Token.set(Some(&token));
        }
        here
    }

    /// Forgets the token, and asks who may still see what.
    pub(crate) fn sign_out(self) {
        self.drop_token();
        self.refused.set(None);
        spawn_local(async move { self.refresh(true).await });
    }

    fn drop_token(self) {
        self.token.set_value(None);
        Item::Token.set(None);
    }

    /// Chooses a batch for the boards to come.
    pub(crate) fn choose(self, name: Option<String>) {
        Item::Batch.set(name.as_deref());
        self.batch.set(name);
        self.look_up_batch();
    }

    /// The open batch of that name.
    fn open_batch(self, name: &str) -> Option<Batch> {
        self.status.with(|status| {
            let mut open = status.as_ref()?.open_batches.iter();
            open.find(|batch| batch.name == name).cloned()
        })
    }

    /// Learns which units the chosen batch expects.
    fn look_up_batch(self) {
        let Some(name) = self.batch.get_untracked() else {
            self.expected.set(None);
            return;
        };
        let known = |of: &Option<Expected>| of.as_ref().is_some_and(|of| of.batch == name);
        let open = untrack(|| self.open_batch(&name).is_some());
        if !open || self.expected.with_untracked(known) {
            return;
        }
        spawn_local(async move {
            let path = format!("batches/{}", client::part(&name));
            // Without an answer it is looked up again with the next status; until then nothing is said.
            if let Ok(Units { units }) = self.read(&path).await
                && self.batch.get_untracked().as_deref() == Some(&name)
            {
                let ids = units.into_iter().filter(|unit| unit.expected);
                self.expected.set(Some(Expected {
                    batch: name,
                    ids: Arc::new(ids.map(|unit| unit.registration_id).collect()),
                }));
            }
        });
    }

    /// The chosen batch, if it does not expect that unit.
    fn surprised_by(self, id: &str) -> Option<String> {
        let id = id.to_ascii_lowercase();
        self.expected.with(|expected| {
            let of = expected.as_ref()?;
            (!of.ids.contains(&id)).then(|| of.batch.clone())
        })
    }

    async fn read<T: DeserializeOwned>(self, path: &str) -> Result<T, Trouble> {
        let token = self.token();
        let read = client::read(token.as_ref().map(|token| token.as_str()), path).await;
        self.heard(token, read)
    }

    async fn get(self, path: &str) -> Result<Vec<u8>, Trouble> {
        let token = self.token();
        let got = client::get(token.as_ref().map(|token| token.as_str()), path).await;
        self.heard(token, got)
    }

    pub(crate) async fn post(self, path: &str, body: Option<&str>) -> Result<(), Trouble> {
        let token = self.token();
        let posted = client::post(token.as_ref().map(|token| token.as_str()), path, body).await;
        self.heard(token, posted)
    }

    /// A token that is good no more is dropped at once, and silence is shown.
    fn heard<T>(
        self,
        token: Option<Zeroizing<String>>,
        result: Result<T, Trouble>,
    ) -> Result<T, Trouble> {
        if let Err(trouble) = &result
            && self.token() == token
        {
            if trouble.wants_token() {
                self.is_locked(trouble, token.is_some());
            } else if matches!(trouble, Trouble::NoAnswer { .. }) {
                self.is_silent(trouble, true);
            }
        }
        result
    }

    /// Whether whoever is signed in may change things.
    fn is_supervised(self) -> bool {
        self.status.with(|status| {
            let you = status.as_ref().and_then(|status| status.you.as_ref());
            you.is_some_and(|you| you.role == "supervisor")
        })
    }
}
