use der::Tag;
use zeroize::{Zeroize, Zeroizing};

use super::classify::{Shape, shape};
use super::purse::Purse;
use super::text::Text;
use super::tlv::{Part, fault, first};
use super::{
    Content, Decoded, Error, Flaw, MAX_BYTES, MAX_DEPTH, MAX_OBJECTS, Object, Opened, Secret,
};
use super::{base64, ber, hex, image, json, key, literals, pkcs7, pkcs12, seal};
use crate::cert::Sketch;
use crate::pem;

/// What a private key of OpenSSH begins with (PROTOCOL.key of OpenSSH, section 1).
const OPENSSH: &[u8] = b"openssh-key-v1\0";

/// Reads one input, container by container.
pub(super) struct Reader<'p> {
    pub(super) password: Option<&'p str>,
    pub(super) purse: Purse,
    opened: Opened,
    depth: usize,
    within: Vec<String>,
    /// Where the innermost known container begins.
    origin: Place,
    /// Whether the label of the PEM says that a private key is in it.
    is_key: bool,
    full: bool,
}

/// How much was found and said.
pub(super) struct Mark {
    objects: usize,
    flaws: usize,
    full: bool,
}

/// Where something lies in the input.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Place {
    /// At this byte.
    Bare(usize),
    /// In what an encoding holds that begins at byte `at`, and at that many bytes into it.
    Decoded {
        at: usize,
        line: Option<usize>,
        byte: usize,
    },
    /// Somewhere in what begins at this byte: in an encoding of an encoding, or in pieces.
    Within(usize),
}

/// Where a byte of some bytes lies in the input.
pub(super) type Origin<'o> = &'o dyn Fn(usize) -> Place;

impl Place {
    /// So many bytes further on.
    pub(super) fn plus(self, bytes: usize) -> Self {
        match self {
            Self::Bare(at) => Self::Bare(at + bytes),
            Self::Decoded { at, line, byte } => Self::Decoded {
                at,
                line,
                byte: byte + bytes,
            },
            Self::Within(at) => Self::Within(at),
        }
    }

    /// The first byte of what an encoding holds that begins here.
    fn encoded(self, line: Option<usize>) -> Self {
        match self {
            Self::Bare(at) => Self::Decoded { at, line, byte: 0 },
            Self::Decoded { at, .. } | Self::Within(at) => Self::Within(at),
        }
    }

    /// The place of the first of `bytes`, from which the others are counted.
    fn of(bytes: &[u8], origin: Origin<'_>) -> Self {
        let (first, last) = (origin(0), bytes.len().saturating_sub(1));
        if first.plus(last) == origin(last) {
            first
        } else {
            Self::Within(first.start())
        }
    }

    /// Where it begins, or what is around it.
    pub(super) fn start(self) -> usize {
        match self {
            Self::Bare(at) | Self::Decoded { at, .. } | Self::Within(at) => at,
        }
    }

    /// The byte of the input that can be named.
    fn at(self) -> Option<usize> {
        match self {
            Self::Bare(at) | Self::Decoded { at, .. } => Some(at),
            Self::Within(_) => None,
        }
    }

    fn decoded(self) -> Option<Decoded> {
        match self {
            Self::Decoded { line, byte, .. } => Some(Decoded { byte, line }),
            Self::Bare(_) | Self::Within(_) => None,
        }
    }
}

/// The identifier octet of a SEQUENCE, as which every object of a file begins.
const SEQUENCE: u8 = 0x30;

/// The object that bytes begin with: in DER, or a container in BER.
fn object(bytes: &[u8]) -> Option<Part<'_>> {
    let lax = || ber::first(bytes).filter(|part| ber::container(part.whole).is_some());
    // Nothing that is known here begins otherwise, and any two bytes may look like a string.
    let strict = first(bytes).filter(|part| matches!(part.tag, Tag::Sequence | Tag::Set));
    strict.or_else(lax)
}

/// Where the white space before a text ends.
fn start(text: &[u8]) -> usize {
    let skipped = text.iter().position(|byte| !byte.is_ascii_whitespace());
    skipped.unwrap_or_default()
}

/// Whether bytes may follow the last object.
fn is_filling(bytes: &[u8]) -> bool {
    let fills = |byte: &u8| byte.is_ascii_whitespace() || *byte == 0;
    bytes.iter().all(fills)
}

/// Whether nothing but objects fills the bytes.
pub(super) fn is_der(bytes: &[u8]) -> bool {
    let mut rest = bytes;
    while rest.first() == Some(&SEQUENCE) {
        let behind = object(rest).and_then(|part| rest.get(part.whole.len()..));
        match behind {
            Some(behind) => rest = behind,
            None => return false,
        }
    }
    rest.len() < bytes.len() && is_filling(rest)
}

/// Whether bytes begin as DER whatever text is in them and behind. A text may begin with the digit 0, which is the same
/// byte, but no character of it begins as a length of more than 127 bytes does, and none is a control character as
/// shorter objects have them.
fn begins_as_der(bytes: &[u8]) -> bool {
    let long = matches!(bytes, [SEQUENCE, 0x80..=0xff, ..]);
    let first = object(bytes).filter(|part| long || !is_text(part.content));
    first.is_some() || is_der(bytes)
}

/// Whether bytes may be a text, in whatever encoding that has the characters of ASCII.
fn is_text(bytes: &[u8]) -> bool {
    let fits = |byte: &u8| !byte.is_ascii_control() || byte.is_ascii_whitespace();
    bytes.iter().all(fits)
}

impl<'p> Reader<'p> {
    pub(super) fn new(password: Option<&'p str>) -> Self {
        Self {
            password,
            purse: Purse::new(password),
            opened: Opened::default(),
            depth: 0,
            within: Vec::new(),
            origin: Place::Bare(0),
            is_key: false,
            full: false,
        }
    }

    pub(super) fn read(mut self, bytes: &[u8]) -> Opened {
        if bytes.len() > MAX_BYTES {
            let bytes = bytes.len();
            self.flaw(None, Error::TooLarge { bytes });
        // A page of NVS that is in use begins as UTF-16 does, so no byte order mark is looked for before.
        } else if !image::read(&mut self, bytes, &Place::Bare) {
            self.text(bytes);
        }
        if self.said() == 0 {
            self.flaw(None, Error::Nothing);
        }
        self.opened
    }

    fn text(&mut self, bytes: &[u8]) {
        let text = Text::new(bytes);
        let blank = bytes.iter().all(|byte| *byte == image::BLANK);
        if blank || text.bytes.trim_ascii().is_empty() {
            self.flaw(None, Error::Empty);
        } else if !self.any(&text.bytes, &|at| Place::Bare(text.origin(at))) {
            let page = text.bytes.trim_ascii_start().starts_with(b"<");
            let error = if page {
                Error::WebPage
            } else {
                Error::Unrecognized
            };
            self.flaw(None, error);
        }
    }

    /// Reads bytes of unknown kind; whether they were of a known one.
    pub(super) fn any(&mut self, bytes: &[u8], origin: Origin<'_>) -> bool {
        // An image holds PEM, and DER may hold it in a text: what lies around is what it is.
        if image::read(self, bytes, origin) {
            return true;
        }
        if pem::is_pem(bytes) && !begins_as_der(bytes) {
            let plain = literals::pem(bytes);
            let text = plain.as_deref().map_or(bytes, Vec::as_slice);
            self.pem(text, self.depth == 0, origin);
            return true;
        }
        if bytes.first() == Some(&SEQUENCE) {
            self.origin = Place::of(bytes, origin);
            self.ders(bytes);
            return true;
        }
        if self.openssh(bytes) {
            return true;
        }
        let text = bytes.trim_ascii();
        if matches!(text.first(), Some(b'{' | b'[')) {
            json::read(self, bytes, origin);
            return true;
        }
        // The first octet of DER in hex is none that base64 of DER or PEM has.
        if let Some(decoded) = hex::decode(text) {
            return self.encoded("hex", bytes, &decoded, origin);
        }
        match base64::decode(text) {
            Ok(decoded) => self.encoded("base64", bytes, &decoded, origin),
            Err(wrong) if base64::claims(text) => {
                self.flaw(Some(origin(start(bytes) + wrong)), Error::Base64);
                true
            }
            Err(_) => match literals::pem(bytes) {
                Some(text) => {
                    self.pem(&text, self.depth == 0, origin);
                    true
                }
                None => false,
            },
        }
    }

    /// Reads what a text encodes; whether it was of a known kind.
    fn encoded(&mut self, name: &str, text: &[u8], decoded: &[u8], origin: Origin<'_>) -> bool {
        let place = origin(start(text)).encoded(None);
        let inside = |byte| place.plus(byte);
        self.inside(name, place, |reader| reader.any(decoded, &inside))
            .unwrap_or(true)
    }

    /// `is_input` is whether the lines are those of the file, which they are not in a text that was unwrapped.
    fn pem(&mut self, text: &[u8], is_input: bool, origin: Origin<'_>) {
        let (mut line, mut counted) = (1, 0);
        for object in pem::objects(text) {
            match object {
                Err(mut error) => {
                    let place = error.at().map(origin);
                    if let (Some(at), Some(place)) = (error.at_mut(), place) {
                        *at = match place {
                            Place::Bare(at) => at,
                            Place::Decoded { byte, .. } => byte,
                            Place::Within(_) => *at,
                        };
                    }
                    self.flaw(place, Error::Pem(error));
                }
                // OpenSSL writes the curve before the key, which repeats it.
                Ok(object) if object.label == "EC PARAMETERS" => {}
                Ok(object) => {
                    let between = text.get(counted..object.at).unwrap_or_default();
                    line += between.iter().filter(|byte| **byte == b'\n').count();
                    counted = object.at;
                    let place = origin(object.at).encoded(is_input.then_some(line));
                    self.pem_object(&object, place);
                }
            }
        }
    }

    fn pem_object(&mut self, object: &pem::Object, place: Place) {
        let label = format!("PEM {}", object.label);
        self.inside(&label, place, |reader| {
            if object.label == "TRUSTED CERTIFICATE" {
                // OpenSSL's own: a certificate, and behind it whom it is trusted for.
                let der = first(&object.der).map(|part| part.whole);
                reader.der(der.unwrap_or(&object.der), 0);
            } else if !reader.openssh(&object.der) {
                reader.is_key = object.label.ends_with("PRIVATE KEY");
                reader.ders(&object.der);
                reader.is_key = false;
            }
        });
    }

    /// A private key of OpenSSH is named, and nothing of it is kept; whether it is one.
    fn openssh(&mut self, bytes: &[u8]) -> bool {
        let is_one = bytes.starts_with(OPENSSH);
        if is_one {
            self.flaw(Some(self.origin), Error::OpenSshKey);
        }
        is_one
    }

    /// DER objects one after another, and PEM behind them.
    pub(super) fn ders(&mut self, bytes: &[u8]) {
        let mut at = 0;
        // Looked for once, since that goes over all that is left.
        let mut text = false;
        while let Some(rest) = bytes.get(at..).filter(|rest| !rest.is_empty()) {
            if is_filling(rest) {
                return;
            }
            let part = object(rest);
            let is_sequence = part.is_some_and(|_| rest.starts_with(&[SEQUENCE]));
            if at > 0 && !is_sequence && !text {
                text = true;
                if is_text(rest) && pem::is_pem(rest) {
                    let place = self.origin.plus(at);
                    return self.pem(rest, false, &|byte| place.plus(byte));
                }
            }
            let Some(part) = part else {
                let fault = at + fault(rest);
                self.flaw(Some(self.origin.plus(fault)), Error::NotDer);
                if Sketch::is_likely(rest) && !self.is_key {
                    self.found(Content::Broken(rest.to_vec()), at);
                }
                return;
            };
            self.der(part.whole, at);
            if self.full {
                return;
            }
            at += part.whole.len();
        }
    }

    /// One DER object, `at` bytes into the innermost container.
    pub(super) fn der(&mut self, der: &[u8], at: usize) {
        let plain = |content: fn(Vec<u8>) -> Content| content(der.to_vec());
        let shape = match shape(der) {
            Shape::Other => ber::container(der).unwrap_or(Shape::Other),
            known => known,
        };
        let content = match shape {
            Shape::Certificate => plain(Content::Certificate),
            Shape::Crl => plain(Content::Crl),
            Shape::Request => plain(Content::Request),
            Shape::PublicKey => plain(Content::PublicKey),
            Shape::Other => plain(Content::Other),
            Shape::RsaPublicKey => match key::rsa_spki(der) {
                Some(spki) => Content::PublicKey(spki),
                None => plain(Content::Other),
            },
            Shape::Pkcs8Key => return self.key(Some(Zeroizing::new(der.to_vec())), at),
            Shape::Sec1Key => return self.key(key::from_sec1(der), at),
            Shape::Pkcs1Key => return self.key(key::from_pkcs1(der), at),
            Shape::DsaKey => return self.flaw(Some(self.origin.plus(at)), Error::UnknownSecret),
            Shape::EncryptedKey => return self.encrypted_key(der, at),
            Shape::ContentInfo => return pkcs7::read(self, der, at),
            Shape::Pfx => return pkcs12::read(self, der, at),
        };
        self.found(content, at);
    }

    /// A private key as PKCS #8, whose halves must belong together.
    pub(super) fn key(&mut self, pkcs8: Option<Zeroizing<Vec<u8>>>, at: usize) {
        match pkcs8.filter(|der| key::is_sound(der)) {
            Some(der) => self.found(Content::PrivateKey(Secret(der)), at),
            None => self.flaw(Some(self.origin.plus(at)), Error::Key),
        }
    }

    fn encrypted_key(&mut self, der: &[u8], at: usize) {
        let Some(password) = self.password else {
            self.sealed(der, at);
            return;
        };
        match seal::open_key(der, password, &mut self.purse) {
            Ok(pkcs8) => self.inside("encrypted PKCS #8", self.origin.plus(at), |reader| {
                reader.key(Some(pkcs8), 0);
            }),
            Err(error) => {
                self.flaw(Some(self.origin.plus(at)), error);
                self.sealed(der, at);
                None
            }
        };
    }

    /// Something that a password would open.
    pub(super) fn sealed(&mut self, der: &[u8], at: usize) {
        self.opened.wants_password = true;
        self.found(Content::Sealed(der.to_vec()), at);
    }

    pub(super) fn found(&mut self, content: Content, at: usize) {
        self.named(content, at, None);
    }

    pub(super) fn named(&mut self, mut content: Content, at: usize, name: Option<String>) {
        if self.is_key
            && let Content::Other(secret) = &mut content
        {
            secret.zeroize();
            return self.flaw(Some(self.origin.plus(at)), Error::UnknownSecret);
        }
        if self.opened.objects.len() >= MAX_OBJECTS {
            if !self.full {
                self.full = true;
                self.flaw(Some(self.origin.plus(at)), Error::TooMany);
            }
            return;
        }
        self.opened.objects.push(Object {
            content,
            at: self.origin.plus(at).start(),
            within: self.within.clone(),
            name,
        });
    }

    /// How many objects and flaws there are so far.
    pub(super) fn said(&self) -> usize {
        self.opened.objects.len() + self.opened.flaws.len()
    }

    /// What there is so far, to come back to.
    pub(super) fn mark(&self) -> Mark {
        Mark {
            objects: self.opened.objects.len(),
            flaws: self.opened.flaws.len(),
            full: self.full,
        }
    }

    /// Takes back what was found and said since.
    pub(super) fn forget(&mut self, since: Mark) {
        self.opened.objects.truncate(since.objects);
        self.opened.flaws.truncate(since.flaws);
        self.full = since.full;
    }

    pub(super) fn origin(&self) -> Place {
        self.origin
    }

    pub(super) fn flaw(&mut self, place: Option<Place>, error: Error) {
        if self.opened.flaws.len() < MAX_OBJECTS {
            self.opened.flaws.push(Flaw {
                at: place.and_then(Place::at),
                decoded: place.and_then(Place::decoded),
                error,
            });
        }
    }

    /// Goes into a container that begins at `origin`; `None` if it is too deep.
    pub(super) fn inside<T>(
        &mut self,
        name: &str,
        origin: Place,
        look: impl FnOnce(&mut Self) -> T,
    ) -> Option<T> {
        if self.depth == MAX_DEPTH {
            self.flaw(Some(origin), Error::TooDeep);
            return None;
        }
        self.depth += 1;
        self.within.push(name.to_owned());
        let outer = core::mem::replace(&mut self.origin, origin);
        let result = look(self);
        self.origin = outer;
        self.within.pop();
        self.depth -= 1;
        Some(result)
    }
}
