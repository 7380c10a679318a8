//! How a device came to its hub.

use core::convert::Infallible;
use core::fmt;
use core::str::FromStr;

/// How a device came to its hub (`ProvisioningSubStatus`). The set is open.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Substatus {
    /// Moved to another hub, with its data.
    DeviceDataMigrated,
    /// Moved to another hub, where its data began anew.
    DeviceDataReset,
    /// Assigned for the first time.
    InitialAssignment,
    /// A word that is not in the contract.
    Other(String),
    /// Sent back to where it was assigned first.
    ReprovisionedToInitialAssignment,
}

impl Substatus {
    /// The word on the wire.
    pub fn as_str(&self) -> &str {
        match self {
            Self::DeviceDataMigrated => "deviceDataMigrated",
            Self::DeviceDataReset => "deviceDataReset",
            Self::InitialAssignment => "initialAssignment",
            Self::Other(text) => text,
            Self::ReprovisionedToInitialAssignment => "reprovisionedToInitialAssignment",
        }
    }

    /// What it means, as one sentence. Anything but the first assignment says that the registration ID
    /// was in use before.
    pub fn explanation(&self) -> &'static str {
        match self {
            Self::DeviceDataMigrated => {
                "The device was known before; it moved to this hub and kept its data."
            }
            Self::DeviceDataReset => {
                "The device was known before; it moved to this hub, and its data there began anew."
            }
            Self::InitialAssignment => "The device was assigned for the first time.",
            Self::Other(_) => "The service used a word for this that its documents do not name.",
            Self::ReprovisionedToInitialAssignment => {
                "The device was known before; it was sent back to the hub of its first assignment."
            }
        }
    }
}

impl fmt::Display for Substatus {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for Substatus {
    type Err = Infallible;

    fn from_str(text: &str) -> Result<Self, Infallible> {
        let known = [
            Self::DeviceDataMigrated,
            Self::DeviceDataReset,
            Self::InitialAssignment,
            Self::ReprovisionedToInitialAssignment,
        ];
        Ok(known
            .into_iter()
            .find(|word| word.as_str().eq_ignore_ascii_case(text))
            .unwrap_or_else(|| Self::Other(text.to_owned())))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_word_of_the_contract_has_its_own_explanation() {
        let words = [
            "deviceDataMigrated",
            "deviceDataReset",
            "initialAssignment",
            "reprovisionedToInitialAssignment",
            "movedToTheMoon",
        ];
        let read = words.map(|word| word.parse::<Substatus>().unwrap());
        let explained: std::collections::BTreeSet<&str> =
            read.iter().map(Substatus::explanation).collect();
        assert_eq!(explained.len(), words.len());
        for (word, read) in words.iter().zip(&read) {
            assert_eq!(read.as_str(), *word);
            let other = matches!(read, Substatus::Other(_));
            assert_eq!(other, *word == "movedToTheMoon");
        }
        assert_eq!(
            "INITIALassignment".parse(),
            Ok(Substatus::InitialAssignment)
        );
    }
}
