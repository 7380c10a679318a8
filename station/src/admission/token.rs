//! Shared access signatures, as devices send them.

use base64ct::{Base64, Encoding};
use percent_encoding::percent_decode_str;
use signet_core::UnixTime;
use signet_core::dps::sas_signature;
use subtle::ConstantTimeEq;

/// A shared access signature as it was sent.
pub(super) struct Token<'a> {
    /// Percent-encoded: this is what was signed.
    resource: &'a str,
    signature: Vec<u8>,
    expiry: UnixTime,
}

impl<'a> Token<'a> {
    /// The fields may stand in any order.
    pub(super) fn parse(header: &'a str) -> Option<Self> {
        let fields = header.strip_prefix("SharedAccessSignature ")?;
        let (mut resource, mut signature, mut expiry) = (None, None, None);
        for field in fields.split('&') {
            match field.split_once('=')? {
                ("sr", value) => resource = Some(value),
                ("sig", value) => signature = Some(decode(value)?),
                ("se", value) => expiry = Some(value.parse().ok().filter(|_| plain(value))?),
                ("skn", "registration") => {}
                _ => return None,
            }
        }
        let signature = Base64::decode_vec(&signature?).ok()?;
        Some(Self {
            resource: resource?,
            signature,
            expiry: UnixTime(expiry?),
        })
    }

    /// Whether it is for this registration, and not yet expired.
    pub(super) fn concerns(&self, id_scope: &str, id: &str, now: UnixTime) -> bool {
        decode(self.resource).is_some_and(|r| r == format!("{id_scope}/registrations/{id}"))
            && self.expiry >= now
    }

    /// Whether it was signed with this key, in constant time.
    pub(super) fn signed_with(&self, key: &[u8]) -> bool {
        sas_signature(self.resource, self.expiry, key)
            .ct_eq(&self.signature[..])
            .into()
    }
}

fn plain(digits: &str) -> bool {
    digits.bytes().all(|b| b.is_ascii_digit()) && !digits.starts_with('0')
}

fn decode(text: &str) -> Option<String> {
    percent_decode_str(text)
        .decode_utf8()
        .ok()
        .map(std::borrow::Cow::into_owned)
}

#[cfg(test)]
mod tests {
    use super::*;
    use signet_core::dps::{device_key, sas_token};

    const HEADER: &str = "SharedAccessSignature sr=0ne00ABCDEF%2Fregistrations%2Fdev-0001\
        &sig=Guf27ew3iTP1bU03dip7hHNdrXPR%2FR%2F4G4aiG0XsADM%3D&se=1800000000&skn=registration";

    #[test]
    fn judges_a_token_by_resource_time_and_key() {
        let key = device_key(&(0..0x40).collect::<Vec<u8>>(), "dev-0001");
        let token = Token::parse(HEADER).unwrap();
        let at = UnixTime;
        assert!(token.concerns("0ne00ABCDEF", "dev-0001", at(1_800_000_000)));
        assert!(!token.concerns("0ne00ABCDEF", "dev-0001", at(1_800_000_001)));
        assert!(!token.concerns("0ne00ABCDEF", "dev-0002", at(0)));
        assert!(!token.concerns("0ne00ABCDEE", "dev-0001", at(0)));
        assert!(token.signed_with(&key));
        assert!(!token.signed_with(b"another key"));
        let other = HEADER.replace("se=1800000000", "se=1900000000");
        assert!(
            !Token::parse(&other).unwrap().signed_with(&key),
            "the expiry is signed"
        );
    }

    #[test]
    fn takes_any_order_and_refuses_what_is_unclear() {
        let (start, fields) = HEADER.split_once(' ').unwrap();
        let mut fields: Vec<&str> = fields.split('&').collect();
        fields.reverse();
        assert!(Token::parse(&format!("{start} {}", fields.join("&"))).is_some());
        let good = sas_token("s", "d", b"key", UnixTime(5));
        for bad in [
            String::new(),
            good.replace("SharedAccessSignature ", ""),
            good.replace("&se=5", ""),
            good.replace("&se=5", "&se=05"),
            good.replace("&se=5", "&se=-5"),
            good.replace("skn=registration", "skn=other"),
            good.clone() + "&x=y",
            good.replace("sig=", "sig=%"),
        ] {
            assert!(Token::parse(&bad).is_none(), "{bad}");
        }
    }
}
