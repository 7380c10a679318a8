//! How a token makes the signatures of TLS 1.2: PKCS #11 3.1, section 6.1 (RSA) and 6.3 (ECDSA).

use std::borrow::Cow;

use cryptoki::mechanism::rsa::{PkcsMgfType, PkcsPssParams};
use cryptoki::mechanism::{Mechanism, MechanismType};
use rustls::SignatureScheme;
use sha2::{Digest, Sha256, Sha384};

/// A mechanism, and what it is given.
pub(super) struct Way {
    pub(super) mechanism: Mechanism<'static>,
    hash: Hash,
    over: Over,
}

#[derive(Clone, Copy)]
enum Hash {
    Sha256,
    Sha384,
}

/// What a mechanism signs.
#[derive(Clone, Copy)]
enum Over {
    /// The message: the token hashes by itself.
    Message,
    /// The hash.
    Digest,
    /// The hash and its name (RFC 8017, section 9.2, note 1).
    DigestInfo,
}

impl Way {
    /// The way to such a signature for a token with these mechanisms.
    pub(super) fn find(scheme: SignatureScheme, mechanisms: &[MechanismType]) -> Option<Self> {
        let is_there = |way: &Self| mechanisms.contains(&way.mechanism.mechanism_type());
        ways(scheme)?.into_iter().find(is_there)
    }

    /// What the token is given for a message.
    pub(super) fn input<'a>(&self, message: &'a [u8]) -> Cow<'a, [u8]> {
        match self.over {
            Over::Message => Cow::Borrowed(message),
            Over::Digest => Cow::Owned(self.hash.of(message)),
            Over::DigestInfo => Cow::Owned([self.hash.name(), &self.hash.of(message)].concat()),
        }
    }
}

/// Both ways to a signature. A token that hashes by itself is given the message, as what it offers is
/// meant to be used.
fn ways(scheme: SignatureScheme) -> Option<[Way; 2]> {
    use Hash::{Sha256, Sha384};
    let ways = |hash, whole, bare, over| {
        let way = |mechanism, over| Way {
            mechanism,
            hash,
            over,
        };
        Some([way(whole, Over::Message), way(bare, over)])
    };
    let whole_pss = |hash: Hash| match hash {
        Sha256 => Mechanism::Sha256RsaPkcsPss(hash.pss()),
        Sha384 => Mechanism::Sha384RsaPkcsPss(hash.pss()),
    };
    let pss = |hash: Hash| {
        ways(
            hash,
            whole_pss(hash),
            Mechanism::RsaPkcsPss(hash.pss()),
            Over::Digest,
        )
    };
    match scheme {
        SignatureScheme::ECDSA_NISTP256_SHA256 => ways(
            Sha256,
            Mechanism::EcdsaSha256,
            Mechanism::Ecdsa,
            Over::Digest,
        ),
        SignatureScheme::ECDSA_NISTP384_SHA384 => ways(
            Sha384,
            Mechanism::EcdsaSha384,
            Mechanism::Ecdsa,
            Over::Digest,
        ),
        SignatureScheme::RSA_PSS_SHA256 => pss(Sha256),
        SignatureScheme::RSA_PSS_SHA384 => pss(Sha384),
        SignatureScheme::RSA_PKCS1_SHA256 => ways(
            Sha256,
            Mechanism::Sha256RsaPkcs,
            Mechanism::RsaPkcs,
            Over::DigestInfo,
        ),
        SignatureScheme::RSA_PKCS1_SHA384 => ways(
            Sha384,
            Mechanism::Sha384RsaPkcs,
            Mechanism::RsaPkcs,
            Over::DigestInfo,
        ),
        _ => None,
    }
}

impl Hash {
    fn of(self, message: &[u8]) -> Vec<u8> {
        match self {
            Self::Sha256 => Sha256::digest(message).to_vec(),
            Self::Sha384 => Sha384::digest(message).to_vec(),
        }
    }

    /// What stands before the hash in a DigestInfo.
    fn name(self) -> &'static [u8] {
        match self {
            Self::Sha256 => {
                b"\x30\x31\x30\x0d\x06\x09\x60\x86\x48\x01\x65\x03\x04\x02\x01\x05\x00\x04\x20"
            }
            Self::Sha384 => {
                b"\x30\x41\x30\x0d\x06\x09\x60\x86\x48\x01\x65\x03\x04\x02\x02\x05\x00\x04\x30"
            }
        }
    }

    /// RFC 8446, section 4.2.3: the salt is as long as the hash.
    fn pss(self) -> PkcsPssParams {
        let (hash_alg, mgf, length) = match self {
            Self::Sha256 => (MechanismType::SHA256, PkcsMgfType::MGF1_SHA256, 32),
            Self::Sha384 => (MechanismType::SHA384, PkcsMgfType::MGF1_SHA384, 48),
        };
        PkcsPssParams {
            hash_alg,
            mgf,
            s_len: length.into(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_that_hashes_is_given_the_message() {
        let scheme = SignatureScheme::ECDSA_NISTP256_SHA256;
        let has = [MechanismType::ECDSA, MechanismType::ECDSA_SHA256];
        let way = Way::find(scheme, &has).unwrap();
        assert_eq!(way.mechanism.mechanism_type(), MechanismType::ECDSA_SHA256);
        assert_eq!(*way.input(b"abc"), *b"abc");
        let way = Way::find(scheme, &has[..1]).unwrap();
        assert_eq!(way.mechanism.mechanism_type(), MechanismType::ECDSA);
        assert_eq!(*way.input(b"abc"), *Sha256::digest(b"abc"));
        assert!(Way::find(scheme, &[MechanismType::ECDSA_SHA384]).is_none());
        assert!(Way::find(SignatureScheme::ED25519, &has).is_none());
    }

    #[test]
    fn rsa_in_software_names_the_hash() {
        let has = [MechanismType::RSA_PKCS];
        for (scheme, length) in [
            (SignatureScheme::RSA_PKCS1_SHA256, 32),
            (SignatureScheme::RSA_PKCS1_SHA384, 48),
        ] {
            let info = Way::find(scheme, &has).unwrap();
            let info = info.input(b"abc").into_owned();
            // Both lengths of the DER are right: of the whole, and of the hash at its end.
            assert_eq!(
                (info.len(), usize::from(info[1])),
                (19 + length, 17 + length)
            );
            assert_eq!(usize::from(info[18]), length);
        }
        assert!(Way::find(SignatureScheme::RSA_PSS_SHA256, &has).is_none());
    }
}
