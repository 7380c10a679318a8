//! One request to the recipe's endpoint: bounded in time and size, without cookies, not redirected.

use futures::future::{Either, select};
use js_sys::{Reflect, Uint8Array};
use signet_core::http::{ANSWER_TIMEOUT_MS, BODY_LIMIT, Request, Response};
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;
use web_sys::{
    AbortController, Headers, ReadableStreamDefaultReader, ReferrerPolicy, RequestCache,
    RequestCredentials, RequestInit, RequestRedirect, Url,
};

use crate::clock;

/// Sends `request` below `base` (an origin, or a path on the page's own). A longer body is cut one byte
/// after [`BODY_LIMIT`], so that the protocol machine sees the excess and names it.
///
/// `own` is one more header, for the page's own origin alone.
///
/// # Errors
/// No answer came; the text is the browser's.
pub async fn send(
    base: &str,
    request: &Request,
    own: Option<(&str, &str)>,
) -> Result<Response, String> {
    let url = format!("{}{}", base.trim_end_matches('/'), request.path);
    let (init, headers) = init_for(request)?;
    if let Some((name, value)) = own.filter(|_| is_own(&url)) {
        headers.set(name, value).map_err(words)?;
    }
    fetch(&url, &init, BODY_LIMIT + 1, ANSWER_TIMEOUT_MS).await
}

/// Whether an address, perhaps a relative one, is of the page's own origin.
pub fn is_own(url: &str) -> bool {
    let location = leptos::prelude::window().location();
    let (Ok(here), Ok(origin)) = (location.href(), location.origin()) else {
        return false;
    };
    Url::new_with_base(url, &here).is_ok_and(|url| url.origin() == origin)
}

/// A question to the page's own server.
pub struct Own<'a> {
    /// The method.
    pub method: &'static str,
    /// One more header.
    pub header: Option<(&'a str, &'a str)>,
    /// The body.
    pub json: Option<&'a str>,
    /// How much of the answer is read.
    pub limit: usize,
}

/// Asks the page's own server; no other one, whatever `url` is.
///
/// # Errors
/// No answer came; the text is the browser's.
pub async fn own(url: &str, ask: Own<'_>) -> Result<Response, String> {
    if !is_own(url) {
        return Err("that is not this page's own server".to_owned());
    }
    let headers = Headers::new().map_err(words)?;
    if let Some((name, value)) = ask.header {
        headers.set(name, value).map_err(words)?;
    }
    let init = RequestInit::new();
    init.set_method(ask.method);
    if let Some(json) = ask.json {
        headers
            .set("content-type", "application/json")
            .map_err(words)?;
        init.set_body(&JsValue::from_str(json));
    }
    init.set_headers(&headers);
    init.set_cache(RequestCache::NoStore);
    init.set_referrer_policy(ReferrerPolicy::NoReferrer);
    fetch(url, &init, ask.limit, ANSWER_TIMEOUT_MS).await
}

/// Reads a file of the page's own origin, at most `limit` bytes of it; `None` if it is not there, or not
/// for whoever asks. `header` is one more, for that origin alone.
pub async fn own_file(path: &str, limit: usize, header: Option<(&str, &str)>) -> Option<Vec<u8>> {
    let init = RequestInit::new();
    if let Some((name, value)) = header.filter(|_| is_own(path)) {
        let headers = Headers::new().ok()?;
        headers.set(name, value).ok()?;
        init.set_headers(&headers);
    }
    init.set_cache(RequestCache::NoCache);
    let response = fetch(path, &init, limit, 10_000).await.ok()?;
    (response.status == 200).then_some(response.body)
}

fn init_for(request: &Request) -> Result<(RequestInit, Headers), String> {
    let headers = Headers::new().map_err(words)?;
    for (name, value) in &request.headers {
        headers.set(name, value).map_err(words)?;
    }
    let init = RequestInit::new();
    init.set_method(&request.method.to_string());
    init.set_headers(&headers);
    init.set_cache(RequestCache::NoStore);
    init.set_referrer_policy(ReferrerPolicy::NoReferrer);
    if !request.body.is_empty() {
        init.set_body(&Uint8Array::from(request.body.as_slice()));
    }
    Ok((init, headers))
}

async fn fetch(
    url: &str,
    init: &RequestInit,
    limit: usize,
    timeout_ms: u64,
) -> Result<Response, String> {
    let abort = AbortController::new().map_err(words)?;
    init.set_credentials(RequestCredentials::Omit);
    init.set_redirect(RequestRedirect::Error);
    init.set_signal(Some(&abort.signal()));
    let answer = Box::pin(answer(url, init, limit));
    let timeout = Box::pin(clock::sleep(timeout_ms));
    match select(answer, timeout).await {
        Either::Left((answer, _)) => answer,
        Either::Right(_) => {
            abort.abort();
            Err(format!("no answer within {} s", timeout_ms / 1000))
        }
    }
}

async fn answer(url: &str, init: &RequestInit, limit: usize) -> Result<Response, String> {
    let promise = leptos::prelude::window().fetch_with_str_and_init(url, init);
    let response: web_sys::Response = JsFuture::from(promise)
        .await
        .map_err(words)?
        .unchecked_into();
    let body = body(&response, limit).await?;
    let headers = response.headers();
    let header = |name: &str| headers.get(name).ok().flatten();
    Ok(Response::new(response.status(), header, body))
}

/// The body's first `limit` bytes.
async fn body(response: &web_sys::Response, limit: usize) -> Result<Vec<u8>, String> {
    let header = |name| response.headers().get(name).ok().flatten();
    let length = header("content-length").and_then(|length| length.parse::<usize>().ok());
    match length.filter(|_| header("content-encoding").is_none()) {
        // Chromium reports half of all bodies that are read piece by piece as aborted.
        Some(length) if length <= limit => {
            let buffer = response.array_buffer().map_err(words)?;
            let bytes = Uint8Array::new(&JsFuture::from(buffer).await.map_err(words)?);
            Ok(bytes.to_vec())
        }
        _ => pieces(response, limit).await,
    }
}

/// As [`body`], of an answer that is too long or does not say how long it is.
async fn pieces(response: &web_sys::Response, limit: usize) -> Result<Vec<u8>, String> {
    let mut bytes = Vec::new();
    let Some(stream) = response.body() else {
        return Ok(bytes);
    };
    let reader: ReadableStreamDefaultReader = stream.get_reader().unchecked_into();
    loop {
        let chunk = JsFuture::from(reader.read()).await.map_err(words)?;
        let field = |name| Reflect::get(&chunk, &JsValue::from_str(name));
        if field("done").map_err(words)?.is_truthy() {
            return Ok(bytes);
        }
        let chunk: Uint8Array = field("value").map_err(words)?.unchecked_into();
        bytes.extend(chunk.to_vec());
        if bytes.len() >= limit {
            bytes.truncate(limit);
            // Dropping the rest; nobody waits for the cancellation.
            let _ = reader.cancel();
            return Ok(bytes);
        }
    }
}

/// What a browser says about a failure, without the `[object ...]` around it.
pub(crate) fn words(error: JsValue) -> String {
    let message = Reflect::get(&error, &JsValue::from_str("message"))
        .ok()
        .and_then(|message| message.as_string())
        .filter(|message| !message.is_empty());
    message
        .or_else(|| error.as_string())
        .unwrap_or_else(|| "the browser gave no reason".to_owned())
}

#[cfg(all(test, target_family = "wasm"))]
#[allow(clippy::unwrap_used)]
mod tests {
    use signet_core::csr::Csr;
    use signet_core::dps::{
        Credential, Error, Input, Output, Registration, RegistrationId, Settings,
    };
    use signet_core::key::PrivateKey;
    use signet_core::{Millis, Now, UnixTime};
    use wasm_bindgen_test::{wasm_bindgen_test, wasm_bindgen_test_configure};

    use super::*;

    wasm_bindgen_test_configure!(run_in_browser);

    /// An answer of that many bytes, as a browser hands it out, with or without its length.
    async fn read(bytes: usize, length: bool, limit: usize) -> Vec<u8> {
        let text = "x".repeat(bytes);
        let response = web_sys::Response::new_with_opt_str(Some(&text)).unwrap();
        if length {
            let headers = response.headers();
            headers.set("content-length", &bytes.to_string()).unwrap();
        }
        body(&response, limit).await.unwrap()
    }

    #[wasm_bindgen_test]
    async fn a_body_is_cut_at_the_limit() {
        for length in [false, true] {
            for (bytes, kept) in [(0, 0), (99, 99), (100, 100), (101, 100), (500_000, 100)] {
                let read = read(bytes, length, 100).await;
                assert_eq!(read.len(), kept, "{bytes} {length}");
            }
        }
    }

    #[wasm_bindgen_test]
    fn the_own_origin_is_told_from_others() {
        let here = leptos::prelude::window().location().origin().unwrap();
        for url in ["/dps", "./api/v1/status", "x", &format!("{here}/dps")] {
            assert!(is_own(url), "{url}");
        }
        for url in [
            "//elsewhere.example/dps",
            "https://elsewhere.example",
            "\\\\elsewhere.example/dps",
            "data:text/plain,x",
        ] {
            assert!(!is_own(url), "{url}");
        }
    }

    #[wasm_bindgen_test]
    async fn an_endless_answer_is_named_by_the_machine_that_asked() {
        let id = RegistrationId::new("dev-0001").unwrap();
        let key = PrivateKey::from_entropy(&[7; 48]).unwrap();
        let csr = Csr::for_device(&key, "dev-0001").unwrap();
        let now = Now {
            tick: Millis(0),
            utc: UnixTime(1_800_000_000),
        };
        let settings = Settings::new("0ne00ABCDEF", id, Credential::Relay);
        let mut registration = Registration::new(settings, &csr, now);
        let Output::Request(request) = registration.poll() else {
            panic!("asks nothing")
        };
        // The page's own fetch, with an answer that is far too long.
        let endless =
            js_sys::Function::new_no_args("return Promise.resolve(new Response('x'.repeat(1e6)))");
        let window = leptos::prelude::window();
        let fetch = Reflect::get(&window, &"fetch".into()).unwrap();
        Reflect::set(&window, &"fetch".into(), &endless).unwrap();
        let response = send("/dps", &request, None).await;
        Reflect::set(&window, &"fetch".into(), &fetch).unwrap();
        registration.handle(now, Input::Response(&response.unwrap()));
        let limit = BODY_LIMIT;
        assert_eq!(
            registration.poll(),
            Output::Failed(Error::BodyTooLarge { limit })
        );
    }
}
