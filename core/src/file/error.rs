use core::fmt;

use super::{Decoded, MAX_BYTES, MAX_DEPTH, MAX_OBJECTS};
use crate::image::{nvs, tlv};
use crate::{Explain, pem};

/// Why an input, or a part of it, could not be read.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Error {
    /// Sealed in a way that is not opened here.
    Algorithm {
        /// Name or number of the algorithm.
        name: String,
    },
    /// Base64 of an object, with a character that does not belong there.
    Base64,
    /// A container is not written in DER but in BER (X.690 section 8), as its standard allows. What is in it was read.
    Ber {
        /// Which kind of container.
        kind: &'static str,
    },
    /// A container breaks its own rules.
    Container {
        /// Which kind of container.
        kind: &'static str,
    },
    /// Sealed so expensively that opening it would block the page.
    Cost,
    /// There is nothing in it.
    Empty,
    /// JSON that cannot be read.
    Json {
        /// Line, from one.
        line: usize,
        /// Column, from one.
        column: usize,
    },
    /// A JSON Web Key that breaks a rule.
    Jwk {
        /// Which of its fields.
        field: &'static str,
        /// Which key of the JSON, safe to show.
        key: String,
    },
    /// A JSON Web Key of a kind that is not opened here.
    JwkKind {
        /// Which key of the JSON, safe to show.
        key: String,
        /// What it is, safe to show.
        kind: String,
    },
    /// A private key that breaks its own structure, or whose halves do not belong together.
    Key,
    /// Not DER.
    NotDer,
    /// A private key as OpenSSH writes it.
    OpenSshKey,
    /// Something of a known kind, with nothing in it that is opened here.
    Nothing,
    /// Something is not as it should be in an NVS image.
    Nvs(nvs::Problem),
    /// Damaged PEM. Its offset is a byte of the input, or else of what the PEM was unwrapped from.
    Pem(pem::Error),
    /// Something is not as it should be in an `esp_secure_cert` image.
    Tlv(tlv::Problem),
    /// Containers in containers.
    TooDeep,
    /// More than 32 MiB.
    TooLarge {
        /// Size in bytes.
        bytes: usize,
    },
    /// More than 20,000 objects.
    TooMany,
    /// A private key, or another secret, that is not read here. Nothing of it is kept.
    UnknownSecret,
    /// Nothing that is known here.
    Unrecognized,
    /// HTML.
    WebPage,
    /// The password does not open it.
    WrongPassword,
}

impl Error {
    /// Whether the sentence names the place itself.
    pub(super) fn says_where(&self) -> bool {
        matches!(self, Self::Json { .. } | Self::Pem(_))
    }

    /// From where the sentence counts the place that it names, unless from the start of the input.
    pub(super) fn counts_from(
        &self,
        at: Option<usize>,
        decoded: Option<Decoded>,
    ) -> Option<String> {
        let Self::Pem(error) = self else { return None };
        error.at()?;
        match (at, decoded) {
            (Some(at), Some(_)) => Some(format!("of what is encoded at byte {at}")),
            (Some(_), None) => None,
            (None, _) => Some("of the text when it is unwrapped".to_owned()),
        }
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Algorithm { name } => {
                write!(f, "It is sealed with {name}, which is not opened here.")
            }
            Self::Base64 => f.write_str("The base64 text is incomplete or has a wrong character."),
            Self::Ber { kind } => write!(
                f,
                "The {kind} is written in BER, which not every program reads, and not in DER."
            ),
            Self::Container { kind } => write!(f, "The {kind} is damaged."),
            Self::Cost => f.write_str("Opening it would take too much time or memory."),
            Self::Empty => f.write_str("There is nothing in it."),
            Self::Json { line, column } => {
                write!(f, "The JSON is damaged at line {line}, column {column}.")
            }
            Self::Jwk { field, key } => {
                write!(f, "The field {field} of the {key} is missing or wrong.")
            }
            Self::JwkKind { key, kind } => {
                write!(f, "The {key} is {kind}, which is not opened here.")
            }
            Self::Key => f.write_str("The private key is damaged."),
            Self::NotDer => f.write_str("The bytes are not well-formed DER."),
            Self::OpenSshKey => {
                f.write_str("It is a private key in the format of OpenSSH, which is not read here.")
            }
            Self::Nothing => f.write_str(
                "It was read, and there is no certificate, key, request or revocation list in it.",
            ),
            Self::Nvs(problem) => write!(f, "In the NVS image, {problem}"),
            Self::Pem(error) => error.fmt(f),
            Self::Tlv(problem) => write!(f, "In the esp_secure_cert image, {problem}"),
            Self::TooDeep => write!(f, "It is wrapped more than {MAX_DEPTH} times."),
            Self::TooLarge { bytes } => {
                write!(f, "It has {bytes} bytes; at most {MAX_BYTES} are read.")
            }
            Self::TooMany => write!(f, "It has more than {MAX_OBJECTS} objects."),
            Self::UnknownSecret => f.write_str(
                "It is a private key, or another secret, of a kind that is not read here.",
            ),
            Self::Unrecognized => f.write_str(
                "Nothing in it is a certificate, a key or anything else that is known here.",
            ),
            Self::WebPage => f.write_str("It is a web page, not a certificate."),
            Self::WrongPassword => {
                f.write_str("The password is wrong, or what it opens is damaged.")
            }
        }
    }
}

impl Explain for Error {
    fn code(&self) -> &'static str {
        match self {
            Self::Algorithm { .. } => "file.algorithm",
            Self::Base64 => "file.base64",
            Self::Ber { .. } => "file.ber",
            Self::Container { .. } => "file.container",
            Self::Cost => "file.cost",
            Self::Empty => "file.empty",
            Self::Json { .. } => "file.json",
            Self::Jwk { .. } => "file.jwk",
            Self::JwkKind { .. } => "file.jwk-kind",
            Self::Key => "file.key",
            Self::NotDer => "file.not-der",
            Self::OpenSshKey => "file.openssh-key",
            Self::Nothing => "file.nothing",
            Self::Nvs(_) | Self::Tlv(_) => "file.image",
            Self::Pem(error) => error.code(),
            Self::TooDeep => "file.too-deep",
            Self::TooLarge { .. } => "file.too-large",
            Self::TooMany => "file.too-many",
            Self::UnknownSecret => "file.unknown-secret",
            Self::Unrecognized => "file.unrecognized",
            Self::WebPage => "file.web-page",
            Self::WrongPassword => "file.wrong-password",
        }
    }

    fn next_step(&self) -> &'static str {
        match self {
            Self::Algorithm { .. } | Self::Cost => {
                "Export it again, sealed with PBES2 (PBKDF2 or scrypt, and AES)."
            }
            Self::Ber { .. } => {
                "It was read all the same; for a program that refuses it, export it from here."
            }
            Self::Container { .. } | Self::Key | Self::NotDer | Self::Jwk { .. } => {
                "Get the file again from where it came from; this copy is damaged."
            }
            Self::Base64 => "Copy the whole text again.",
            Self::JwkKind { .. } => {
                "Open its certificate instead, or the key's own file in PEM or DER."
            }
            Self::Json { .. } => "Copy the whole JSON text again.",
            Self::OpenSshKey => {
                "Rewrite a copy of it with ssh-keygen -p -m PKCS8 -f FILE, which takes RSA and ECDSA \
                 keys, and open that; nothing of it was kept."
            }
            Self::Nothing => "Choose the file, or the partition of the board, that holds it.",
            Self::Nvs(_) | Self::Tlv(_) => {
                "Read the partition again; if it says the same, it is so on the board."
            }
            Self::Pem(error) => error.next_step(),
            Self::TooDeep => "Unwrap it once and open what is inside.",
            Self::TooLarge { .. } | Self::TooMany => "Split it and take one part.",
            Self::Empty | Self::Unrecognized => {
                "Choose a file with a certificate, a request, a key, a revocation list or an image."
            }
            Self::UnknownSecret => {
                "If it is a private key, rewrite it with openssl pkcs8 -topk8 -in FILE, and open \
                 that; nothing of it was kept."
            }
            Self::WebPage => {
                "Download the file itself; a proxy or a sign-in page may have answered instead."
            }
            Self::WrongPassword => "Type the password again, and mind capitals.",
        }
    }
}
