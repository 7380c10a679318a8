//! What this tab remembers of the station until it is closed, in `sessionStorage`: never on the disk for
//! other tabs, other days or other people.

use web_sys::Storage;
use zeroize::Zeroizing;

/// What is remembered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Item {
    /// The name of the batch that is worked on.
    Batch,
    /// The operator's token.
    Token,
}

impl Item {
    const fn name(self) -> &'static str {
        match self {
            Self::Batch => "signet.batch",
            Self::Token => "signet.token",
        }
    }

    pub(super) fn get(self) -> Option<Zeroizing<String>> {
        let text = storage()?.get_item(self.name()).ok().flatten()?;
        (!text.is_empty()).then(|| Zeroizing::new(text))
    }

    /// Remembers it; without a place for it, only as long as this page is not loaded again.
    pub(super) fn set(self, text: Option<&str>) {
        let Some(storage) = storage() else {
            return;
        };
        drop(match text {
            Some(text) => storage.set_item(self.name(), text),
            None => storage.remove_item(self.name()),
        });
    }
}

fn storage() -> Option<Storage> {
    leptos::prelude::window().session_storage().ok().flatten()
}
