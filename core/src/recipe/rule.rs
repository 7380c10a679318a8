use core::fmt;

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

use super::{Error, Recipe};
use crate::dps::{IdError, RegistrationId};
use crate::flash::esp::Chip;
use crate::http::behind_https;
use crate::image::preset::Preset;

/// Where to register.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Endpoint {
    /// `https://host:port`, or a path on the page's own origin such as `/dps` (a relay).
    pub url: String,
    /// ID scope of the DPS instance.
    pub id_scope: String,
    /// `api-version` of the device API.
    pub api_version: String,
}

/// How the registration ID is made.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Naming {
    /// Where the changing part comes from.
    pub from: Source,
    /// Text with exactly one `{mac}` or `{serial}`, whichever `from` gives.
    pub template: String,
    /// The serial numbers, in order, for `from: list`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub serials: Vec<String>,
}

/// Where the changing part of a registration ID comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Source {
    /// The next of the recipe's own list.
    List,
    /// The board's factory MAC address, twelve lower-case hex digits.
    Mac,
    /// A scanner or a keyboard, before each board.
    Scan,
}

/// How the device proves who it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "kebab-case", deny_unknown_fields)]
pub enum Attestation {
    /// A symmetric key of each device's own, entered at the line.
    DeviceKey {},
    /// A group's symmetric key, entered at the line by a supervisor and kept in memory only.
    GroupKey {},
    /// The relay adds the credential; the page holds none.
    Relay {},
}

/// Which boards, and what is written where.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct BoardRule {
    /// The chips that may be on the board.
    pub chips: Vec<Chip>,
    /// Label of the credential partition.
    pub partition: String,
    /// What stands in it.
    pub preset: Preset,
}

/// What is expected of the issued chain.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Issued {
    /// SHA-256 of each root that may stand at the top.
    pub root_sha256: Vec<Digest>,
    /// Shortest and longest validity of the device certificate, in days.
    #[serde(default = "default_validity")]
    pub validity_days: (u32, u32),
}

fn default_validity() -> (u32, u32) {
    (1, 90)
}

/// A SHA-256, written as 64 hex digits; colons between bytes are accepted.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Digest(pub [u8; 32]);

impl fmt::Display for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl fmt::Debug for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl Serialize for Digest {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Digest {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        let digits: String = text.chars().filter(|c| *c != ':').collect();
        let mut bytes = [0; 32];
        if digits.len() != 64 || !digits.is_ascii() {
            return Err(de::Error::custom("a SHA-256 has 64 hex digits"));
        }
        for (byte, pair) in bytes.iter_mut().zip(digits.as_bytes().chunks(2)) {
            *byte = core::str::from_utf8(pair)
                .ok()
                .and_then(|pair| u8::from_str_radix(pair, 16).ok())
                .ok_or_else(|| de::Error::custom("a SHA-256 has hex digits only"))?;
        }
        Ok(Self(bytes))
    }
}

/// The rules that types alone do not express.
pub(super) fn check(recipe: &Recipe) -> Result<(), Error> {
    if recipe.name.trim().is_empty() || recipe.name.chars().count() > 80 {
        return Err(Error::field("name", "needs 1 to 80 characters"));
    }
    check_endpoint(&recipe.endpoint, recipe.attestation)?;
    check_naming(&recipe.registration_id)?;
    check_board(&recipe.board)?;
    if recipe.roots.is_empty() {
        return Err(Error::field(
            "roots",
            "names no root; the board could not trust the cloud",
        ));
    }
    for (index, root) in recipe.roots.iter().enumerate() {
        if crate::trust::find(&root.0).is_none() {
            let path = format!("roots[{index}]");
            return Err(Error::field(
                &path,
                format!("no known root has the SHA-256 {root}"),
            ));
        }
    }
    if recipe.issued.root_sha256.is_empty() {
        return Err(Error::field(
            "issued.rootSha256",
            "names no root; any issuer would pass",
        ));
    }
    let (least, most) = recipe.issued.validity_days;
    if least == 0 || least > most || most > 3650 {
        return Err(Error::field(
            "issued.validityDays",
            "needs 1 <= shortest <= longest <= 3650",
        ));
    }
    Ok(())
}

fn check_endpoint(endpoint: &Endpoint, attestation: Attestation) -> Result<(), Error> {
    let own = endpoint.url.starts_with('/') && !endpoint.url.starts_with("//");
    let remote = behind_https(&endpoint.url).is_some_and(|rest| {
        !rest.is_empty() && !rest.contains(['@', '?', '#', ' ']) && !rest.starts_with('/')
    });
    if !own && !remote {
        let why = "needs https://host or a path on the page's own origin such as /dps";
        return Err(Error::field("endpoint.url", why));
    }
    if remote && matches!(attestation, Attestation::Relay {}) {
        let why = "\"relay\" needs a path on the page's own origin as endpoint.url";
        return Err(Error::field("attestation.kind", why));
    }
    let scope = &endpoint.id_scope;
    if scope.is_empty() || scope.len() > 64 || !scope.bytes().all(|b| b.is_ascii_alphanumeric()) {
        return Err(Error::field(
            "endpoint.idScope",
            "needs 1 to 64 letters and digits",
        ));
    }
    let version = &endpoint.api_version;
    if version.len() < 10
        || !version
            .bytes()
            .all(|b| b.is_ascii_alphanumeric() || b == b'-')
    {
        return Err(Error::field(
            "endpoint.apiVersion",
            "needs a form such as 2025-07-01-preview",
        ));
    }
    Ok(())
}

fn check_naming(naming: &Naming) -> Result<(), Error> {
    let placeholder = naming.from.placeholder();
    if naming.template.matches(placeholder).count() != 1
        || naming.template.matches('{').count() != 1
    {
        let why = format!("needs exactly one {placeholder} and no other placeholder");
        return Err(Error::field("registrationId.template", why));
    }
    let listed = naming.from == Source::List;
    if listed && naming.serials.is_empty() {
        return Err(Error::field(
            "registrationId.serials",
            "is empty, but \"from\" is \"list\"",
        ));
    }
    if !listed && !naming.serials.is_empty() {
        return Err(Error::field(
            "registrationId.serials",
            "is only for \"from\": \"list\"",
        ));
    }
    let mut seen = std::collections::HashSet::new();
    for (index, serial) in naming.serials.iter().enumerate() {
        let path = format!("registrationId.serials[{index}]");
        naming
            .make(serial)
            .map_err(|why| Error::field(&path, why.to_string()))?;
        if !seen.insert(serial.to_ascii_lowercase()) {
            return Err(Error::field(&path, format!("{serial} stands there twice")));
        }
    }
    naming
        .make("0123456789ab")
        .map(|_| ())
        .map_err(|why| Error::field("registrationId.template", why.to_string()))
}

fn check_board(board: &BoardRule) -> Result<(), Error> {
    if board.chips.is_empty() {
        return Err(Error::field("board.chips", "names no chip"));
    }
    if board.partition.is_empty() || board.partition.len() > 15 {
        return Err(Error::field("board.partition", "needs 1 to 15 bytes"));
    }
    board.preset.check().map_err(|(field, why)| {
        let path = format!("board.preset.{field}");
        Error::field(&path, why.to_string())
    })
}

impl Source {
    /// The placeholder that a template must hold.
    pub const fn placeholder(self) -> &'static str {
        match self {
            Self::Mac => "{mac}",
            Self::List | Self::Scan => "{serial}",
        }
    }
}

impl Naming {
    /// The registration ID of the board whose MAC address or serial number is `part`.
    ///
    /// # Errors
    /// If what comes out is no registration ID.
    pub fn make(&self, part: &str) -> Result<RegistrationId, IdError> {
        RegistrationId::new(&self.template.replace(self.from.placeholder(), part.trim()))
    }
}
