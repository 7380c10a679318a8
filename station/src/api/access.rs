//! Who asks, and whether they may.

use std::fmt::Display;
use std::net::{IpAddr, Ipv4Addr};
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::Result as Anyhow;
use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::header::AUTHORIZATION;
use axum::http::{HeaderMap, HeaderName, Response};
use axum::middleware::Next;

use super::error::Error;
use super::guesses::Guesses;
use super::refuse;
use crate::device_api::DeviceApi;
use crate::log;
use crate::operators::{Operators, Role, Roll};

/// An operator who asks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Who {
    pub(crate) name: String,
    pub(crate) role: Role,
}

/// Who asks; nobody in particular while the station has no operators.
#[derive(Clone, Debug)]
pub(crate) struct Caller(pub(crate) Option<Who>);

/// How often it is looked whether operators were added or removed, if nobody asks meanwhile.
const LOOK: Duration = Duration::from_secs(1);

/// What stands before everything that acts.
pub(crate) struct Door {
    api: Arc<DeviceApi>,
    operators: Operators,
    guesses: Guesses,
    /// Whether nobody is let in without a token, also before there is an operator.
    locked: bool,
}

impl Door {
    pub(crate) fn new(data: &Path, api: Arc<DeviceApi>, locked: bool) -> Self {
        Self {
            api,
            operators: Operators::new(data),
            guesses: Guesses::default(),
            locked,
        }
    }

    /// Has the ledger told of changes among the operators, until this future is dropped.
    pub(crate) async fn watch(self: Arc<Self>) {
        loop {
            if let Err(error) = self.roll().await {
                log::line("broken", &[("error", &format!("{error:#}"))]);
            }
            // What cannot be told now is tried again, and does not fill the log meanwhile.
            let patience = match self.operators.unchanged() {
                Some(_) => LOOK,
                None => LOOK * 10,
            };
            tokio::time::sleep(patience).await;
        }
    }

    fn caller(&self, roll: &Roll, headers: &HeaderMap, peer: IpAddr) -> Result<Caller, Error> {
        if !roll.begun && !self.locked {
            return Ok(Caller(None));
        }
        let own = headers.get(TOKEN).and_then(|value| value.to_str().ok());
        let token = own
            .or_else(|| bearer(headers))
            .ok_or(Error::Unauthorized { presented: false })?;
        let now = Instant::now();
        let judged = self.guesses.attempt(peer, token, now, || roll.whose(token));
        let operator = judged
            .map_err(|rest| Error::TooManyTokens {
                seconds: rest.as_secs() + 1,
            })?
            .ok_or(Error::Unauthorized { presented: true })?;
        Ok(Caller(Some(Who {
            name: operator.name.clone(),
            role: operator.role,
        })))
    }

    /// Who may use the API now.
    async fn roll(self: &Arc<Self>) -> Anyhow<Arc<Roll>> {
        if let Some(roll) = self.operators.unchanged() {
            return Ok(roll);
        }
        // Away from the threads that serve sockets: the ledger blocks.
        let this = Arc::clone(self);
        tokio::task::spawn_blocking(move || this.operators.read(&this.api.ledger)).await?
    }
}

/// From where a request came.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Peer(pub(crate) IpAddr);

/// Where a token is, if `Authorization` is taken.
const TOKEN: HeaderName = HeaderName::from_static("x-signet-token");

/// Lets a request in, with its [`Caller`] and without its token: as soon as there is one operator, or
/// others than this computer may ask, only with a token.
pub(crate) async fn check(
    State(door): State<Arc<Door>>,
    mut request: Request,
    next: Next,
) -> Response<Body> {
    let roll = door.roll().await.map_err(|error| {
        log::line("broken", &[("error", &format!("{error:#}"))]);
        Error::Internal
    });
    // A request without one shares an address with nobody.
    let peer = request.extensions().get::<Peer>();
    let peer = peer.map_or(Ipv4Addr::UNSPECIFIED.into(), |peer| peer.0);
    let caller = match roll.and_then(|roll| door.caller(&roll, request.headers(), peer)) {
        Ok(caller) => caller,
        Err(error) => {
            let facts: [(_, &dyn Display); 2] = [("status", &error.status()), ("peer", &peer)];
            log::line("api-refused", &facts);
            return refuse(&error);
        }
    };
    // Anything else in there is no token of ours, but perhaps the page's own for a DPS elsewhere.
    if bearer(request.headers()).is_some() {
        request.headers_mut().remove(AUTHORIZATION);
    }
    request.headers_mut().remove(TOKEN);
    request.extensions_mut().insert(caller);
    next.run(request).await
}

/// RFC 6750, section 2.1; the scheme's case does not count (RFC 9110, section 11.1).
fn bearer(headers: &HeaderMap) -> Option<&str> {
    let (scheme, token) = headers.get(AUTHORIZATION)?.to_str().ok()?.split_once(' ')?;
    scheme
        .eq_ignore_ascii_case("bearer")
        .then(|| token.trim_start())
}

/// Whether somebody's role is enough.
pub(super) fn may(by: Option<&Who>, needs: Role) -> Result<(), Error> {
    match by {
        Some(who) if who.role >= needs => Ok(()),
        Some(who) => Err(Error::WantsRole {
            name: who.name.clone(),
            role: who.role,
        }),
        None if needs == Role::Operator => Ok(()),
        None => Err(Error::WantsSupervisor),
    }
}

#[cfg(test)]
mod tests {
    use axum::http::HeaderValue;

    use super::*;

    #[test]
    fn a_bearer_is_read_as_rfc_6750_says() {
        let read = |text: &'static str| {
            let value = HeaderValue::from_static(text);
            bearer(&HeaderMap::from_iter([(AUTHORIZATION, value)])).map(str::to_owned)
        };
        assert_eq!(read("Bearer sgn_x").as_deref(), Some("sgn_x"));
        assert_eq!(read("bearer  sgn_x").as_deref(), Some("sgn_x"));
        for other in [
            "Basic sgn_x",
            "Bearer",
            "sgn_x",
            "SharedAccessSignature sr=x",
        ] {
            assert_eq!(read(other), None, "{other}");
        }
    }

    #[test]
    fn roles_are_a_ladder() {
        let who = |role| Who {
            name: "ann".to_owned(),
            role,
        };
        let (operator, supervisor) = (who(Role::Operator), who(Role::Supervisor));
        for by in [None, Some(&operator), Some(&supervisor)] {
            assert_eq!(may(by, Role::Operator), Ok(()));
        }
        assert_eq!(may(Some(&supervisor), Role::Supervisor), Ok(()));
        assert_eq!(may(None, Role::Supervisor), Err(Error::WantsSupervisor));
        assert!(may(Some(&operator), Role::Supervisor).is_err());
    }
}
