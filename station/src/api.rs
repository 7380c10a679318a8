//! The station's own HTTP API under `/api/v1`, for people and for the page.
//!
//! `openapi.json` beside this file describes it, and is what `GET /api/v1/openapi.json` answers.

mod access;
mod authorities;
mod batches;
mod call;
mod certificates;
mod devices;
mod entries;
mod error;
mod guesses;
mod moment;
mod reply;
mod report;
mod runs;
mod status;

use std::sync::Arc;

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::extract::rejection::RawPathParamsRejection;
use axum::extract::{RawPathParams, Request};
use axum::http::header::CONTENT_TYPE;
use axum::http::{HeaderMap, Method, Response, StatusCode};
use axum::response::IntoResponse;
use axum::routing::{MethodFilter, on};
use signet_core::UnixTime;

pub(crate) use access::{Caller, Door, Peer, check};

use call::Call;
use error::Error;
use reply::Reply;

use crate::device_api::DeviceApi;
use crate::exchange::BODY_TIMEOUT;
use crate::operators::Role;
use crate::{exchange, log};

/// What the answers are made of.
pub(crate) struct Desk {
    /// The embedded DPS, its namespace and its ledger.
    pub(crate) api: Arc<DeviceApi>,
    /// When this program began.
    pub(crate) started: UnixTime,
    /// The DPS that is asked instead of the embedded one.
    pub(crate) elsewhere: Option<Elsewhere>,
}

/// A DPS to which requests are relayed.
pub(crate) struct Elsewhere {
    pub(crate) url: String,
    /// The ID scopes that are forwarded; at least one.
    pub(crate) scopes: Vec<String>,
}

impl Desk {
    /// What the DPS that answers is called; several names are put in a row.
    fn id_scope(&self) -> String {
        match &self.elsewhere {
            None => self.api.namespace.id_scope.clone(),
            Some(dps) => dps.scopes.join(", "),
        }
    }
}

/// Whether a path takes a body.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Takes {
    /// JSON of at most so many bytes.
    Json(usize),
    Nothing,
}

/// One method of one path.
struct Endpoint {
    method: Method,
    path: &'static str,
    needs: Role,
    takes: Takes,
    answer: Work,
}

/// What an endpoint does.
type Work = fn(&Call) -> Result<Reply, Error>;

/// What everybody may read who may ask at all.
const READS: [(&str, Work); 13] = [
    ("/openapi.json", |_| Ok(Reply::text(JSON, OPENAPI))),
    ("/status", status::status),
    ("/devices", devices::list),
    ("/devices/{registrationId}", devices::one),
    ("/certificates", certificates::list),
    ("/certificates/{serial}", certificates::one),
    ("/authorities", authorities::list),
    ("/ledger", entries::list),
    ("/ledger/export", entries::export),
    ("/ledger/verify", entries::verify),
    ("/batches", batches::list),
    ("/batches/{name}", batches::one),
    ("/batches/{name}/report", report::make),
];

/// What a supervisor may do, and how.
const ORDERS: [(Method, &str, Takes, Work); 7] = [
    (
        Method::POST,
        "/devices/{registrationId}/disable",
        Takes::Nothing,
        devices::disable,
    ),
    (
        Method::POST,
        "/devices/{registrationId}/enable",
        Takes::Nothing,
        devices::enable,
    ),
    (
        Method::POST,
        "/certificates/{serial}/revoke",
        Takes::Json(1024),
        certificates::revoke,
    ),
    (
        Method::POST,
        "/policies",
        Takes::Json(1024),
        authorities::add,
    ),
    (
        Method::DELETE,
        "/policies/{name}",
        Takes::Nothing,
        authorities::delete,
    ),
    (
        Method::POST,
        "/batches",
        Takes::Json(1024 * 1024),
        batches::open,
    ),
    (
        Method::POST,
        "/batches/{name}/close",
        Takes::Nothing,
        batches::close,
    ),
];

/// Everything that the API answers.
fn endpoints() -> Vec<Endpoint> {
    let reads = READS.into_iter().map(|(path, answer)| Endpoint {
        method: Method::GET,
        path,
        needs: Role::Operator,
        takes: Takes::Nothing,
        answer,
    });
    let orders = ORDERS
        .into_iter()
        .map(|(method, path, takes, answer)| Endpoint {
            method,
            path,
            needs: Role::Supervisor,
            takes,
            answer,
        });
    let runs = Endpoint {
        method: Method::POST,
        path: "/runs",
        needs: Role::Operator,
        // A record, and what is around it.
        takes: Takes::Json(runs::RECORD_LIMIT + 1024),
        answer: runs::report,
    };
    reads.chain(orders).chain([runs]).collect()
}

/// The API, to be nested under [`BASE`] behind [`check`].
pub(crate) fn router(desk: Desk) -> Router {
    let desk = Arc::new(desk);
    let mut router = Router::new();
    for endpoint in endpoints() {
        let filter = match endpoint.method {
            Method::POST => MethodFilter::POST,
            Method::DELETE => MethodFilter::DELETE,
            _ => MethodFilter::GET,
        };
        let (path, desk) = (endpoint.path, Arc::clone(&desk));
        let endpoint = Arc::new(endpoint);
        let handler = move |params, request: Request| {
            serve(Arc::clone(&endpoint), Arc::clone(&desk), params, request)
        };
        router = router.route(path, on(filter, handler));
    }
    router
        .fallback(async || refuse(&Error::PathUnknown))
        .method_not_allowed_fallback(async |method: Method| {
            let method = method.to_string();
            refuse(&Error::Method { method })
        })
}

/// Where the API is.
pub(crate) const BASE: &str = "/api/v1";

const JSON: &str = "application/json";
const OPENAPI: &str = include_str!("api/openapi.json");

/// The answer to a request that is not carried out.
pub(crate) fn refuse(error: &Error) -> Response<Body> {
    Reply::refusal(error).into_response()
}

/// The answer to a request that another page sent.
pub(crate) fn foreign() -> Response<Body> {
    refuse(&Error::Origin)
}

type Params = Result<RawPathParams, RawPathParamsRejection>;

async fn serve(
    endpoint: Arc<Endpoint>,
    desk: Arc<Desk>,
    params: Params,
    request: Request,
) -> Response<Body> {
    let caller = request.extensions().get::<Caller>().cloned();
    // The check before this one puts it there.
    let Some(Caller(by)) = caller else {
        return exchange::plain(StatusCode::INTERNAL_SERVER_ERROR);
    };
    let who = by.as_ref().map_or("-", |who| &who.name).to_owned();
    let (method, path) = (request.method().clone(), request.uri().path().to_owned());
    let reply = answer(endpoint, desk, by, params, request).await;
    let reply = reply.unwrap_or_else(|error| Reply::refusal(&error));
    log::line(
        "api",
        &[
            ("method", &method),
            ("path", &format!("{BASE}{path}")),
            ("status", &reply.status),
            ("by", &who),
        ],
    );
    reply.into_response()
}

async fn answer(
    endpoint: Arc<Endpoint>,
    desk: Arc<Desk>,
    by: Option<access::Who>,
    params: Params,
    request: Request,
) -> Result<Reply, Error> {
    access::may(by.as_ref(), endpoint.needs)?;
    let params = params.map_err(|rejection| Error::Path {
        why: rejection.body_text(),
    })?;
    let name = params.iter().next().map(|(_, value)| value.to_owned());
    let (parts, body) = request.into_parts();
    let body = read(endpoint.takes, &parts.headers, body).await?;
    let call = Call {
        desk,
        by,
        name: name.unwrap_or_default(),
        uri: parts.uri,
        body,
    };
    // Away from the threads that serve sockets: the ledger blocks.
    let work = tokio::task::spawn_blocking(move || (endpoint.answer)(&call));
    work.await.map_err(|_| Error::Internal)?
}

async fn read(takes: Takes, headers: &HeaderMap, body: Body) -> Result<Vec<u8>, Error> {
    let limit = match takes {
        Takes::Json(limit) => limit,
        Takes::Nothing => 1024,
    };
    let body = match tokio::time::timeout(BODY_TIMEOUT, to_bytes(body, limit)).await {
        Ok(Ok(body)) => body.to_vec(),
        Ok(Err(_)) => return Err(Error::BodyTooLarge { limit }),
        Err(_) => return Err(Error::BodyTimeout),
    };
    if takes == Takes::Nothing {
        let why = "this path takes none".to_owned();
        return body
            .is_empty()
            .then_some(body)
            .ok_or(Error::Unreadable { why });
    }
    let kind = headers
        .get(CONTENT_TYPE)
        .and_then(|value| value.to_str().ok());
    let kind = kind
        .and_then(|kind| kind.split(';').next())
        .unwrap_or_default();
    if !kind.trim().eq_ignore_ascii_case(JSON) {
        return Err(Error::UnsupportedType);
    }
    Ok(body)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use serde_json::Value;

    use super::*;

    #[test]
    fn the_document_has_every_endpoint_and_no_other() {
        let document: Value = serde_json::from_str(OPENAPI).unwrap();
        let mut described = BTreeSet::new();
        for (path, methods) in document["paths"].as_object().unwrap() {
            for (method, operation) in methods.as_object().unwrap() {
                let role = operation["x-signet-role"].as_str().unwrap().to_owned();
                let takes = operation["requestBody"].is_object();
                described.insert((method.to_uppercase(), path.clone(), role, takes));
            }
        }
        let served: BTreeSet<_> = endpoints()
            .iter()
            .map(|endpoint| {
                let role = endpoint.needs.as_str().to_owned();
                let takes = endpoint.takes != Takes::Nothing;
                let method = endpoint.method.to_string();
                (method, endpoint.path.to_owned(), role, takes)
            })
            .collect();
        assert_eq!(described, served);
        assert_eq!(document["servers"][0]["url"], BASE);
    }
}
