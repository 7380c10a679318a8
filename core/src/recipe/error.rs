use core::fmt;

use crate::Explain;

/// Why a recipe was refused.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Error {
    /// A field is missing, unknown, or has a value that cannot be used.
    Field {
        /// Path such as `board.preset.format`.
        path: String,
        /// What is wrong with it.
        why: String,
    },
    /// The text is not JSON.
    NotJson {
        /// Line, counted from 1.
        line: usize,
        /// Column, counted from 1.
        column: usize,
    },
    /// More bytes than a recipe can have.
    TooLarge {
        /// Size of the file.
        bytes: usize,
        /// Largest size that is read.
        limit: usize,
    },
    /// The format's version is not one that this program reads.
    Version {
        /// The value of `signet`, as it stands there.
        found: String,
    },
}

impl Error {
    /// `why` may be the sentence of another error: `Display` has a full stop of its own.
    pub(super) fn field(path: &str, why: impl Into<String>) -> Self {
        let why = why.into();
        Self::Field {
            path: path.to_owned(),
            why: why.strip_suffix('.').unwrap_or(&why).to_owned(),
        }
    }

    pub(super) fn not_json(error: &serde_json::Error) -> Self {
        Self::NotJson {
            line: error.line(),
            column: error.column(),
        }
    }

    pub(super) fn from_path(error: serde_path_to_error::Error<serde_json::Error>) -> Self {
        let path = error.path().to_string();
        let inner = error.into_inner();
        if inner.is_data() {
            // serde_json appends " at line L column C", which the path says better.
            let text = inner.to_string();
            let why = text.split(" at line ").next().unwrap_or_default();
            Self::Field {
                path,
                why: why.to_owned(),
            }
        } else {
            Self::not_json(&inner)
        }
    }

    /// The version first: a newer file shall not be blamed for fields that this program does not know.
    pub(super) fn check_version(json: &[u8]) -> Result<(), Self> {
        #[derive(serde::Deserialize)]
        struct Head {
            signet: Option<serde_json::Value>,
        }
        let head: Head = serde_json::from_slice(json).map_err(|error| {
            if error.is_data() {
                Self::field(".", "a recipe is a JSON object")
            } else {
                Self::not_json(&error)
            }
        })?;
        match head.signet {
            Some(version) if version == 1 => Ok(()),
            Some(version) => Err(Self::Version {
                found: version.to_string(),
            }),
            None => Err(Self::field(
                "signet",
                "is missing; this program writes 1 there",
            )),
        }
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Field { path, why } => write!(f, "The recipe's field \"{path}\": {why}."),
            Self::NotJson { line, column } => {
                write!(f, "The recipe is not JSON: line {line}, column {column}.")
            }
            Self::TooLarge { bytes, limit } => {
                write!(
                    f,
                    "The recipe has {bytes} bytes, more than the {limit} that are read."
                )
            }
            Self::Version { found } => {
                write!(
                    f,
                    "The recipe has format version {found}; this program reads version 1."
                )
            }
        }
    }
}

impl Explain for Error {
    fn code(&self) -> &'static str {
        match self {
            Self::Field { .. } => "recipe.field",
            Self::NotJson { .. } => "recipe.not-json",
            Self::TooLarge { .. } => "recipe.too-large",
            Self::Version { .. } => "recipe.version",
        }
    }

    fn next_step(&self) -> &'static str {
        match self {
            Self::Field { .. } => "Correct that field in the recipe file and open it again.",
            Self::NotJson { .. } => "Correct the file at that place and open it again.",
            Self::TooLarge { .. } => "Open the recipe file itself, not an export or an image.",
            Self::Version { .. } => "Update this program, or ask for a recipe of version 1.",
        }
    }
}
