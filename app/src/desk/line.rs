//! The recipe: found on the station, opened from a file, or remembered.

use std::sync::Arc;

use signet_core::recipe::{MAX_BYTES, Recipe, Source};
use signet_core::{Explain, Fault};

use leptos::prelude::*;

use super::{Desk, Refusal, serials_left, used_ids};
use crate::{files, journal::Table, net, station::TOKEN};

/// Whether there is a recipe.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Loaded {
    /// Not known yet.
    #[default]
    Looking,
    /// There is none.
    Absent,
    /// There is one, but it cannot be used.
    Refused(Fault),
    /// There is one.
    Ready(Line),
}

/// A recipe that is open.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line {
    /// The recipe.
    pub recipe: Arc<Recipe>,
    /// Where it came from.
    pub origin: Origin,
}

/// Where a recipe came from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Origin {
    /// The server of this page; it cannot be changed here.
    Station,
    /// A file that was opened on this computer, now or earlier.
    File,
}

impl Loaded {
    /// The recipe, if there is one.
    pub fn line(&self) -> Option<&Line> {
        match self {
            Self::Ready(line) => Some(line),
            _ => None,
        }
    }

    /// Where serial numbers come from, if there is a recipe.
    pub fn source(&self) -> Option<Source> {
        self.line().map(|line| line.recipe.registration_id.from)
    }
}

impl Desk {
    /// Opens a recipe file that a person chose.
    pub fn open_recipe(self, file: web_sys::File) {
        leptos::task::spawn_local(async move {
            match files::read(&file, MAX_BYTES).await {
                Ok(bytes) => self.take_recipe(bytes).await,
                Err(why) => self.refuse(&Refusal::RecipeUnreadable { why }),
            }
        });
    }

    /// Closes a recipe that came from a file, and forgets it.
    pub fn close_recipe(self) {
        self.loaded.set(Loaded::Absent);
        self.forget_key();
        self.remember("recipe", String::new());
    }

    /// How many serial numbers are left, for recipes with a list.
    pub fn serials_left(self) -> Option<usize> {
        let loaded = self.loaded.get();
        let recipe = &loaded.line()?.recipe;
        self.records.with(|kept| {
            let used = used_ids(kept.iter().map(|kept| &kept.record));
            serials_left(&recipe.registration_id, &used)
        })
    }

    pub(super) async fn look_for_recipe(self) {
        // A station that other computers reach gives even this to operators only.
        let token = self.station.token();
        let header = token.as_ref().map(|token| (TOKEN, token.as_str()));
        if let Some(bytes) = net::own_file("./recipe.json", MAX_BYTES + 1, header).await {
            self.loaded.set(read(&bytes, Origin::Station));
            // An older file must not come back in its place when the station is away for a moment.
            self.remember("recipe", String::new());
            return;
        }
        let loaded = match self.setting(Table::Settings, "recipe").await {
            Some(text) if !text.is_empty() => read(text.as_bytes(), Origin::File),
            _ => Loaded::Absent,
        };
        // Somebody who opened a file in the meantime was quicker, and means that one.
        let open = |now: &Loaded| matches!(now, Loaded::Looking);
        if self.loaded.with_untracked(open) {
            self.loaded.set(loaded);
        }
    }

    async fn take_recipe(self, bytes: Vec<u8>) {
        let loaded = read(&bytes, Origin::File);
        let good = matches!(loaded, Loaded::Ready(_));
        self.heard();
        self.forget_key();
        self.loaded.set(loaded);
        if good && let Ok(text) = String::from_utf8(bytes) {
            self.remember("recipe", text);
        }
    }
}

fn read(bytes: &[u8], origin: Origin) -> Loaded {
    match Recipe::parse(bytes) {
        Ok(recipe) => Loaded::Ready(Line {
            recipe: Arc::new(recipe),
            origin,
        }),
        Err(error) => Loaded::Refused(error.fault()),
    }
}
