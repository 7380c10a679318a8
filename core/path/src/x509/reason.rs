use der::asn1::AnyRef;
use der::{Decode, Tag, Tagged};

/// Why a certificate was revoked: CRLReason (RFC 5280 section 5.3.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Reason {
    /// The identifier of RFC 5280, such as `keyCompromise`.
    pub name: &'static str,
    /// One sentence: what it means.
    pub meaning: &'static str,
}

const REASONS: [(u8, &str, &str); 10] = [
    (0, "unspecified", "The issuer gives no reason."),
    (
        1,
        "keyCompromise",
        "Somebody else has, or may have, the private key.",
    ),
    (
        2,
        "cACompromise",
        "Somebody else has, or may have, the private key of an authority.",
    ),
    (
        3,
        "affiliationChanged",
        "What the certificate says of its subject is no longer true.",
    ),
    (4, "superseded", "Another certificate has taken its place."),
    (
        5,
        "cessationOfOperation",
        "It is no longer needed for what it was issued for.",
    ),
    (
        6,
        "certificateHold",
        "It is suspended, and may become valid again.",
    ),
    (
        8,
        "removeFromCRL",
        "It is no longer suspended, or has expired.",
    ),
    (
        9,
        "privilegeWithdrawn",
        "Its subject may no longer do what it allows.",
    ),
    (
        10,
        "aACompromise",
        "Somebody else has, or may have, the private key of an attribute authority.",
    ),
];

impl Reason {
    /// The reason of that number; `None` for seven, which is not used, and for what is beyond ten.
    pub fn by_number(number: u8) -> Option<Self> {
        let found = REASONS.iter().find(|(known, ..)| *known == number);
        found.map(|(_, name, meaning)| Self { name, meaning })
    }

    /// Its name, also for a number that has none.
    pub fn named(number: u8) -> String {
        let unknown = || format!("unknown ({number})");
        Self::by_number(number).map_or_else(unknown, |reason| reason.name.to_owned())
    }
}

/// The number in the DER of a reasonCode.
///
/// # Errors
/// If it is none.
pub fn number(der: &[u8]) -> der::Result<u8> {
    let any = AnyRef::from_der(der)?;
    match (any.tag(), any.value()) {
        (Tag::Enumerated, [number]) => Ok(*number),
        _ => Err(Tag::Enumerated.value_error().into()),
    }
}

/// ReasonFlags (section 4.2.1.13): its bits are those of X.509, and from the seventh on other ones than
/// the numbers.
pub fn flags(bits: u16) -> String {
    const NUMBERS: [u8; 9] = [7, 1, 2, 3, 4, 5, 6, 9, 10];
    let set = NUMBERS.iter().enumerate();
    let set = set.filter(|(bit, _)| bits >> bit & 1 == 1);
    let names: Vec<String> = set.map(|(_, number)| Reason::named(*number)).collect();
    names.join(", ")
}
