use anyhow::{Context, Result};
use serde::Deserialize;

/// Cases that are known to disagree, each with its reason.
#[derive(Clone, Debug, Default, Deserialize)]
pub struct Exceptions {
    exceptions: Vec<Exception>,
}

#[derive(Clone, Debug, Deserialize)]
struct Exception {
    id: String,
    reason: String,
}

impl Exceptions {
    /// The file in the repository.
    ///
    /// # Errors
    /// If it is damaged.
    pub fn committed() -> Result<Self> {
        serde_json::from_str(include_str!("../../exceptions.json")).context("exceptions.json")
    }

    /// Why that case may disagree.
    pub fn reason(&self, id: &str) -> Option<&str> {
        let found = self.exceptions.iter().find(|exception| exception.id == id);
        found.map(|exception| exception.reason.as_str())
    }
}
