use std::rc::Rc;

use futures::future::try_join_all;
use js_sys::{Function, Promise, Reflect};
use leptos::prelude::window;
use wasm_bindgen::closure::Closure;
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;
use web_sys::{Event, MessageEvent, Worker};

use super::tally::Tally;
use super::wire::{Fate, Order, Told};
use crate::net::words;

/// The workers at work. Dropped, they stop at once.
pub(crate) struct Audit {
    _hands: Vec<Hand>,
}

/// One worker and its share.
struct Hand {
    worker: Worker,
    _heard: Closure<dyn FnMut(MessageEvent)>,
    _fell: Closure<dyn FnMut(Event)>,
}

/// The most workers: each holds the program and the authorities once more.
const MAX_HANDS: usize = 8;

/// A share that is worth a worker, which takes some 50 ms to start.
const SHARE: usize = 200;

/// Starts workers on `order`. `progress` hears how many are judged, `done` the fates, or why there are
/// none.
///
/// # Errors
/// The browser's words, if there can be no worker.
pub(crate) async fn begin(
    order: Order,
    progress: impl Fn(usize) + 'static,
    done: impl FnOnce(Result<Vec<Fate>, String>) + 'static,
) -> Result<Audit, String> {
    let shares = order.shares(hands(order.fleet.len()));
    let tally = Rc::new(Tally::new(shares.len(), progress, done));
    let hands = shares.into_iter().enumerate();
    let hands = hands.map(|(index, share)| Hand::start(share, index, Rc::clone(&tally)));
    let hands = try_join_all(hands).await?;
    Ok(Audit { _hands: hands })
}

/// A signature is checked by the thread that asks for it, so that every core wants a worker.
fn hands(certificates: usize) -> usize {
    let cores = window().navigator().hardware_concurrency();
    // The number is a whole one.
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
    let cores = cores as usize;
    cores.min(MAX_HANDS).min(certificates / SHARE).max(1)
}

impl Hand {
    async fn start<P, D>(share: Order, index: usize, tally: Rc<Tally<P, D>>) -> Result<Self, String>
    where
        P: Fn(usize) + 'static,
        D: FnOnce(Result<Vec<Fate>, String>) + 'static,
    {
        let worker = worker().await?;
        let (ear, told) = (worker.clone(), Rc::clone(&tally));
        let heard = Closure::<dyn FnMut(_)>::new(move |event: MessageEvent| {
            match Told::from_js(&event.data()) {
                // The order is in the worker's hands, or its error comes as an event of its own.
                Some(Told::Ready) => drop(ear.post_message(&share.to_js())),
                Some(Told::Progress(count)) => told.progress(index, count),
                Some(Told::Done(fates)) => told.done(index, fates),
                None => {}
            }
        });
        let fell = Closure::<dyn FnMut(_)>::new(move |event: Event| {
            event.prevent_default();
            let why = Reflect::get(&event, &"message".into());
            let why = why.ok().and_then(|why| why.as_string());
            tally.failed(why.unwrap_or_default());
        });
        worker.set_onmessage(Some(heard.as_ref().unchecked_ref()));
        worker.set_onerror(Some(fell.as_ref().unchecked_ref()));
        Ok(Self {
            worker,
            _heard: heard,
            _fell: fell,
        })
    }
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

impl Drop for Hand {
    fn drop(&mut self) {
        self.worker.set_onmessage(None);
        self.worker.set_onerror(None);
        self.worker.terminate();
    }
}
