//! An answer of the API, before it is sent.

use axum::body::Body;
use axum::http::header::{
    CACHE_CONTROL, CONTENT_DISPOSITION, CONTENT_TYPE, RETRY_AFTER, WWW_AUTHENTICATE,
};
use axum::http::{HeaderName, HeaderValue, Response, StatusCode};
use axum::response::IntoResponse;
use serde_json::{Value, json};
use signet_core::Explain;

use super::JSON;
use super::error::Error;

/// An answer.
pub(super) struct Reply {
    pub(super) status: u16,
    headers: Vec<(HeaderName, HeaderValue)>,
    body: Body,
}

impl Reply {
    /// A value.
    pub(super) fn json(value: &Value) -> Self {
        Self::text(JSON, value.to_string())
    }

    /// Something that is there from now on.
    pub(super) fn created(value: &Value) -> Self {
        let mut reply = Self::json(value);
        reply.status = 201;
        reply
    }

    /// Done, and nothing to say.
    pub(super) fn done() -> Self {
        Self {
            status: 204,
            headers: Vec::new(),
            body: Body::empty(),
        }
    }

    pub(super) fn text(kind: &'static str, body: impl Into<Body>) -> Self {
        Self {
            status: 200,
            headers: vec![(CONTENT_TYPE, HeaderValue::from_static(kind))],
            body: body.into(),
        }
    }

    /// A file to keep; `disposition` names it.
    pub(super) fn download(
        kind: &'static str,
        disposition: &'static str,
        body: impl Into<Body>,
    ) -> Self {
        let mut reply = Self::text(kind, body);
        let disposition = HeaderValue::from_static(disposition);
        reply.headers.push((CONTENT_DISPOSITION, disposition));
        reply
    }

    pub(super) fn refusal(error: &Error) -> Self {
        let fault = json!({
            "code": error.code(),
            "message": error.to_string(),
            "next": error.next_step(),
        });
        let mut reply = Self::json(&fault);
        reply.status = error.status();
        if reply.status == 401 {
            let scheme = HeaderValue::from_static("Bearer");
            reply.headers.push((WWW_AUTHENTICATE, scheme));
        }
        if let Error::TooManyTokens { seconds } = error {
            reply.headers.push((RETRY_AFTER, (*seconds).into()));
        }
        reply
    }
}

impl IntoResponse for Reply {
    fn into_response(self) -> Response<Body> {
        let mut response = Response::new(self.body);
        *response.status_mut() =
            StatusCode::from_u16(self.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let headers = response.headers_mut();
        headers.extend(self.headers);
        headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
        response
    }
}
