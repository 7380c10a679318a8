//! A running relay: the page port without an embedded DPS behind it, with or without a ledger.

use std::convert::Infallible;
use std::fmt;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::Path;
use std::sync::Arc;

use anyhow::{Context, Result, ensure};
use axum::Router;
use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE};
use axum::http::{Response, StatusCode};
use axum::middleware::{self, Next};
use axum::response::IntoResponse;
use axum::routing::{any, get};
use signet_core::dps::RelayFault;
use tokio::sync::mpsc::{self, Receiver};
use tokio::task::JoinSet;

use super::books::Books;
use super::config::{self, Options};
use super::forward::{Line, forward};
use super::settings::Settings;
use super::status::status;
use super::trouble::Trouble;
use crate::api::{self, Desk, Door, Elsewhere};
use crate::config::Serve;
use crate::site::Site;
use crate::{clock, log, page, port, protect, station};

/// A running relay. It ends soon after this is dropped; [`Relay::stop`] waits for it.
pub struct Relay {
    page: SocketAddr,
    url: String,
    upstream: String,
    tasks: JoinSet<()>,
    /// Closed when nothing works with the ledger any more.
    working: Option<Receiver<Infallible>>,
}

impl Relay {
    /// Reads the relay's file and opens the page port, on this computer. Nothing is written down.
    ///
    /// # Errors
    ///
    /// If the file, or one that it names, cannot be used, or the port is taken.
    pub async fn start(options: Options) -> Result<Self> {
        let folder = &options.page;
        exists(folder)?;
        let settings = config::load(&options.config)?;
        let upstream = first(&settings);
        let address = (Ipv4Addr::LOCALHOST, options.page_port).into();
        let (listener, page) = port::bind(address, "page-port").await?;
        let mut tasks = JoinSet::new();
        let site = Arc::new(Site::local());
        let line = Arc::new(Line {
            settings,
            books: None,
        });
        let router = router(line, &site, None);
        let router = page::frame(folder, router, &site);
        tasks.spawn(page::serve(listener, router, None));
        Ok(Self::ready(page, &site, upstream, tasks, None))
    }

    /// A station whose page asks the DPS of [`Serve::relay`] instead of the embedded one, which does not
    /// run: with its ledger, its operators and its API.
    ///
    /// # Errors
    ///
    /// As [`Relay::start`], and as [`Station::start`](crate::Station::start).
    pub async fn start_with_ledger(config: Serve) -> Result<Self> {
        log::choose(config.log);
        exists(&config.page)?;
        let file = config.relay.as_deref();
        let settings = config::load(file.context("there is no relay's file")?)?;
        ensure!(
            !config.test_faults,
            "faults are ordered from the embedded DPS, which does not run beside a relay: leave \
             --test-faults out"
        );
        let (site, tls) = station::site(&config)?;
        let (alive, working) = mpsc::channel(1);
        let upstream = first(&settings);
        let api = station::open(&config, clock::now(), alive, Some(&upstream))?;
        let api = Arc::new(api);
        protect::warn(&config.data)?;
        let address = (config.page_address, config.page_port).into();
        let (listener, page) = port::bind(address, "page-port").await?;
        let door = Door::new(&config.data, Arc::clone(&api), site.wants_tokens());
        let door = Arc::new(door);
        let desk = Desk {
            api: Arc::clone(&api),
            started: clock::now(),
            elsewhere: Some(Elsewhere {
                url: upstream.clone(),
                scopes: settings.scopes.clone(),
            }),
        };
        let books = Books::new(api, upstream.clone(), settings.credential.attestation());
        let line = Arc::new(Line {
            settings,
            books: Some(Arc::new(books)),
        });
        let check = middleware::from_fn_with_state(Arc::clone(&door), api::check);
        let router =
            router(line, &site, Some(&door)).nest(api::BASE, api::router(desk).layer(check));
        let router = page::frame(&config.page, router, &site);
        let mut tasks = JoinSet::new();
        tasks.spawn(page::serve(listener, router, tls));
        tasks.spawn(door.watch());
        Ok(Self::ready(page, &site, upstream, tasks, Some(working)))
    }

    fn ready(
        page: SocketAddr,
        site: &Site,
        upstream: String,
        tasks: JoinSet<()>,
        working: Option<Receiver<Infallible>>,
    ) -> Self {
        log::line("ready", &[("page", &page), ("upstream", &upstream)]);
        Self {
            page,
            url: site.url(page),
            upstream,
            tasks,
            working,
        }
    }

    /// Where the page is.
    pub fn page(&self) -> SocketAddr {
        self.page
    }

    /// Where people find the page.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// URL of the DPS that is asked first.
    pub fn upstream(&self) -> &str {
        &self.upstream
    }

    /// Closes the port and waits until nothing of the relay works with its folder.
    pub async fn stop(mut self) {
        self.tasks.shutdown().await;
        if let Some(working) = &mut self.working {
            let _closed = working.recv().await;
        }
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

fn exists(page: &Path) -> Result<()> {
    ensure!(page.is_dir(), "there is no folder {}", page.display());
    Ok(())
}

fn first(settings: &Settings) -> String {
    let first = settings.upstreams.first();
    first.map(ToString::to_string).unwrap_or_default()
}

/// The relay itself; whatever asks the DPS passes the door, if there is one.
fn router(line: Arc<Line>, site: &Arc<Site>, door: Option<&Arc<Door>>) -> Router {
    let guard = middleware::from_fn_with_state(Arc::clone(site), only_the_page);
    let mut asks = Router::new()
        .route("/dps/{*path}", any(forward))
        .route("/relay/status", get(status));
    let mut open = Router::new().route("/recipe.json", get(recipe));
    if let Some(door) = door {
        let check = || middleware::from_fn_with_state(Arc::clone(door), api::check);
        asks = asks.route_layer(check());
        if site.wants_tokens() {
            open = open.route_layer(check());
        }
    }
    open.merge(asks.route_layer(guard)).with_state(line)
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

async fn recipe(State(line): State<Arc<Line>>) -> Response<Body> {
    let headers = [
        (CONTENT_TYPE, "application/json"),
        (CACHE_CONTROL, "no-store"),
    ];
    match &line.settings.recipe {
        Some(recipe) => (headers, recipe.clone()).into_response(),
        None => crate::exchange::plain(StatusCode::NOT_FOUND),
    }
}
