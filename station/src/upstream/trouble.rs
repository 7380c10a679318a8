//! What the relay answers when it has no answer of the service to pass on.

use axum::body::Body;
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE};
use axum::http::{HeaderName, HeaderValue, Response, StatusCode};
use serde_json::{Value, json};
use signet_core::Explain;
use signet_core::dps::RelayFault;

/// Tells trouble of the relay from an error of the service without a look at the body.
const RELAY_ERROR: HeaderName = HeaderName::from_static("x-signet-relay-error");

/// Why there is no answer of the service.
#[derive(Debug)]
pub(super) struct Trouble {
    pub(super) fault: RelayFault,
    /// One sentence with the facts.
    pub(super) message: String,
    pub(super) status: StatusCode,
}

impl Trouble {
    pub(super) fn new(fault: RelayFault, message: impl Into<String>) -> Self {
        let (message, status) = (message.into(), status(fault));
        Self {
            fault,
            message,
            status,
        }
    }

    /// With another status than the usual one.
    pub(super) fn with_status(self, status: StatusCode) -> Self {
        Self { status, ..self }
    }

    pub(super) fn to_json(&self) -> Value {
        json!({
            "relayError": self.fault.code(),
            "message": self.message,
            "next": self.fault.next_step(),
        })
    }

    pub(super) fn into_response(self) -> Response<Body> {
        let mut response = Response::new(Body::from(self.to_json().to_string()));
        *response.status_mut() = self.status;
        let headers = response.headers_mut();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
        headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
        headers.insert(RELAY_ERROR, HeaderValue::from_static(self.fault.code()));
        response
    }
}

/// 503 and 504 tell the page that another attempt may help.
fn status(fault: RelayFault) -> StatusCode {
    match fault {
        RelayFault::Credential => StatusCode::INTERNAL_SERVER_ERROR,
        RelayFault::NotAnOperation => StatusCode::NOT_FOUND,
        RelayFault::DeviceDisabled | RelayFault::RequestForeign | RelayFault::ScopeNotAllowed => {
            StatusCode::FORBIDDEN
        }
        RelayFault::LedgerFull => StatusCode::INSUFFICIENT_STORAGE,
        RelayFault::RequestUnreadable => StatusCode::BAD_REQUEST,
        RelayFault::UpstreamTimeout => StatusCode::GATEWAY_TIMEOUT,
        RelayFault::Busy
        | RelayFault::Ledger
        | RelayFault::ProxyUnreachable
        | RelayFault::Token
        | RelayFault::UpstreamCut
        | RelayFault::UpstreamUnreachable => StatusCode::SERVICE_UNAVAILABLE,
        _ => StatusCode::BAD_GATEWAY,
    }
}
