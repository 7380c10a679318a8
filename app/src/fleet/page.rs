use std::cell::{Cell, RefCell};
use std::collections::VecDeque;
use std::rc::Rc;
use std::sync::Arc;

use futures::future::try_join_all;
use js_sys::{Date, Function, Promise, Reflect};
use leptos::prelude::window;
use wasm_bindgen::closure::Closure;
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;
use web_sys::{Event, MessageEvent, Worker};

use super::deal::Dealer;
use super::tally::Tally;
use super::wire::{Fate, Fates, Letter, Order, Told};
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
    post: Rc<Post>,
    _heard: Closure<dyn FnMut(MessageEvent)>,
    _fell: Closure<dyn FnMut(Event)>,
}

/// What is between the page and a worker.
struct Post {
    worker: Worker,
    /// Whether the worker runs and waits.
    ready: Cell<bool>,
    /// What it is to hear when it does.
    waiting: RefCell<Vec<Letter>>,
    /// Who hears what it tells, or why it fell.
    ear: RefCell<Option<Ear>>,
    /// Why it fell before somebody listened.
    fallen: RefCell<Option<String>>,
}

type Ear = Rc<dyn Fn(&Post, Result<Told, String>)>;

/// The most workers: each holds the program and the authorities once more.
const MAX_HANDS: usize = 8;

/// As many as are worth a worker, which takes some 50 ms to start.
const WORTH: usize = 200;

/// Shares that a worker has at a time, so that it need not wait for the next.
const AHEAD: usize = 2;

/// Milliseconds between two words about progress.
const TELL_EVERY: f64 = 250.0;

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

    /// Sets them to work on certificates (DER). `progress` hears now and then how many are judged,
    /// `done` the fates, or why there are none.
    pub(crate) fn begin(
        self,
        order: &Order,
        fleet: Vec<Arc<[u8]>>,
        progress: impl Fn(usize) + 'static,
        done: impl FnOnce(Result<Vec<Fate>, String>) + 'static,
    ) -> Audit {
        let last = Cell::new(Date::now());
        let progress = move |count| {
            if Date::now() - last.get() >= TELL_EVERY {
                last.set(Date::now());
                progress(count);
            }
        };
        let tally = Rc::new(Tally::new(fleet.len(), progress, done));
        if fleet.is_empty() {
            tally.add(0, Fates::default());
        }
        let dealer = Rc::new(Dealer::new(fleet, self.hands.len()));
        for hand in &self.hands {
            let work = Work {
                dealer: Rc::clone(&dealer),
                tally: Rc::clone(&tally),
                held: RefCell::default(),
            };
            work.begin(order, &hand.post);
        }
        Audit { _hands: self.hands }
    }
}

/// What one worker does of an audit.
struct Work<P, D> {
    dealer: Rc<Dealer>,
    tally: Rc<Tally<P, D>>,
    /// Where the shares begin that it has, the first of them first.
    held: RefCell<VecDeque<usize>>,
}

impl<P, D> Work<P, D>
where
    P: Fn(usize) + 'static,
    D: FnOnce(Result<Vec<Fate>, String>) + 'static,
{
    fn begin(self, order: &Order, post: &Post) {
        post.send(order.letter());
        for _ in 0..AHEAD {
            self.deal(post);
        }
        // Before now, or over what it was just sent.
        if let Some(why) = post.fallen.take() {
            return self.tally.failed(why);
        }
        let ear: Ear = Rc::new(move |post, told| self.hear(post, told));
        *post.ear.borrow_mut() = Some(ear);
    }

    fn deal(&self, post: &Post) {
        if let Some(share) = self.dealer.next() {
            self.held.borrow_mut().push_back(share.from);
            post.send(share.fleet.letter());
        }
    }

    fn hear(&self, post: &Post, told: Result<Told, String>) {
        match told {
            Ok(Told::Ready) => {}
            Ok(Told::Done(fates)) => {
                self.deal(post);
                let from = self.held.borrow_mut().pop_front();
                self.tally.add(from.unwrap_or_default(), fates);
            }
            Err(why) => self.tally.failed(why),
        }
    }
}

/// A signature is checked by the thread that asks for it, so that every core wants a worker.
fn hands(certificates: usize) -> usize {
    let cores = window().navigator().hardware_concurrency();
    // The number is a whole one.
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
    let cores = cores as usize;
    cores.min(MAX_HANDS).min(certificates / WORTH).max(1)
}

impl Hand {
    async fn start() -> Result<Self, String> {
        let post = Rc::new(Post {
            worker: worker().await?,
            ready: Cell::default(),
            waiting: RefCell::default(),
            ear: RefCell::default(),
            fallen: RefCell::default(),
        });
        let told = Rc::clone(&post);
        let heard = Closure::<dyn FnMut(_)>::new(move |event: MessageEvent| {
            match Told::from_js(&event.data()) {
                Some(Told::Ready) => told.is_ready(),
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
        let worker = &post.worker;
        worker.set_onmessage(Some(heard.as_ref().unchecked_ref()));
        worker.set_onerror(Some(fell.as_ref().unchecked_ref()));
        Ok(Self {
            post,
            _heard: heard,
            _fell: fell,
        })
    }
}

impl Post {
    fn send(&self, letter: Letter) {
        if self.ready.get() {
            let Letter { message, moved } = letter;
            if let Err(why) = self.worker.post_message_with_transfer(&message, &moved) {
                self.tell(Err(words(why)));
            }
        } else {
            self.waiting.borrow_mut().push(letter);
        }
    }

    fn is_ready(&self) {
        self.ready.set(true);
        for letter in self.waiting.take() {
            self.send(letter);
        }
    }

    fn tell(&self, news: Result<Told, String>) {
        let ear = self.ear.borrow().clone();
        match (ear, news) {
            (Some(ear), news) => ear(self, news),
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
        let worker = &self.post.worker;
        worker.set_onmessage(None);
        worker.set_onerror(None);
        worker.terminate();
    }
}
