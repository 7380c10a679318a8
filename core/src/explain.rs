use core::fmt;

use serde::{Deserialize, Serialize};

/// An error that a person can act on.
///
/// `Display` is the one plain sentence: what happened, with the facts that decided it.
pub trait Explain: fmt::Display {
    /// A stable code such as `flash.no-answer`: room, dot, kebab-case name. Never renamed.
    fn code(&self) -> &'static str;

    /// What to do next, as one imperative sentence.
    fn next_step(&self) -> &'static str;

    /// The three together, free of the error's type.
    fn fault(&self) -> Fault {
        Fault {
            code: self.code().to_owned(),
            what: self.to_string(),
            next: self.next_step().to_owned(),
        }
    }
}

/// An explained error that has left its type: what a page shows and a record keeps.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Fault {
    /// The stable code, see [`Explain::code`].
    pub code: String,
    /// One plain sentence.
    pub what: String,
    /// The next step.
    pub next: String,
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ({}) {}", self.what, self.code, self.next)
    }
}
