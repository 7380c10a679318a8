//! The relay: adds the credential that the page must not know, and asks the embedded DPS.
//!
//! It signs as a device would, with the key derived from its group's, and its request goes through
//! every check of the device API.

use std::sync::Arc;

use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::{Response, StatusCode};
use signet_core::UnixTime;
use signet_core::dps::{device_key, sas_token};

use crate::admission::Presented;
use crate::device_api::DeviceApi;
use crate::route::Route;
use crate::{clock, exchange};

/// How long the relay's tokens hold, in seconds: they never leave this program.
const TOKEN_SECONDS: u64 = 60;

/// Answers a request under `/dps`.
pub(crate) async fn relay(State(api): State<Arc<DeviceApi>>, request: Request) -> Response<Body> {
    let mut ask = match exchange::read(request, Vec::new()).await {
        Ok(ask) => ask,
        Err(response) => return response,
    };
    let Some(path) = ask.path.strip_prefix("/dps") else {
        return exchange::plain(StatusCode::NOT_FOUND);
    };
    ask.path = path.to_owned();
    // Whatever the page sent as a credential is not passed on.
    ask.presented = Presented {
        authorization: token(&api, &ask),
        certificates: Vec::new(),
    };
    exchange::answer(api, ask).await
}

/// A token for the ID in the path; `None` leaves it to the device API to say what is wrong.
fn token(api: &DeviceApi, ask: &crate::device_api::Ask) -> Option<String> {
    let route = Route::parse(&ask.method, &ask.path, &ask.query).ok()?;
    let group = api.gate.group_key(&api.namespace.relay_group)?;
    let key = device_key(group, &route.id);
    let expiry = UnixTime(clock::now().0 + TOKEN_SECONDS);
    Some(sas_token(&route.id_scope, &route.id, &key, expiry))
}
