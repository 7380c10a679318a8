//! The paths of the device API.

use percent_encoding::percent_decode_str;

/// What a path asks for. IDs are decoded, in the case in which they were sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Route {
    pub(crate) id_scope: String,
    pub(crate) id: String,
    pub(crate) what: What,
    pub(crate) api_version: Option<String>,
    /// `forceRegistration=true`, which the service's own clients send.
    pub(crate) force: bool,
}

/// The three operations.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum What {
    /// `POST …/registrations/{id}`: device registration status lookup.
    Lookup,
    /// `GET …/operations/{operationId}`: operation status lookup.
    Operation(String),
    /// `PUT …/register`.
    Register,
}

/// Why a request has no route.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum NoRoute {
    /// A path of the API with another method.
    Method,
    /// No path of the API.
    Path,
}

impl Route {
    pub(crate) fn parse(method: &str, path: &str, query: &str) -> Result<Self, NoRoute> {
        let mut parts = path.strip_prefix('/').ok_or(NoRoute::Path)?.split('/');
        let mut next = || parts.next().map(decode);
        let id_scope = next().flatten().ok_or(NoRoute::Path)?;
        if next().flatten().as_deref() != Some("registrations") {
            return Err(NoRoute::Path);
        }
        let id = next()
            .flatten()
            .filter(|id| !id.is_empty())
            .ok_or(NoRoute::Path)?;
        let (verb, argument, rest) = (next().flatten(), next().flatten(), next());
        let (what, expected) = match (verb.as_deref(), argument, rest) {
            (None, None, None) => (What::Lookup, "POST"),
            (Some("register"), None, None) => (What::Register, "PUT"),
            (Some("operations"), Some(id), None) => (What::Operation(id), "GET"),
            _ => return Err(NoRoute::Path),
        };
        if method != expected {
            return Err(NoRoute::Method);
        }
        let mut pairs = query.split('&');
        let api_version = pairs
            .clone()
            .find_map(|pair| pair.strip_prefix("api-version="))
            .and_then(decode);
        let force = pairs.any(|pair| pair == "forceRegistration=true");
        Ok(Self {
            id_scope,
            id,
            what,
            api_version,
            force,
        })
    }
}

/// What the contract of a version has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Version {
    /// `csr` in the request, `issuedCertificateChain` in the answer.
    pub(crate) csr: bool,
    /// `connectionProfile` in the answer.
    pub(crate) connection_profile: bool,
}

impl Version {
    /// The versions that are served.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        const OLD: [&str; 4] = ["2018-11-01", "2019-03-31", "2021-06-01", "2021-10-01"];
        let csr = signet_core::dps::API_VERSIONS.contains(&text);
        (csr || OLD.contains(&text)).then_some(Self {
            csr,
            connection_profile: text == "2026-11-02-preview",
        })
    }
}

fn decode(text: &str) -> Option<String> {
    percent_decode_str(text)
        .decode_utf8()
        .ok()
        .map(std::borrow::Cow::into_owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn knows_three_paths() {
        let route = |what| {
            Ok(Route {
                id_scope: "0neX".to_owned(),
                id: "a:b".to_owned(),
                what,
                api_version: Some("V".to_owned()),
                force: false,
            })
        };
        let parse = |method, path| Route::parse(method, path, "x=y&api-version=V");
        assert_eq!(
            parse("PUT", "/0neX/registrations/a%3Ab/register"),
            route(What::Register)
        );
        assert_eq!(
            parse("GET", "/0neX/registrations/a%3ab/operations/o.1"),
            route(What::Operation("o.1".to_owned()))
        );
        assert_eq!(
            parse("POST", "/0neX/registrations/a:b"),
            route(What::Lookup)
        );
    }

    #[test]
    fn refuses_the_rest() {
        for path in [
            "",
            "/",
            "/0neX/registrations",
            "/0neX/registrations//register",
            "/0neX/registrations/a/register/b",
            "/0neX/registrations/a/operations",
            "/0neX/other/a/register",
            "/0neX/registrations/%ff/register",
        ] {
            assert_eq!(Route::parse("PUT", path, ""), Err(NoRoute::Path), "{path}");
        }
        assert_eq!(
            Route::parse("GET", "/0neX/registrations/a/register", ""),
            Err(NoRoute::Method)
        );
    }
}
