//! One request to the recipe's endpoint: bounded in time and size, without cookies, not redirected.

use futures::future::{Either, select};
use js_sys::{Reflect, Uint8Array};
use signet_core::http::{Request, Response};
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;
use web_sys::{
    AbortController, Headers, ReadableStreamDefaultReader, ReferrerPolicy, RequestCache,
    RequestCredentials, RequestInit, RequestRedirect,
};

use crate::clock;

/// The largest answer that is read: ten times what a chain of eight certificates takes.
pub const MAX_BODY_BYTES: usize = 256 * 1024;

/// How long one request may take, answer included.
pub const TIMEOUT_MS: u64 = 30_000;

/// Sends `request` below `base` (an origin, or a path on the page's own).
///
/// # Errors
/// No usable answer came; the text is the browser's, or says what was too much.
pub async fn send(base: &str, request: &Request) -> Result<Response, String> {
    let url = format!("{}{}", base.trim_end_matches('/'), request.path);
    let init = init_for(request)?;
    fetch(&url, &init, MAX_BODY_BYTES, TIMEOUT_MS).await
}

/// Reads a file of the page's own origin; `None` if it is not there.
pub async fn own_file(path: &str, limit: usize) -> Option<Vec<u8>> {
    let init = RequestInit::new();
    init.set_cache(RequestCache::NoCache);
    let response = fetch(path, &init, limit, 10_000).await.ok()?;
    (response.status == 200).then_some(response.body)
}

fn init_for(request: &Request) -> Result<RequestInit, String> {
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
    Ok(init)
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

async fn body(response: &web_sys::Response, limit: usize) -> Result<Vec<u8>, String> {
    let too_large = || format!("the answer is larger than {limit} bytes");
    let header = |name| response.headers().get(name).ok().flatten();
    let length = header("content-length").and_then(|length| length.parse::<usize>().ok());
    match length.filter(|_| header("content-encoding").is_none()) {
        Some(length) if length > limit => Err(too_large()),
        // Chromium reports half of all bodies that are read piece by piece as aborted.
        Some(_) => {
            let buffer = response.array_buffer().map_err(words)?;
            let bytes = Uint8Array::new(&JsFuture::from(buffer).await.map_err(words)?);
            Ok(bytes.to_vec())
        }
        None => pieces(response, limit).await?.ok_or_else(too_large),
    }
}

/// The body of an answer that does not say how long it is; `None` if it is too long.
async fn pieces(response: &web_sys::Response, limit: usize) -> Result<Option<Vec<u8>>, String> {
    let mut bytes = Vec::new();
    let Some(stream) = response.body() else {
        return Ok(Some(bytes));
    };
    let reader: ReadableStreamDefaultReader = stream.get_reader().unchecked_into();
    loop {
        let chunk = JsFuture::from(reader.read()).await.map_err(words)?;
        let field = |name| Reflect::get(&chunk, &JsValue::from_str(name));
        if field("done").map_err(words)?.is_truthy() {
            return Ok(Some(bytes));
        }
        let chunk: Uint8Array = field("value").map_err(words)?.unchecked_into();
        bytes.extend(chunk.to_vec());
        if bytes.len() > limit {
            // Dropping the rest; nobody waits for the cancellation.
            let _ = reader.cancel();
            return Ok(None);
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
