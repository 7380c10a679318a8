//! A running relay: the page port without an embedded DPS behind it.

use std::fmt;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;

use anyhow::{Result, ensure};
use axum::Router;
use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE};
use axum::http::{Response, StatusCode};
use axum::middleware::{self, Next};
use axum::response::IntoResponse;
use axum::routing::{any, get};
use signet_core::dps::RelayFault;
use tokio::task::JoinSet;

use super::config::{self, Options};
use super::forward::forward;
use super::settings::Settings;
use super::status::status;
use super::trouble::Trouble;
use crate::site::Site;
use crate::{log, page, port};

/// A running relay. It ends when this is dropped.
pub struct Relay {
    page: SocketAddr,
    upstream: String,
    _tasks: JoinSet<()>,
}

impl Relay {
    /// Reads the relay's file and opens the page port.
    ///
    /// # Errors
    ///
    /// If the file, or one that it names, cannot be used, or the port is taken.
    pub async fn start(options: Options) -> Result<Self> {
        let folder = &options.page;
        ensure!(folder.is_dir(), "there is no folder {}", folder.display());
        let settings = config::load(&options.config)?;
        let upstream = settings.upstreams.first().map(ToString::to_string);
        let upstream = upstream.unwrap_or_default();
        let address = (Ipv4Addr::LOCALHOST, options.page_port).into();
        let (listener, page) = port::bind(address, "page-port").await?;
        let mut tasks = JoinSet::new();
        let site = Arc::new(Site::local());
        let router = router(Arc::new(settings), &site);
        let router = page::frame(folder, router, &site);
        tasks.spawn(page::serve(listener, router, None));
        log::line("ready", &[("page", &page), ("upstream", &upstream)]);
        Ok(Self {
            page,
            upstream,
            _tasks: tasks,
        })
    }

    /// Where the page is.
    pub fn page(&self) -> SocketAddr {
        self.page
    }

    /// URL of the DPS that is asked first.
    pub fn upstream(&self) -> &str {
        &self.upstream
    }
}

impl fmt::Debug for Relay {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Relay")
            .field("page", &self.page)
            .field("upstream", &self.upstream)
            .finish_non_exhaustive()
    }
}

fn router(settings: Arc<Settings>, site: &Arc<Site>) -> Router {
    let guard = middleware::from_fn_with_state(Arc::clone(site), only_the_page);
    Router::new()
        .route("/dps/{*path}", any(forward))
        .route("/relay/status", get(status))
        .route_layer(guard)
        .route("/recipe.json", get(recipe))
        .with_state(settings)
}

/// Whatever makes the relay ask the DPS comes from this very page, also if it changes nothing.
async fn only_the_page(
    State(site): State<Arc<Site>>,
    request: Request,
    next: Next,
) -> Response<Body> {
    let headers = request.headers();
    let is_own = |host| site.is_own(headers, host);
    if site.host(headers).is_some_and(is_own) {
        return next.run(request).await;
    }
    let message = "The request comes from another page than the relay's own.";
    Trouble::new(RelayFault::RequestForeign, message).into_response()
}

async fn recipe(State(settings): State<Arc<Settings>>) -> Response<Body> {
    let headers = [
        (CONTENT_TYPE, "application/json"),
        (CACHE_CONTROL, "no-store"),
    ];
    match &settings.recipe {
        Some(recipe) => (headers, recipe.clone()).into_response(),
        None => crate::exchange::plain(StatusCode::NOT_FOUND),
    }
}
