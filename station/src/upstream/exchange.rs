//! One request and its answer over a connection to the DPS.

use axum::body::{Body, Bytes};
use axum::http::{Request, Response, StatusCode};
use http_body_util::{BodyExt, LengthLimitError, Limited};
use hyper::client::conn::http1;
use hyper_util::rt::TokioIo;
use signet_core::dps::RelayFault;
use tokio::task::JoinSet;

use super::connect::Stream;
use super::host::Host;
use super::trouble::Trouble;

/// Longest answer that is passed on, in bytes: twice what the page reads.
const ANSWER_LIMIT: usize = 256 * 1024;

/// Longest head of an answer, in bytes.
const HEAD_LIMIT: usize = 64 * 1024;

/// Sends a request and takes the whole answer.
pub(super) async fn exchange(
    host: &Host,
    stream: Stream,
    request: Request<Body>,
) -> Result<Response<Bytes>, Trouble> {
    let (mut sender, connection) = http1::Builder::new()
        .max_buf_size(HEAD_LIMIT)
        .handshake(TokioIo::new(stream))
        .await
        .map_err(|error| broken(host, &error))?;
    // Ends with this function, whichever way that ends.
    let mut tasks = JoinSet::new();
    tasks.spawn(connection);
    let response = sender
        .send_request(request)
        .await
        .map_err(|error| broken(host, &error))?;
    let (parts, body) = response.into_parts();
    let body = Limited::new(body, ANSWER_LIMIT).collect().await;
    let body = body.map_err(|error| {
        if error.is::<LengthLimitError>() {
            return too_large(host);
        }
        match error.downcast_ref() {
            Some(error) => broken(host, error),
            None => cut(host),
        }
    })?;
    Ok(Response::from_parts(parts, body.to_bytes()))
}

fn broken(host: &Host, error: &hyper::Error) -> Trouble {
    if error.is_parse_too_large() {
        return too_large(host);
    }
    if error.is_parse() {
        return not_json(
            host,
            StatusCode::BAD_GATEWAY,
            "What came back is not even HTTP",
        );
    }
    cut(host)
}

fn cut(host: &Host) -> Trouble {
    let message = format!("The connection to {host} ended before the whole answer was there.");
    Trouble::new(RelayFault::UpstreamCut, message)
}

fn too_large(host: &Host) -> Trouble {
    let limit = ANSWER_LIMIT / 1024;
    let message = format!("The answer of {host} is longer than {limit} KiB.");
    Trouble::new(RelayFault::AnswerTooLarge, message)
}

/// Somebody else than a DPS answers.
pub(super) fn not_json(host: &Host, status: StatusCode, what: &str) -> Trouble {
    let message = format!(
        "{what}, so it is not {host} that answers but most likely a proxy or a TLS inspection in between."
    );
    let trouble = Trouble::new(RelayFault::AnswerNotJson, message);
    // What passes by itself at the other side passes here, too.
    let passes = status.is_server_error() && status != StatusCode::BAD_GATEWAY
        || status == StatusCode::TOO_MANY_REQUESTS;
    match passes {
        true => trouble.with_status(StatusCode::SERVICE_UNAVAILABLE),
        false => trouble,
    }
}
