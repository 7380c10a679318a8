use std::cell::Cell;
use std::rc::Rc;

use futures::channel::mpsc::{UnboundedReceiver, unbounded};
use wasm_bindgen::closure::Closure;
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::spawn_local;
use web_sys::{DedicatedWorkerGlobalScope, MessageEvent};

use super::audit::audit;
use super::rehearse::rehearse;
use super::wire::{Order, Pile, Told};
use crate::bench::profiles;

/// Works as a worker, if this is one: takes one order and then shares, and tells the fates of each.
/// False if there is a page to show.
pub(crate) fn serve() -> bool {
    let Ok(scope) = js_sys::global().dyn_into::<DedicatedWorkerGlobalScope>() else {
        return false;
    };
    let (queue, shares) = unbounded();
    let (ear, mut shares) = (scope.clone(), Some(shares));
    let ordered = Rc::new(Cell::new(false));
    let comes = Rc::clone(&ordered);
    let heard = Closure::<dyn FnMut(_)>::new(move |event: MessageEvent| {
        let message = event.data();
        if let Some(share) = Pile::from_js(&message) {
            // The other end lives as long as this worker.
            let _ = queue.unbounded_send(share);
        } else if let Some(order) = Order::from_js(&message)
            && let Some(shares) = shares.take()
        {
            comes.set(true);
            spawn_local(work(ear.clone(), order, shares));
        }
    });
    scope.set_onmessage(Some(heard.into_js_value().unchecked_ref()));
    tell(&scope, &Told::Ready);
    spawn_local(async move { rehearse(&ordered).await });
    true
}

async fn work(scope: DedicatedWorkerGlobalScope, order: Order, shares: UnboundedReceiver<Pile>) {
    let Some(profile) = profiles("").into_iter().nth(order.profile) else {
        return;
    };
    let done = |fates| tell(&scope, &Told::Done(fates));
    audit(&order, &profile, shares, done).await;
}

fn tell(scope: &DedicatedWorkerGlobalScope, told: &Told) {
    // A text can always be sent.
    let _: Result<(), JsValue> = scope.post_message(&told.to_js());
}
