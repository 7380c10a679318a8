//! The page port: plain HTTP on the loopback interface, for the browser on this computer only.

use std::path::Path;
use std::sync::Arc;

use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::header::{
    CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE, HOST, HeaderName, ORIGIN,
    REFERRER_POLICY, X_CONTENT_TYPE_OPTIONS,
};
use axum::http::{HeaderMap, HeaderValue, Method, Response, StatusCode};
use axum::middleware::{self, Next};
use axum::response::IntoResponse;
use axum::routing::{any, get, post};
use axum::{Json, Router};
use tokio::net::TcpListener;
use tower::ServiceExt;
use tower_http::services::ServeDir;

use crate::api::{self, Desk, Door};
use crate::device_api::DeviceApi;
use crate::faults::Order;
use crate::{clock, exchange, port, recipe, relay};

/// What the page port serves.
pub(crate) fn router(
    page: &Path,
    api: Arc<DeviceApi>,
    door: &Arc<Door>,
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
    };
    let mut router = Router::new()
        .route("/recipe.json", get(recipe_json))
        .merge(relay);
    if test_faults {
        let faults = post(order_fault).delete(clear_faults).get(held_requests);
        router = router.route("/test/faults", faults);
    }
    let desk = api::router(desk).layer(check());
    frame(page, router.with_state(api).nest(api::BASE, desk))
}

/// What every page port has besides: the page itself, `/healthz`, and the guard before all of it.
pub(crate) fn frame(page: &Path, router: Router) -> Router {
    router
        .route(
            "/healthz",
            get(|| async { Json(serde_json::json!({ "status": "ok" })) }),
        )
        .fallback_service(ServeDir::new(page))
        .layer(middleware::from_fn(guard))
}

/// Whether a request that the guard has let in comes from this very page.
pub(crate) fn is_from_here(headers: &HeaderMap) -> bool {
    loopback_host(headers).is_some_and(|host| same_origin(headers, host))
}

/// Serves until this future is dropped.
pub(crate) async fn serve(listener: TcpListener, router: Router) {
    let connection = |stream, _| {
        let router = router.clone();
        async move {
            let answer = |request| {
                let router = router.clone();
                async move {
                    match router.oneshot(request).await {
                        Ok(response) => response,
                        Err(never) => match never {},
                    }
                }
            };
            port::speak(stream, answer).await;
        }
    };
    port::accept(listener, connection).await;
}

/// Lets in only what the browser on this computer sends from this very page, and tells it how to
/// treat the answer.
///
/// A page elsewhere can make its own name resolve to 127.0.0.1 (DNS rebinding): then `Host` is that
/// name. It can also send a form here: then `Origin` is its own.
async fn guard(request: Request, next: Next) -> Response<Body> {
    let headers = request.headers();
    let Some(host) = loopback_host(headers) else {
        return exchange::plain(StatusCode::MISDIRECTED_REQUEST);
    };
    let changes = !matches!(*request.method(), Method::GET | Method::HEAD);
    let is_api = request.uri().path().starts_with(api::BASE);
    if (changes || is_api) && !same_origin(headers, host) {
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
    headers.entry(CACHE_CONTROL).or_insert(fixed("no-cache"));
    response
}

/// The `Host` header, if it names this computer.
fn loopback_host(headers: &HeaderMap) -> Option<&str> {
    let host = headers.get(HOST)?.to_str().ok()?;
    let name = match host.rsplit_once(':') {
        Some((name, port)) if port.bytes().all(|b| b.is_ascii_digit()) => name,
        _ => host,
    };
    ["localhost", "127.0.0.1", "[::1]"]
        .contains(&name)
        .then_some(host)
}

/// Browsers put `Origin` on every request that changes something; other programs leave it out.
fn same_origin(headers: &HeaderMap, host: &str) -> bool {
    let site = headers.get("sec-fetch-site").map(HeaderValue::as_bytes);
    let origin = headers.get(ORIGIN).map(HeaderValue::as_bytes);
    origin.is_none_or(|origin| origin.strip_prefix(b"http://") == Some(host.as_bytes()))
        && matches!(site, None | Some(b"same-origin" | b"none"))
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
    use super::*;

    fn headers(pairs: &[(&'static str, &'static str)]) -> HeaderMap {
        pairs
            .iter()
            .map(|(n, v)| (HeaderName::from_static(n), HeaderValue::from_static(v)))
            .collect()
    }

    #[test]
    fn only_names_of_this_computer_pass() {
        for host in [
            "localhost",
            "localhost:8080",
            "127.0.0.1:1",
            "[::1]:8080",
            "[::1]",
        ] {
            let headers = HeaderMap::from_iter([(HOST, HeaderValue::from_static(host))]);
            assert_eq!(loopback_host(&headers), Some(host));
        }
        for host in [
            "evil.example",
            "localhost.evil.example",
            "evil.example:8080",
            "127.0.0.2",
            "",
        ] {
            let headers = HeaderMap::from_iter([(HOST, HeaderValue::from_static(host))]);
            assert_eq!(loopback_host(&headers), None, "{host}");
        }
        assert_eq!(loopback_host(&HeaderMap::new()), None);
    }

    #[test]
    fn only_this_very_page_changes_something() {
        let host = "localhost:8080";
        for pairs in [
            &[][..],
            &[("origin", "http://localhost:8080")],
            &[
                ("origin", "http://localhost:8080"),
                ("sec-fetch-site", "same-origin"),
            ],
        ] {
            assert!(same_origin(&headers(pairs), host), "{pairs:?}");
        }
        for pairs in [
            &[("origin", "http://localhost:8081")][..],
            &[("origin", "https://localhost:8080")],
            &[("origin", "null")],
            &[("origin", "http://evil.example")],
            &[("sec-fetch-site", "cross-site")],
            &[("sec-fetch-site", "same-site")],
        ] {
            assert!(!same_origin(&headers(pairs), host), "{pairs:?}");
        }
    }
}
