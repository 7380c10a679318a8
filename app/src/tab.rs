//! This tab among others: locks, sleep, leaving, title, updates, and the last words after a panic.

use std::cell::RefCell;

use js_sys::{Object, Promise, Reflect};
use leptos::prelude::{document, window};
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::{JsFuture, spawn_local};
use web_sys::{BeforeUnloadEvent, CustomEvent, CustomEventInit};

use crate::net::words;

/// Calls `now` as soon as no other tab of this origin is at work; this tab then is, until it closes.
pub fn alone(now: impl FnOnce() + 'static) {
    let Some(locks) = navigator_part("locks").map(JsCast::unchecked_into::<Locks>) else {
        // Browsers without locks have no Web Serial either.
        now();
        return;
    };
    let held = Closure::once_into_js(move || {
        now();
        // Never resolved: the lock is let go when the tab closes.
        Promise::new(&mut |_, _| ())
    });
    drop(locks.request(LOCK, held.unchecked_ref()));
}

/// Asks the browser to keep what this origin stores even when the disk fills up, and says whether it
/// will (WHATWG Storage Standard, `persist()`).
pub async fn store_for_good() -> bool {
    let Some(storage) = navigator_part("storage").map(JsCast::unchecked_into::<Storage>) else {
        return false;
    };
    match storage.persist() {
        Ok(promise) => JsFuture::from(promise).await == Ok(JsValue::TRUE),
        Err(_) => false,
    }
}

/// Keeps the screen on while boards are at work.
pub fn stay_awake(on: bool) {
    thread_local! {
        static AWAKE: RefCell<Option<Sentinel>> = const { RefCell::new(None) };
    }
    if !on {
        if let Some(sentinel) = AWAKE.with(RefCell::take) {
            drop(sentinel.release());
        }
        return;
    }
    let Some(lock) = navigator_part("wakeLock").map(JsCast::unchecked_into::<WakeLock>) else {
        return;
    };
    spawn_local(async move {
        // Refused when the tab is hidden or the battery low: no reason to stop.
        if let Ok(promise) = lock.request("screen")
            && let Ok(sentinel) = JsFuture::from(promise).await
        {
            let sentinel = sentinel.unchecked_into();
            if let Some(old) = AWAKE.with(|awake| awake.replace(Some(sentinel))) {
                drop(old.release());
            }
        }
    });
}

/// Calls `back` whenever the tab is looked at again: browsers let the screen sleep once it is hidden.
pub fn on_return(back: impl Fn() + 'static) {
    let heard = Closure::<dyn FnMut()>::new(move || {
        if !document().hidden() {
            back();
        }
    });
    let added = document()
        .add_event_listener_with_callback("visibilitychange", heard.as_ref().unchecked_ref());
    debug_assert!(added.is_ok(), "listening needs no permission");
    heard.forget();
}

/// Calls `back` whenever the network comes back.
pub fn on_online(back: impl Fn() + 'static) {
    let heard = Closure::<dyn FnMut()>::new(back);
    listen("online", heard.as_ref());
    heard.forget();
}

/// Whether anybody can see this tab.
pub fn is_visible() -> bool {
    !document().hidden()
}

/// Asks before the page is left while `busy`.
pub fn ask_before_leaving(busy: impl Fn() -> bool + 'static) {
    let leaving = Closure::<dyn FnMut(BeforeUnloadEvent)>::new(move |event: BeforeUnloadEvent| {
        if busy() {
            event.prevent_default();
        }
    });
    listen("beforeunload", leaving.as_ref());
    leaving.forget();
}

/// Calls `ready` when the page's loader holds a newer version ready.
pub fn on_update(ready: impl Fn() + 'static) {
    let root = document().document_element();
    if root.is_some_and(|root| root.get_attribute("data-update").as_deref() == Some("ready")) {
        ready();
    }
    let heard = Closure::<dyn FnMut()>::new(ready);
    listen("signet:update-ready", heard.as_ref());
    heard.forget();
}

/// Tells the page's loader to use the newer version: the page loads again.
pub fn apply_update() {
    tell("signet:update-apply", &JsValue::UNDEFINED);
}

/// Puts a text on the clipboard. Nothing secret ever goes there.
pub fn copy(text: &str) {
    if let Some(clipboard) = navigator_part("clipboard").map(JsCast::unchecked_into::<Clipboard>) {
        // Refused when the page has lost the focus: the text is on the screen all the same.
        drop(clipboard.write_text(text));
    }
}

/// Shows how things stand in the tab's title.
pub fn set_title(title: &str) {
    document().set_title(title);
}

/// A panic ends this program: shows the plain layer of the page that says so.
pub fn stop_on_panic() {
    std::panic::set_hook(Box::new(|panic| {
        console_error_panic_hook::hook(panic);
        let detail = Object::new();
        let place = panic
            .location()
            .map(ToString::to_string)
            .unwrap_or_default();
        for (name, text) in [
            ("what", PANIC_WHAT),
            ("next", PANIC_NEXT),
            ("detail", place.as_str()),
        ] {
            // Cannot fail on a fresh ordinary object.
            let _ = Reflect::set(&detail, &name.into(), &text.into());
        }
        tell("signet:stop", &detail);
    }));
}

const LOCK: &str = "signet-line";
const PANIC_WHAT: &str = "Signet has stopped because of a fault of its own. Boards that were in \
                          work are not finished.";
const PANIC_NEXT: &str = "Unplug nothing yet. Write down the text below, reload, and plug the boards \
                          in again: nothing is issued twice without a person's yes.";

#[wasm_bindgen]
extern "C" {
    // web-sys has these only behind its switch for unstable interfaces.
    type Locks;

    #[wasm_bindgen(method)]
    fn request(this: &Locks, name: &str, held: &js_sys::Function) -> Promise;

    type Clipboard;

    #[wasm_bindgen(method, js_name = writeText)]
    fn write_text(this: &Clipboard, text: &str) -> Promise;

    type Storage;

    #[wasm_bindgen(method, catch)]
    fn persist(this: &Storage) -> Result<Promise, JsValue>;

    type WakeLock;

    #[wasm_bindgen(method, catch)]
    fn request(this: &WakeLock, kind: &str) -> Result<Promise, JsValue>;

    type Sentinel;

    #[wasm_bindgen(method)]
    fn release(this: &Sentinel) -> Promise;
}

fn navigator_part(name: &str) -> Option<JsValue> {
    let part = Reflect::get(&window().navigator(), &name.into()).ok()?;
    part.is_object().then_some(part)
}

fn listen(event: &str, listener: &JsValue) {
    let added = window().add_event_listener_with_callback(event, listener.unchecked_ref());
    debug_assert!(added.is_ok(), "{:?}", added.map_err(words));
}

fn tell(event: &str, detail: &JsValue) {
    let init = CustomEventInit::new();
    init.set_detail(detail);
    if let Ok(event) = CustomEvent::new_with_event_init_dict(event, &init) {
        // `false` would mean that a listener refused; nobody does.
        let _ = window().dispatch_event(&event);
    }
}
