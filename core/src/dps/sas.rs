//! Shared access signatures: how a symmetric key speaks for a device.

use core::fmt::Write;

use base64ct::{Base64, Encoding};
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;
use zeroize::Zeroizing;

use crate::UnixTime;

/// A shared access signature for one registration, valid until `expiry`: the value of the
/// `Authorization` header.
///
/// `key` is the decoded symmetric key of the device.
pub fn sas_token(id_scope: &str, registration_id: &str, key: &[u8], expiry: UnixTime) -> String {
    let resource = sas_resource(id_scope, registration_id);
    let signature = Base64::encode_string(&sas_signature(&resource, expiry, key));
    let mut token = format!("SharedAccessSignature sr={resource}&sig=");
    percent_encode(&mut token, &signature);
    let _ = write!(token, "&se={}&skn=registration", expiry.0);
    token
}

/// The `sr` field of a registration's token, percent-encoded.
pub fn sas_resource(id_scope: &str, registration_id: &str) -> String {
    let mut resource = String::new();
    percent_encode(&mut resource, id_scope);
    resource.push_str("%2Fregistrations%2F");
    percent_encode(&mut resource, registration_id);
    resource
}

/// HMAC-SHA256 over the percent-encoded resource, a line feed and the expiry in decimal.
pub fn sas_signature(resource: &str, expiry: UnixTime, key: &[u8]) -> [u8; 32] {
    hmac_sha256(key, format!("{resource}\n{}", expiry.0).as_bytes())
}

/// The key of one device of an enrollment group: HMAC-SHA256 of the registration ID under the
/// group's decoded key.
///
/// The HMAC is over the exact bytes of the ID, which is why IDs are lower-cased where they enter.
pub fn device_key(group_key: &[u8], registration_id: &str) -> Zeroizing<Vec<u8>> {
    Zeroizing::new(hmac_sha256(group_key, registration_id.as_bytes()).to_vec())
}

/// Appends `text`, with all but the unreserved characters of RFC 3986, section 2.3, as `%XX`.
pub(crate) fn percent_encode(out: &mut String, text: &str) {
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            out.push(char::from(byte));
        } else {
            let _ = write!(out, "%{byte:02X}");
        }
    }
}

fn hmac_sha256(key: &[u8], message: &[u8]) -> [u8; 32] {
    // HMAC takes a key of any length (RFC 2104, section 2): longer ones are hashed first.
    let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(key) else {
        unreachable!("HMAC accepts every key length")
    };
    mac.update(message);
    mac.finalize().into_bytes().into()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn decode(text: &str) -> Vec<u8> {
        Base64::decode_vec(text).unwrap()
    }

    fn own_group_key() -> Vec<u8> {
        (0..0x40).collect()
    }

    #[test]
    fn derives_the_device_key_that_the_documentation_prints() {
        // "How to provision devices using symmetric key enrollment groups", Microsoft.
        let group = decode(
            "8isrFI1sGsIlvvFSSFRiMfCNzv21fjbE/+ah/lSh3lF8e2YG1Te7w1KpZhJFFXJrqYKi9yegxkqIChbqOS9Egw==",
        );
        assert_eq!(
            Base64::encode_string(&device_key(&group, "sn-007-888-abc-mac-a1-b2-c3-d4-e5-f6")),
            "Jsm0lyGpjaVYVP2g3FnmnmG9dI/9qU24wNoykUmermc="
        );
        assert_eq!(
            Base64::encode_string(&device_key(&own_group_key(), "dev-0001")),
            "Dp7K5DC2GBQM2Io/oha3Zlzn2d8nuvzAtHG91KuONiQ="
        );
    }

    #[test]
    fn signs_as_the_documented_hub_token() {
        // "Control access to IoT Hub with SAS tokens", Microsoft: another resource, the same signature.
        let key = decode(
            "18RQk/hOPJR9EbsJlk2j8WA6vWaj/yi+oaYg7zmxfQNdOyMSu+SJ8O7TSlZhDJCYmn4rzEiVKIzNiVAWjLxrGA==",
        );
        let mut resource = String::new();
        percent_encode(
            &mut resource,
            "MyExampleHub.azure-devices.net/devices/my-symkey-device",
        );
        let signature = sas_signature(&resource, UnixTime(1_663_119_026), &key);
        assert_eq!(
            Base64::encode_string(&signature),
            "f+wW8XOKeJOtiPc9Iwjc4OpExvPM7NlhM9qxN2a1aAM="
        );
    }

    #[test]
    fn writes_whole_tokens() {
        let expiry = UnixTime(1_800_000_000);
        assert_eq!(
            sas_token(
                "0ne00ABCDEF",
                "dev-0001",
                &device_key(&own_group_key(), "dev-0001"),
                expiry
            ),
            "SharedAccessSignature sr=0ne00ABCDEF%2Fregistrations%2Fdev-0001\
             &sig=Guf27ew3iTP1bU03dip7hHNdrXPR%2FR%2F4G4aiG0XsADM%3D&se=1800000000&skn=registration"
        );
        let token = sas_token(
            "0ne00ABCDEF",
            "a:b.c_d-1",
            &device_key(&own_group_key(), "dev-0001"),
            expiry,
        );
        assert!(
            token.contains("sr=0ne00ABCDEF%2Fregistrations%2Fa%3Ab.c_d-1&"),
            "{token}"
        );
        assert!(
            token.contains("sig=TCGsYRWyFlICQ%2F75QLDo3x3qpLGAcIhXsOosUhJWVow%3D&"),
            "{token}"
        );
    }
}
