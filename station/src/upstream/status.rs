//! `GET /relay/status`: why a line does not work.

use std::sync::Arc;

use axum::Json;
use axum::body::Body;
use axum::extract::State;
use axum::http::header::{CACHE_CONTROL, DATE, HOST, USER_AGENT};
use axum::http::{HeaderMap, HeaderValue, Method, Request};
use axum::response::IntoResponse;
use serde_json::{Value, json};
use signet_core::dps::RelayFault;
use signet_core::http::parse_date;

use super::connect::one;
use super::exchange::exchange;
use super::forward::Line;
use super::host::Host;
use super::settings::Settings;
use super::trouble::Trouble;
use crate::clock;

/// Asks the DPS for nothing, and tells what came of it.
pub(super) async fn status(State(line): State<Arc<Line>>) -> impl IntoResponse {
    let settings = &line.settings;
    let headers = [(CACHE_CONTROL, "no-store")];
    let Some(host) = settings.upstreams.first() else {
        return (headers, Json(Value::Null));
    };
    let result = match tokio::time::timeout(settings.patience, ask(settings, host)).await {
        Ok(result) => result,
        Err(_) => Err(Trouble::new(
            RelayFault::UpstreamTimeout,
            format!("{host} did not answer in time."),
        )),
    };
    let (skew, error) = match result {
        Ok(skew) => (skew, Value::Null),
        Err(trouble) => (None, trouble.to_json()),
    };
    let status = json!({
        "upstream": host.to_string(),
        "reachable": error.is_null(),
        "error": error,
        "clockSkewSeconds": skew,
    });
    (headers, Json(status))
}

/// Seconds by which this computer's clock is ahead, if the answer has a date. Any status will do.
async fn ask(settings: &Settings, host: &Host) -> Result<Option<i64>, Trouble> {
    let stream = one(settings, host).await?;
    let mut headers = HeaderMap::new();
    if let Ok(authority) = HeaderValue::try_from(host.authority.as_str()) {
        headers.insert(HOST, authority);
    }
    let agent = concat!("signet-station/", env!("CARGO_PKG_VERSION"));
    headers.insert(USER_AGENT, HeaderValue::from_static(agent));
    let mut request = Request::new(Body::empty());
    *request.method_mut() = Method::HEAD;
    *request.headers_mut() = headers;
    let answer = exchange(host, stream, request).await?;
    let date = answer.headers().get(DATE);
    let theirs = date.and_then(|date| parse_date(date.to_str().ok()?));
    Ok(theirs.and_then(|theirs| clock::now().0.checked_signed_diff(theirs.0)))
}
