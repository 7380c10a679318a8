//! The service's six-digit error codes, in plain words.

/// What an error code of the service means.
///
/// The first three digits of a code are an HTTP status; the documents explain few of the rest. Where
/// a code is unknown, its HTTP status decides.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ServiceCode {
    /// 400: something in the request.
    BadRequest,
    /// 409: another operation is under way.
    Conflict,
    /// 400207: the custom allocation function failed.
    CustomAllocation,
    /// 400012: the service could not read the request's JSON or CSR.
    Deserialization,
    /// 403: known but not allowed.
    Forbidden,
    /// 403000: the service's identity lacks a role on its namespace.
    NamespaceRole,
    /// 404201 and other 404: no such registration or enrollment.
    NotFound,
    /// 412: the same ID is being registered twice at once.
    PreconditionFailed,
    /// 5xx: trouble inside the service.
    ServiceDown,
    /// 429: too many requests.
    Throttled,
    /// 401002 and other 401: the credential was refused.
    Unauthorized,
    /// Any other.
    Unknown,
    /// 405 or 415: no DPS answers so; the address is probably not a DPS.
    WrongEndpoint,
}

impl ServiceCode {
    /// From the code in the body, if there was one, and the HTTP status.
    pub fn new(code: Option<u32>, status: u16) -> Self {
        match code {
            Some(400_012) => return Self::Deserialization,
            Some(400_207) => return Self::CustomAllocation,
            Some(403_000) => return Self::NamespaceRole,
            _ => {}
        }
        let class = match code.map(|code| code / 1000) {
            Some(class @ 400..=599) => class,
            _ => u32::from(status),
        };
        match class {
            400 => Self::BadRequest,
            401 => Self::Unauthorized,
            403 => Self::Forbidden,
            404 => Self::NotFound,
            405 | 415 => Self::WrongEndpoint,
            409 => Self::Conflict,
            412 => Self::PreconditionFailed,
            429 => Self::Throttled,
            500..=599 => Self::ServiceDown,
            _ => Self::Unknown,
        }
    }

    /// What it means, as a clause that continues "because".
    pub fn explanation(self) -> &'static str {
        match self {
            Self::BadRequest => "it did not accept the content of the request",
            Self::Conflict => "another operation for this device is still under way",
            Self::CustomAllocation => "its custom allocation function failed",
            Self::Deserialization => "it could not read the request or the CSR",
            Self::Forbidden => "the device is known but not allowed to do this",
            Self::NamespaceRole => "its identity lacks a role on the linked namespace",
            Self::NotFound => "it knows no enrollment for this registration ID",
            Self::PreconditionFailed => "this registration ID is being registered twice at once",
            Self::ServiceDown => "it has trouble of its own",
            Self::Throttled => "it receives too many requests",
            Self::Unauthorized => "it did not accept the credential",
            Self::Unknown => "of something that its documents do not name",
            Self::WrongEndpoint => "the address does not offer registrations",
        }
    }

    /// What to do, as one imperative sentence.
    pub fn next_step(self) -> &'static str {
        match self {
            Self::BadRequest => {
                "Compare the registration ID, the api-version and the enrollment's certificate policy with the recipe."
            }
            Self::Conflict => "Wait a minute and start this board again.",
            Self::CustomAllocation => {
                "Ask the administrator to look at the allocation function's log for this registration ID."
            }
            Self::Deserialization => {
                "Set the recipe's api-version to one that takes a CSR, such as 2025-07-01-preview."
            }
            Self::Forbidden => "Ask the administrator to check the enrollment and its policy.",
            Self::NamespaceRole => {
                "Ask the administrator to give the DPS identity its role on the device registry namespace."
            }
            Self::NotFound => {
                "Check the ID scope, and that an enrollment or enrollment group exists for this registration ID."
            }
            Self::PreconditionFailed => {
                "Make sure that no other station works on this serial number, then start the board again."
            }
            Self::ServiceDown => "Wait a few minutes and start this board again.",
            Self::Throttled => "Wait a minute, and run fewer stations at once.",
            Self::Unauthorized => "Check the credential of the recipe or of the relay.",
            Self::Unknown => "Show this message to the administrator of the DPS.",
            Self::WrongEndpoint => "Check the endpoint's URL in the recipe.",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn code_wins_over_status_and_status_helps_out() {
        for (code, status, expected) in [
            (Some(400_012), 400, ServiceCode::Deserialization),
            (Some(400_207), 200, ServiceCode::CustomAllocation),
            (Some(400_999), 400, ServiceCode::BadRequest),
            (Some(401_002), 401, ServiceCode::Unauthorized),
            (Some(403_000), 403, ServiceCode::NamespaceRole),
            (Some(404_201), 404, ServiceCode::NotFound),
            (Some(412_000), 412, ServiceCode::PreconditionFailed),
            (Some(7), 429, ServiceCode::Throttled),
            (Some(u32::MAX), 503, ServiceCode::ServiceDown),
            (None, 405, ServiceCode::WrongEndpoint),
            (None, 409, ServiceCode::Conflict),
            (None, 302, ServiceCode::Unknown),
        ] {
            assert_eq!(
                ServiceCode::new(code, status),
                expected,
                "{code:?} {status}"
            );
        }
    }
}
