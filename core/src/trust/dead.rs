use sha1::{Digest, Sha1};

use super::hex;

/// A root or an issuing CA that older instructions tell people to trust or to pin, and that is of no
/// use any more.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Dead {
    /// Common name.
    pub name: &'static str,
    /// SHA-1 of the certificate. An issuing CA has one per issue.
    pub sha1: [u8; 20],
    /// SHA-256 of the certificate, where it is published.
    pub sha256: Option<[u8; 32]>,
    /// What happened to it, as a sentence.
    pub reason: &'static str,
}

/// The dead certificate with that SHA-1.
pub fn dead(sha1: &[u8; 20]) -> Option<&'static Dead> {
    DEAD.iter().find(|dead| dead.sha1 == *sha1)
}

/// The dead certificate that these DER bytes are.
pub fn is_dead(der: &[u8]) -> Option<&'static Dead> {
    dead(&Sha1::digest(der).into())
}

const AZURE_TLS: &str = "Microsoft removed this issuing CA from Azure's list on 2024-06-27.";
const IT_TLS: &str = "It expired on 2024-05-20.";
const RSA_TLS: &str = "It expired on 2024-10-08.";

/// What must not be written to a board any more.
pub const DEAD: &[Dead] = &[
    Dead {
        name: "Baltimore CyberTrust Root",
        sha1: hex("d4de20d05e66fc53fe1a50882c78db2852cae474"),
        sha256: Some(hex(
            "16af57a9f676b0ab126095aa5ebadef22ab31119d644ac95cd4b93dbf3f26aeb",
        )),
        reason: "It expired on 2025-05-12; IoT Hub and DPS left it by 2024-09-30.",
    },
    issuing(
        "Microsoft Azure TLS Issuing CA 01",
        "2f2877c5d778c31e0f29c7e371df5471bd673173",
        AZURE_TLS,
    ),
    issuing(
        "Microsoft Azure TLS Issuing CA 01",
        "b9ed88eb05c15c79639493016200fdab08137af3",
        AZURE_TLS,
    ),
    issuing(
        "Microsoft Azure TLS Issuing CA 02",
        "e7eea674ca718e3befd90858e09f8372ad0ae2aa",
        AZURE_TLS,
    ),
    issuing(
        "Microsoft Azure TLS Issuing CA 02",
        "c5fb956a0e7672e9857b402008e7ccad031f9b08",
        AZURE_TLS,
    ),
    issuing(
        "Microsoft Azure TLS Issuing CA 05",
        "6c3af02e7f269aa73afd0eff2a88a4a1f04ed1e5",
        AZURE_TLS,
    ),
    issuing(
        "Microsoft Azure TLS Issuing CA 05",
        "56f1ca470bb94e274b516a330494c792c419cf87",
        AZURE_TLS,
    ),
    issuing(
        "Microsoft Azure TLS Issuing CA 06",
        "30e01761ab97e59a06b41ef20af6f2de7ef4f7b0",
        AZURE_TLS,
    ),
    issuing(
        "Microsoft Azure TLS Issuing CA 06",
        "8f1fd57f27c828d7be29743b4d02cd7e6e5f43e6",
        AZURE_TLS,
    ),
    issuing(
        "Microsoft RSA TLS CA 01",
        "703d7a8f0ebf55aaa59f98eaf4a206004eb2516a",
        RSA_TLS,
    ),
    issuing(
        "Microsoft RSA TLS CA 02",
        "b0c2d2d13cdd56cdaa6ab6e2c04440be4a429c75",
        RSA_TLS,
    ),
    issuing(
        "Microsoft IT TLS CA 1",
        "417e225037fbfaa4f95761d5ae729e1aea7e3a42",
        IT_TLS,
    ),
    issuing(
        "Microsoft IT TLS CA 2",
        "54d9d20239080c32316ed9ff980a48988f4adf2d",
        IT_TLS,
    ),
    issuing(
        "Microsoft IT TLS CA 4",
        "8a38755d0996823fe8fa3116a277ce446eac4e99",
        IT_TLS,
    ),
    issuing(
        "Microsoft IT TLS CA 5",
        "ad898ac73df333eb60ac1f5fc6c4b2219ddb79b7",
        IT_TLS,
    ),
];

const fn issuing(name: &'static str, sha1: &str, reason: &'static str) -> Dead {
    Dead {
        name,
        sha1: hex(sha1),
        sha256: None,
        reason,
    }
}
