//! Between HTTP messages and the device API.

use std::sync::Arc;
use std::time::Duration;

use axum::body::{Body, to_bytes};
use axum::http::header::AUTHORIZATION;
use axum::http::{HeaderValue, Request, Response, StatusCode};

use crate::admission::Presented;
use crate::device_api::{Answer, Ask, DeviceApi};

/// Longest request body in bytes: the service's limit for a message.
const BODY_LIMIT: usize = 96 * 1024;

/// How long a client may take to send its body.
pub(crate) const BODY_TIMEOUT: Duration = Duration::from_secs(10);

/// Reads a request. `Err` is the answer to one that cannot be read.
pub(crate) async fn read(
    request: Request<Body>,
    certificates: Vec<Vec<u8>>,
) -> Result<Ask, Response<Body>> {
    let (parts, body) = request.into_parts();
    let body = read_body(body).await.map_err(plain)?;
    let authorization = parts.headers.get(AUTHORIZATION);
    let authorization = authorization
        .and_then(|value| value.to_str().ok())
        .map(str::to_owned);
    Ok(Ask {
        method: parts.method.as_str().to_owned(),
        path: parts.uri.path().to_owned(),
        query: parts.uri.query().unwrap_or_default().to_owned(),
        presented: Presented {
            authorization,
            certificates,
        },
        body,
    })
}

/// Reads a request's body. `Err` is the status of one that cannot be read.
pub(crate) async fn read_body(body: Body) -> Result<Vec<u8>, StatusCode> {
    match tokio::time::timeout(BODY_TIMEOUT, to_bytes(body, BODY_LIMIT)).await {
        Ok(Ok(body)) => Ok(body.to_vec()),
        Ok(Err(_)) => Err(StatusCode::PAYLOAD_TOO_LARGE),
        Err(_) => Err(StatusCode::REQUEST_TIMEOUT),
    }
}

/// Has a request answered, away from the threads that serve sockets.
pub(crate) async fn answer(api: Arc<DeviceApi>, ask: Ask) -> Response<Body> {
    match tokio::task::spawn_blocking(move || api.handle(&ask)).await {
        Ok(answer) => write(answer),
        Err(_) => plain(StatusCode::INTERNAL_SERVER_ERROR),
    }
}

/// An answer without a body.
pub(crate) fn plain(status: StatusCode) -> Response<Body> {
    let mut response = Response::new(Body::empty());
    *response.status_mut() = status;
    response
}

fn write(answer: Answer) -> Response<Body> {
    let mut response = Response::new(Body::from(answer.body));
    *response.status_mut() =
        StatusCode::from_u16(answer.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    for (name, value) in answer.headers {
        if let Ok(value) = HeaderValue::try_from(value) {
            response.headers_mut().insert(name_of(name), value);
        }
    }
    response
}

/// All names here are written in this program.
fn name_of(name: &'static str) -> axum::http::HeaderName {
    axum::http::HeaderName::try_from(name).unwrap_or(axum::http::header::WARNING)
}
