//! What is passed back of an answer: status and body as they are, and a few headers.

use axum::body::Bytes;
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE, DATE, LOCATION, RETRY_AFTER};
use axum::http::{HeaderName, HeaderValue, Response};
use serde::de::IgnoredAny;

use super::call::Call;
use super::exchange::not_json;
use super::host::Host;
use super::trouble::Trouble;

/// The service's name for a request, which its support asks for.
pub(super) const REQUEST_ID: HeaderName = HeaderName::from_static("x-ms-request-id");

const PASSED: [HeaderName; 5] = [
    CONTENT_TYPE,
    DATE,
    RETRY_AFTER,
    HeaderName::from_static("x-ms-error-code"),
    REQUEST_ID,
];

/// URL of the DPS that answered.
#[derive(Clone)]
pub(super) struct Source(pub(super) String);

/// Judges an answer, and makes the one for the page of it.
pub(super) fn pass(
    host: &Host,
    answer: Response<Bytes>,
    scopes: &[String],
) -> Result<Response<Bytes>, Trouble> {
    let (parts, body) = answer.into_parts();
    if !body.is_empty() && serde_json::from_slice::<IgnoredAny>(&body).is_err() {
        let status = parts.status;
        let what = match body.trim_ascii_start().first() {
            Some(b'<') => format!("A web page came back (HTTP {status})"),
            _ => format!("What came back is no JSON (HTTP {status})"),
        };
        return Err(not_json(host, status, &what));
    }
    let mut response = Response::new(body);
    *response.status_mut() = parts.status;
    let headers = response.headers_mut();
    for name in PASSED {
        if let Some(value) = parts.headers.get(&name) {
            headers.insert(name, value.clone());
        }
    }
    let location = parts.headers.get(LOCATION);
    if let Some(location) = location.and_then(|value| here(host, value, scopes)) {
        headers.insert(LOCATION, location);
    }
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response.extensions_mut().insert(Source(host.to_string()));
    Ok(response)
}

/// The same operation by way of the relay. Any other place is not passed on: the page goes nowhere
/// else.
fn here(host: &Host, location: &HeaderValue, scopes: &[String]) -> Option<HeaderValue> {
    let text = location.to_str().ok()?;
    let text = match text.strip_prefix("https://") {
        Some(rest) => rest.strip_prefix(host.authority.as_str())?,
        None => text,
    };
    let (path, query) = text.split_once('?').unwrap_or((text, ""));
    let call = Call::parse("GET", path, query, scopes).ok()?;
    HeaderValue::try_from(format!("/dps{}", call.target())).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_location_leads_to_the_relay_or_nowhere() {
        let host = Host::parse("https://dps.example").unwrap();
        let scopes = ["0neA".to_owned()];
        let operation = "/0neA/registrations/a/operations/b?api-version=V";
        let relayed = format!("/dps{operation}");
        for (location, expected) in [
            (operation.to_owned(), Some(relayed.as_str())),
            (format!("https://dps.example{operation}"), Some(&relayed)),
            (format!("https://dps.example.evil.example{operation}"), None),
            (format!("https://evil.example{operation}"), None),
            (format!("//evil.example{operation}"), None),
            (
                "https://dps.example/0neB/registrations/a/operations/b".to_owned(),
                None,
            ),
            ("https://dps.example/".to_owned(), None),
        ] {
            let value = HeaderValue::try_from(location).unwrap();
            let found = here(&host, &value, &scopes);
            let found = found.as_ref().map(|value| value.to_str().unwrap());
            assert_eq!(found, expected, "{value:?}");
        }
    }
}
