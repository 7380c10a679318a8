//! The page port: plain HTTP for the browser on this computer, or HTTPS for others ([`Site`]).

use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;

use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::header::{
    CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE, HeaderName, IF_MODIFIED_SINCE,
    REFERRER_POLICY, STRICT_TRANSPORT_SECURITY, X_CONTENT_TYPE_OPTIONS,
};
use axum::http::{HeaderValue, Method, Response, StatusCode};
use axum::middleware::{self, Next};
use axum::response::IntoResponse;
use axum::routing::{any, get, post};
use axum::{Json, Router};
use signet_core::Explain;
use tokio::net::TcpListener;
use tokio_rustls::TlsAcceptor;
use tower::ServiceExt;
use tower_http::services::ServeDir;

use crate::api::{self, Desk, Door, Peer};
use crate::device_api::DeviceApi;
use crate::faults::Order;
use crate::site::{Site, SiteError};
use crate::{clock, exchange, port, recipe, relay};

/// What the page port serves.
pub(crate) fn router(
    page: &Path,
    api: Arc<DeviceApi>,
    door: &Arc<Door>,
    site: &Arc<Site>,
    test_faults: bool,
) -> Router {
    // Whatever acts wants to know who asks.
    let check = || middleware::from_fn_with_state(Arc::clone(door), api::check);
    let relay = Router::new()
        .route("/dps/{*path}", any(relay::relay))
        .layer(check());
    let desk = Desk {
        api: Arc::clone(&api),
        started: clock::now(),
        elsewhere: None,
    };
    let mut open = Router::new().route("/recipe.json", get(recipe_json));
    if test_faults {
        let faults = post(order_fault).delete(clear_faults).get(held_requests);
        open = open.route("/test/faults", faults);
    }
    if site.wants_tokens() {
        open = open.layer(check());
    }
    let desk = api::router(desk).layer(check());
    let router = open.merge(relay).with_state(api).nest(api::BASE, desk);
    frame(page, router, site)
}

/// What every page port has besides: the page itself, `/healthz`, and the guard before all of it.
pub(crate) fn frame(page: &Path, router: Router, site: &Arc<Site>) -> Router {
    let guard = middleware::from_fn_with_state(Arc::clone(site), guard);
    router
        .route(
            "/healthz",
            get(|| async { Json(serde_json::json!({ "status": "ok" })) }),
        )
        .fallback_service(ServeDir::new(page))
        .layer(guard)
}

/// Serves until this future is dropped; with an acceptor over TLS, and not otherwise.
pub(crate) async fn serve(listener: TcpListener, router: Router, tls: Option<TlsAcceptor>) {
    let connection = |stream, peer: SocketAddr| {
        let (router, tls) = (router.clone(), tls.clone());
        async move {
            let answer = |mut request: Request| {
                request.extensions_mut().insert(Peer(peer.ip()));
                let router = router.clone();
                async move {
                    match router.oneshot(request).await {
                        Ok(response) => response,
                        Err(never) => match never {},
                    }
                }
            };
            match tls {
                None => port::speak(stream, answer).await,
                Some(acceptor) => {
                    if let Some((stream, _)) = port::handshake(&acceptor, stream, peer).await {
                        port::speak(stream, answer).await;
                    }
                }
            }
        }
    };
    port::accept(listener, connection).await;
}

/// Lets in only what a browser sends from this very page, and tells it how to treat the answer.
///
/// A page elsewhere can make its own name lead here (DNS rebinding): then `Host` is that name. It can
/// also send a form here: then `Origin` is its own.
async fn guard(State(site): State<Arc<Site>>, mut request: Request, next: Next) -> Response<Body> {
    // A page that was put back is older than what a browser has of it, and is another one all the same.
    request.headers_mut().remove(IF_MODIFIED_SINCE);
    let headers = request.headers();
    let Some(host) = site.host(headers) else {
        return misdirected();
    };
    let keeps_to_tls = site.keeps_to_tls(host);
    let changes = !matches!(*request.method(), Method::GET | Method::HEAD);
    let is_api = request.uri().path().starts_with(api::BASE);
    if (changes || is_api) && !site.is_own(headers, host) {
        return match is_api {
            true => api::foreign(),
            false => exchange::plain(StatusCode::FORBIDDEN),
        };
    }
    let mut response = next.run(request).await;
    let fixed = HeaderValue::from_static;
    let headers = response.headers_mut();
    for (name, value) in [
        // Adds to the policy in the page itself, where this directive has no effect.
        (CONTENT_SECURITY_POLICY, fixed("frame-ancestors 'none'")),
        (
            HeaderName::from_static("cross-origin-opener-policy"),
            fixed("same-origin"),
        ),
        (
            HeaderName::from_static("cross-origin-resource-policy"),
            fixed("same-origin"),
        ),
        (
            HeaderName::from_static("permissions-policy"),
            fixed("serial=(self), usb=(self)"),
        ),
        (REFERRER_POLICY, fixed("no-referrer")),
        (X_CONTENT_TYPE_OPTIONS, fixed("nosniff")),
    ] {
        headers.insert(name, value);
    }
    if keeps_to_tls {
        headers.insert(STRICT_TRANSPORT_SECURITY, fixed("max-age=31536000"));
    }
    headers.entry(CACHE_CONTROL).or_insert(fixed("no-cache"));
    response
}

/// For a person who typed a name. It tells nobody what the names are.
fn misdirected() -> Response<Body> {
    let error = SiteError::OtherName;
    let text = format!("{error} {} ({})\n", error.next_step(), error.code());
    let mut response = Response::new(Body::from(text));
    *response.status_mut() = StatusCode::MISDIRECTED_REQUEST;
    let kind = HeaderValue::from_static("text/plain; charset=utf-8");
    response.headers_mut().insert(CONTENT_TYPE, kind);
    response
}

async fn recipe_json(State(api): State<Arc<DeviceApi>>) -> impl IntoResponse {
    let headers = [
        (CONTENT_TYPE, "application/json"),
        (CACHE_CONTROL, "no-store"),
    ];
    (headers, recipe::practice(&api.namespace).to_string())
}

async fn order_fault(State(api): State<Arc<DeviceApi>>, Json(order): Json<Order>) -> StatusCode {
    api.faults.order(order);
    StatusCode::NO_CONTENT
}

async fn clear_faults(State(api): State<Arc<DeviceApi>>) -> StatusCode {
    api.faults.clear();
    StatusCode::NO_CONTENT
}

async fn held_requests(State(api): State<Arc<DeviceApi>>) -> impl IntoResponse {
    Json(serde_json::json!({ "held": api.faults.held() }))
}

#[cfg(test)]
mod tests {
    use axum::http::header::{HOST, LAST_MODIFIED};

    use super::*;

    /// One that was put back is older than what browsers have; and archives give all files one date.
    #[tokio::test]
    async fn a_page_with_another_date_is_not_taken_for_the_one_before() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("index.html");
        std::fs::write(&path, "new").unwrap();
        let router = frame(folder.path(), Router::new(), &Arc::new(Site::local()));
        let ask = async |since: Option<HeaderValue>| {
            let mut request = Request::new(Body::empty());
            let headers = request.headers_mut();
            headers.insert(HOST, HeaderValue::from_static("localhost"));
            headers.extend(since.map(|date| (IF_MODIFIED_SINCE, date)));
            router.clone().oneshot(request).await.unwrap()
        };
        let first = ask(None).await;
        let date = first.headers().get(LAST_MODIFIED).cloned();
        assert_eq!(first.status(), StatusCode::OK);
        std::fs::write(&path, "old").unwrap();
        let before = std::time::SystemTime::now() - std::time::Duration::from_secs(3600);
        let file = std::fs::File::options().write(true).open(&path).unwrap();
        file.set_modified(before).unwrap();
        let second = ask(date).await;
        assert_eq!(second.status(), StatusCode::OK);
        let body = axum::body::to_bytes(second.into_body(), 10).await.unwrap();
        assert_eq!(body, "old");
    }
    #[tokio::test]
    async fn another_name_is_refused_in_words() {
        let router = frame(Path::new("."), Router::new(), &Arc::new(Site::local()));
        let mut request = Request::new(Body::empty());
        let host = HeaderValue::from_static("station.example");
        request.headers_mut().insert(HOST, host);
        let response = router.oneshot(request).await.unwrap();
        assert_eq!(response.status(), StatusCode::MISDIRECTED_REQUEST);
        assert_eq!(
            response.headers()[CONTENT_TYPE],
            "text/plain; charset=utf-8"
        );
        let body = axum::body::to_bytes(response.into_body(), 1000)
            .await
            .unwrap();
        let said = String::from_utf8(body.to_vec()).unwrap();
        for words in ["at its start", "--page-name", "(site.other-name)"] {
            assert!(said.contains(words), "{said}");
        }
    }
}
