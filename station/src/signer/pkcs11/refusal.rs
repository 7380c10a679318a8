use std::fmt;

use cryptoki::error::{Error, RvError};

/// What a module answered instead of doing what it was asked.
#[derive(Debug)]
pub(super) struct Refusal(pub(super) Error);

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            Error::Pkcs11(RvError::PinIncorrect | RvError::PinLenRange, _) => f.write_str(
                "the PIN is wrong: check STATION_PKCS11_PIN or the PIN file before the token locks \
                 itself",
            ),
            Error::Pkcs11(RvError::PinLocked, _) => {
                f.write_str("the PIN is locked: the token's security officer can set it anew")
            }
            Error::Pkcs11(RvError::TokenNotPresent | RvError::DeviceRemoved, _) => {
                f.write_str("the token is not there: plug it in, or start its service")
            }
            // The crate's own text recites the specification.
            Error::Pkcs11(value, function) => {
                write!(f, "the module answers {value:?} to C_{function:?}")
            }
            error => error.fmt(f),
        }
    }
}

impl std::error::Error for Refusal {}

/// Whether a new session may help.
pub(super) fn is_lost(error: &anyhow::Error) -> bool {
    value(error).is_some_and(|value| {
        matches!(
            value,
            RvError::CryptokiNotInitialized
                | RvError::DeviceError
                | RvError::DeviceRemoved
                | RvError::FunctionFailed
                | RvError::GeneralError
                | RvError::KeyHandleInvalid
                | RvError::ObjectHandleInvalid
                | RvError::SessionClosed
                | RvError::SessionHandleInvalid
                | RvError::TokenNotPresent
                | RvError::UserNotLoggedIn
        )
    })
}

/// Whether there is nothing in a slot that the module knows: a card of another kind, or one that has
/// just been pulled out (PKCS #11 3.1, section 5.5.5).
pub(super) fn is_no_token(error: &Error) -> bool {
    let Error::Pkcs11(value, _) = error else {
        return false;
    };
    matches!(
        value,
        RvError::DeviceRemoved
            | RvError::SlotIdInvalid
            | RvError::TokenNotPresent
            | RvError::TokenNotRecognized
    )
}

/// Whether another attempt with this PIN does harm.
pub(super) fn is_pin(error: &anyhow::Error) -> bool {
    value(error).is_some_and(|value| {
        matches!(
            value,
            RvError::PinExpired
                | RvError::PinIncorrect
                | RvError::PinInvalid
                | RvError::PinLenRange
                | RvError::PinLocked
        )
    })
}

fn value(error: &anyhow::Error) -> Option<&RvError> {
    let refusal = error.chain().find_map(|cause| cause.downcast_ref());
    match refusal {
        Some(Refusal(Error::Pkcs11(value, _))) => Some(value),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use anyhow::Context;
    use cryptoki::context::Function;

    use super::*;

    #[test]
    fn a_refusal_is_found_behind_its_context() {
        let refused = |value| {
            let refused: Result<(), _> = Err(Refusal(Error::Pkcs11(value, Function::Sign)));
            refused.context("one").context("two").unwrap_err()
        };
        assert!(is_lost(&refused(RvError::SessionHandleInvalid)));
        assert!(!is_lost(&refused(RvError::PinIncorrect)));
        assert!(is_pin(&refused(RvError::PinIncorrect)));
        assert!(!is_lost(&anyhow::anyhow!("other")) && !is_pin(&anyhow::anyhow!("other")));
        let other = |value| is_no_token(&Error::Pkcs11(value, Function::GetTokenInfo));
        assert!(other(RvError::TokenNotRecognized) && !other(RvError::DeviceError));
        let said = format!("{:#}", refused(RvError::KeyTypeInconsistent));
        assert_eq!(
            said,
            "two: one: the module answers KeyTypeInconsistent to C_Sign"
        );
    }
}
