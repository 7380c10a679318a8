use std::cell::Cell;
use std::rc::Rc;

use js_sys::{Function, Promise, Reflect};
use leptos::prelude::window;
use wasm_bindgen::closure::Closure;
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;
use web_sys::{Event, MessageEvent, Worker};

use super::wire::{Fate, Order, Told};
use crate::net::words;

/// A worker at work. Dropped, it stops at once.
pub(crate) struct Audit {
    worker: Worker,
    _heard: Closure<dyn FnMut(MessageEvent)>,
    _fell: Closure<dyn FnMut(Event)>,
}

/// Starts a worker on `order`. `progress` hears how many are judged, `done` the fates, or why there are
/// none.
///
/// # Errors
/// The browser's words, if there can be no worker.
pub(crate) async fn begin(
    order: Order,
    progress: impl Fn(usize) + 'static,
    done: impl FnOnce(Result<Vec<Fate>, String>) + 'static,
) -> Result<Audit, String> {
    let worker = worker().await?;
    let done = Rc::new(Cell::new(Some(done)));
    let (ear, over) = (worker.clone(), Rc::clone(&done));
    let heard = Closure::<dyn FnMut(_)>::new(move |event: MessageEvent| {
        match Told::from_js(&event.data()) {
            // The order is in the worker's hands, or its error comes as an event of its own.
            Some(Told::Ready) => drop(ear.post_message(&order.to_js())),
            Some(Told::Progress(count)) => progress(count),
            Some(Told::Done(fates)) => {
                if let Some(done) = over.take() {
                    done(Ok(fates));
                }
            }
            None => {}
        }
    });
    let fell = Closure::<dyn FnMut(_)>::new(move |event: Event| {
        event.prevent_default();
        let why = Reflect::get(&event, &"message".into());
        let why = why.ok().and_then(|why| why.as_string());
        if let Some(done) = done.take() {
            done(Err(why.unwrap_or_default()));
        }
    });
    worker.set_onmessage(Some(heard.as_ref().unchecked_ref()));
    worker.set_onerror(Some(fell.as_ref().unchecked_ref()));
    Ok(Audit {
        worker,
        _heard: heard,
        _fell: fell,
    })
}

/// The loader knows how to start the program again; see `signetWorker` there.
async fn worker() -> Result<Worker, String> {
    let start = Reflect::get(&window(), &"signetWorker".into()).map_err(words)?;
    let start: Function = start
        .dyn_into()
        .map_err(|_| "this page has no worker".to_owned())?;
    let started = start.call1(&JsValue::UNDEFINED, &wasm_bindgen::module());
    let started: Promise = started.map_err(words)?.unchecked_into();
    let worker = JsFuture::from(started).await.map_err(words)?;
    worker
        .dyn_into()
        .map_err(|_| "the loader gave no worker".to_owned())
}

impl Drop for Audit {
    fn drop(&mut self) {
        self.worker.set_onmessage(None);
        self.worker.set_onerror(None);
        self.worker.terminate();
    }
}
