use std::cell::{Cell, RefCell};
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

/// Workers that have no order yet. Dropped, they stop.
pub(crate) struct Crew {
    hands: Vec<Hand>,
}

/// The workers at work. Dropped, they stop at once.
pub(crate) struct Audit {
    _hands: Vec<Hand>,
}

/// One worker.
struct Hand {
    worker: Worker,
    post: Rc<Post>,
    _heard: Closure<dyn FnMut(MessageEvent)>,
    _fell: Closure<dyn FnMut(Event)>,
}

/// What is between the page and a worker.
#[derive(Default)]
struct Post {
    /// Whether the worker runs and waits.
    ready: Cell<bool>,
    /// Its share, until it is ready.
    share: RefCell<Option<Order>>,
    /// Who hears what it tells, or why it fell.
    ear: RefCell<Option<Ear>>,
    /// Why it fell before somebody listened.
    fallen: RefCell<Option<String>>,
}

type Ear = Rc<dyn Fn(Result<Told, String>)>;

/// The most workers: each holds the program and the authorities once more.
const MAX_HANDS: usize = 8;

/// A share that is worth a worker, which takes some 50 ms to start.
const SHARE: usize = 200;

/// Starts as many workers as so many certificates are worth.
///
/// # Errors
/// The browser's words, if there can be no worker.
pub(crate) async fn gather(certificates: usize) -> Result<Crew, String> {
    let hands = (0..hands(certificates)).map(|_| Hand::start());
    let hands = try_join_all(hands).await?;
    Ok(Crew { hands })
}

impl Crew {
    /// Whether there are enough for so many certificates.
    pub(crate) fn is_enough(&self, certificates: usize) -> bool {
        self.hands.len() >= hands(certificates)
    }

    /// Sets them to work. `progress` hears how many are judged, `done` the fates, or why there are none.
    pub(crate) fn begin(
        self,
        order: &Order,
        progress: impl Fn(usize) + 'static,
        done: impl FnOnce(Result<Vec<Fate>, String>) + 'static,
    ) -> Audit {
        let shares = order.shares(self.hands.len());
        let tally = Rc::new(Tally::new(shares.len(), progress, done));
        for (index, (hand, share)) in self.hands.iter().zip(shares).enumerate() {
            let tally = Rc::clone(&tally);
            let ear = move |told| match told {
                Ok(Told::Ready) => {}
                Ok(Told::Progress(count)) => tally.progress(index, count),
                Ok(Told::Done(fates)) => tally.done(index, fates),
                Err(why) => tally.failed(why),
            };
            hand.give(share, Rc::new(ear));
        }
        Audit { _hands: self.hands }
    }
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
    async fn start() -> Result<Self, String> {
        let worker = worker().await?;
        let post = Rc::new(Post::default());
        let (to, told) = (worker.clone(), Rc::clone(&post));
        let heard = Closure::<dyn FnMut(_)>::new(move |event: MessageEvent| {
            match Told::from_js(&event.data()) {
                Some(Told::Ready) => told.is_ready(&to),
                Some(news) => told.tell(Ok(news)),
                None => {}
            }
        });
        let fallen = Rc::clone(&post);
        let fell = Closure::<dyn FnMut(_)>::new(move |event: Event| {
            event.prevent_default();
            let why = Reflect::get(&event, &"message".into());
            let why = why.ok().and_then(|why| why.as_string());
            fallen.tell(Err(why.unwrap_or_default()));
        });
        worker.set_onmessage(Some(heard.as_ref().unchecked_ref()));
        worker.set_onerror(Some(fell.as_ref().unchecked_ref()));
        Ok(Self {
            worker,
            post,
            _heard: heard,
            _fell: fell,
        })
    }

    fn give(&self, share: Order, ear: Ear) {
        if let Some(why) = self.post.fallen.take() {
            return ear(Err(why));
        }
        *self.post.ear.borrow_mut() = Some(ear);
        *self.post.share.borrow_mut() = Some(share);
        if self.post.ready.get() {
            self.post.is_ready(&self.worker);
        }
    }
}

impl Post {
    fn is_ready(&self, worker: &Worker) {
        self.ready.set(true);
        if let Some(share) = self.share.take() {
            // The order is in the worker's hands, or its error comes as an event of its own.
            let _ = worker.post_message(&share.to_js());
        }
    }

    fn tell(&self, news: Result<Told, String>) {
        let ear = self.ear.borrow().clone();
        match (ear, news) {
            (Some(ear), news) => ear(news),
            (None, Err(why)) => drop(self.fallen.replace(Some(why))),
            (None, Ok(_)) => {}
        }
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
