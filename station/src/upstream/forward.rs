//! One request of the page, to the DPS and back.

use std::sync::Arc;
use std::time::Instant;

use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE, HOST, USER_AGENT};
use axum::http::{HeaderMap, HeaderValue, Method, Response, Uri};
use signet_core::Explain;
use signet_core::dps::RelayFault;

use super::answer::{self, REQUEST_ID};
use super::call::Call;
use super::connect::connect;
use super::exchange::exchange;
use super::host::Host;
use super::settings::Settings;
use super::trouble::Trouble;
use crate::{clock, log};

const JSON: HeaderValue = HeaderValue::from_static("application/json");

/// Answers a request under `/dps`.
pub(super) async fn forward(
    State(settings): State<Arc<Settings>>,
    request: Request,
) -> Response<Body> {
    let started = Instant::now();
    let (method, path) = (request.method().clone(), request.uri().path().to_owned());
    let result = pass(&settings, request).await;
    let error = match &result {
        Ok(_) => "none",
        Err(trouble) => trouble.fault.code(),
    };
    let response = result.unwrap_or_else(Trouble::into_response);
    let id = response.headers().get(REQUEST_ID);
    let id = id.and_then(|id| id.to_str().ok()).unwrap_or("none");
    log::line(
        "relay",
        &[
            ("method", &method),
            ("path", &path),
            ("status", &response.status().as_u16()),
            ("request", &id),
            ("ms", &started.elapsed().as_millis()),
            ("error", &error),
        ],
    );
    response
}

async fn pass(settings: &Settings, request: Request) -> Result<Response<Body>, Trouble> {
    let (parts, body) = request.into_parts();
    let path = parts.uri.path();
    let path = path.strip_prefix("/dps").unwrap_or(path);
    let query = parts.uri.query().unwrap_or_default();
    let call = Call::parse(parts.method.as_str(), path, query, &settings.scopes)?;
    let body = crate::exchange::read_body(body).await.map_err(|status| {
        let message = format!("The page's request could not be read (HTTP {status}).");
        Trouble::new(RelayFault::RequestUnreadable, message).with_status(status)
    })?;
    let ask = async {
        let (host, stream) = connect(settings).await?;
        let request = outgoing(settings, host, &call, parts.method, &parts.headers, body)?;
        let answer = exchange(host, stream, request).await?;
        answer::pass(host, answer, &settings.scopes)
    };
    match tokio::time::timeout(settings.patience, ask).await {
        Ok(result) => result,
        Err(_) => {
            let seconds = settings.patience.as_secs();
            let message = format!("The DPS did not answer within {seconds} s.");
            Err(Trouble::new(RelayFault::UpstreamTimeout, message))
        }
    }
}

/// The request to the DPS, written anew: nothing of the page's passes by being forgotten.
fn outgoing(
    settings: &Settings,
    host: &Host,
    call: &Call,
    method: Method,
    page: &HeaderMap,
    body: Vec<u8>,
) -> Result<axum::http::Request<Body>, Trouble> {
    let unusable = |_| {
        let message = "The relay cannot write this request.";
        Trouble::new(RelayFault::NotAnOperation, message)
    };
    let mut headers = HeaderMap::new();
    let authority = HeaderValue::try_from(host.authority.as_str());
    headers.insert(
        HOST,
        authority
            .map_err(axum::http::Error::from)
            .map_err(unusable)?,
    );
    let agent = concat!("signet-station/", env!("CARGO_PKG_VERSION"));
    headers.insert(USER_AGENT, HeaderValue::from_static(agent));
    headers.insert(ACCEPT, page.get(ACCEPT).cloned().unwrap_or(JSON));
    let credential = &settings.credential;
    let authorization = page.get(AUTHORIZATION);
    if let Some(value) = credential.authorization(&call.route, authorization, clock::now()) {
        headers.insert(AUTHORIZATION, value);
    }
    let body = match method {
        Method::GET => Body::empty(),
        _ => {
            let kind = page.get(CONTENT_TYPE).cloned().unwrap_or(JSON);
            headers.insert(CONTENT_TYPE, kind);
            Body::from(body)
        }
    };
    let mut request = axum::http::Request::new(body);
    let target = Uri::try_from(call.target());
    *request.uri_mut() = target.map_err(axum::http::Error::from).map_err(unusable)?;
    *request.method_mut() = method;
    *request.headers_mut() = headers;
    Ok(request)
}
