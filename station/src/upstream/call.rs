//! What the page may ask: three operations, and nothing that only looks like one.

use std::fmt::Write;

use axum::http::StatusCode;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use signet_core::dps::{RegistrationId, RelayFault};

use super::trouble::Trouble;
use crate::route::{NoRoute, Route, What};

/// All but the unreserved characters of RFC 3986, section 2.3.
const ESCAPED: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'.')
    .remove(b'_')
    .remove(b'~');

/// Longest operation ID and api-version in bytes. The service's have 55 and 18.
const WORD_LIMIT: usize = 256;

/// One operation of the device API.
#[derive(Debug)]
pub(super) struct Call {
    pub(super) route: Route,
}

impl Call {
    /// Reads method, path (without `/dps`) and query of a request.
    pub(super) fn parse(
        method: &str,
        path: &str,
        query: &str,
        scopes: &[String],
    ) -> Result<Self, Trouble> {
        let not_one = |status, why: &str| {
            let message = format!("The relay forwards three operations of the device API: {why}.");
            Trouble::new(RelayFault::NotAnOperation, message).with_status(status)
        };
        let route = Route::parse(method, path, query).map_err(|none| match none {
            NoRoute::Method => not_one(
                StatusCode::METHOD_NOT_ALLOWED,
                "this one has another method",
            ),
            NoRoute::Path => not_one(StatusCode::NOT_FOUND, "this path is none of them"),
        })?;
        if !scopes.contains(&route.id_scope) {
            let message = "The relay's file does not name this ID scope among its id-scopes.";
            return Err(Trouble::new(RelayFault::ScopeNotAllowed, message));
        }
        // What is no registration ID, such as `..`, would be another path for those that resolve it.
        if RegistrationId::new(&route.id).is_err() {
            return Err(not_one(
                StatusCode::BAD_REQUEST,
                "this registration ID is none",
            ));
        }
        if let What::Operation(id) = &route.what
            && !word(id)
        {
            return Err(not_one(
                StatusCode::BAD_REQUEST,
                "this operation ID is none",
            ));
        }
        if route.api_version.as_deref().is_some_and(|text| !word(text)) {
            return Err(not_one(StatusCode::BAD_REQUEST, "this api-version is none"));
        }
        Ok(Self { route })
    }

    /// Path and query, written anew from what was understood.
    pub(super) fn target(&self) -> String {
        let escaped = |text| utf8_percent_encode(text, ESCAPED);
        let Route {
            id_scope,
            id,
            what,
            api_version,
            force,
        } = &self.route;
        let mut target = format!("/{}/registrations/{}", escaped(id_scope), escaped(id));
        // Writing to a string cannot fail.
        let _ = match what {
            What::Lookup => Ok(()),
            What::Operation(id) => write!(target, "/operations/{}", escaped(id)),
            What::Register => write!(target, "/register"),
        };
        let version = api_version.as_deref().map(|text| ("api-version", text));
        let force = force.then_some(("forceRegistration", "true"));
        for ((name, value), mark) in version.into_iter().chain(force).zip(['?', '&']) {
            let _ = write!(target, "{mark}{name}={}", escaped(value));
        }
        target
    }
}

/// Plain characters, and no step up or down in a path.
pub(super) fn word(text: &str) -> bool {
    (1..=WORD_LIMIT).contains(&text.len())
        && text
            .bytes()
            .all(|b| b.is_ascii_graphic() && b != b'/' && b != b'\\')
        && !matches!(text, "." | "..")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(method: &str, path: &str, query: &str) -> Result<Call, Trouble> {
        Call::parse(method, path, query, &["0neA".to_owned()])
    }

    #[test]
    fn writes_what_it_understood() {
        for (method, path, query, target) in [
            (
                "PUT",
                "/0neA/registrations/a%3ab/register",
                "x=y&api-version=2025-07-01-preview&forceRegistration=true",
                "/0neA/registrations/a%3Ab/register?api-version=2025-07-01-preview&forceRegistration=true",
            ),
            (
                "PUT",
                "/%30neA/registrations/a/register",
                "forceRegistration=true",
                "/0neA/registrations/a/register?forceRegistration=true",
            ),
            (
                "GET",
                "/0neA/registrations/a/operations/5.x",
                "api-version=1%26a",
                "/0neA/registrations/a/operations/5.x?api-version=1%26a",
            ),
            (
                "POST",
                "/0neA/registrations/a",
                "forceRegistration=1",
                "/0neA/registrations/a",
            ),
        ] {
            assert_eq!(parse(method, path, query).unwrap().target(), target);
        }
    }

    #[test]
    fn refuses_the_rest() {
        use RelayFault::{NotAnOperation, ScopeNotAllowed};
        for (method, path, status, fault) in [
            (
                "PUT",
                "/0neB/registrations/a/register",
                403,
                ScopeNotAllowed,
            ),
            (
                "PUT",
                "/0nea/registrations/a/register",
                403,
                ScopeNotAllowed,
            ),
            ("GET", "/0neA/registrations/a/register", 405, NotAnOperation),
            ("DELETE", "/0neA/registrations/a", 405, NotAnOperation),
            (
                "GET",
                "/0neA/registrations/../operations/b",
                400,
                NotAnOperation,
            ),
            (
                "GET",
                "/0neA/registrations/a/operations/%2e%2e",
                400,
                NotAnOperation,
            ),
            (
                "GET",
                "/0neA/registrations/a/operations/b%2fc",
                400,
                NotAnOperation,
            ),
            (
                "GET",
                "/0neA/registrations/a/operations/b%0d%0ac",
                400,
                NotAnOperation,
            ),
            ("POST", "/0neA/registrations/a%2fb", 400, NotAnOperation),
            (
                "POST",
                "/0neA/registrations/a/getDeviceUpdate",
                404,
                NotAnOperation,
            ),
            ("GET", "/", 404, NotAnOperation),
        ] {
            let trouble = parse(method, path, "").unwrap_err();
            assert_eq!(
                (trouble.status.as_u16(), trouble.fault),
                (status, fault),
                "{method} {path}"
            );
        }
    }
}
