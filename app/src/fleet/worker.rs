use std::cell::Cell;

use js_sys::Date;
use wasm_bindgen::closure::Closure;
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::spawn_local;
use web_sys::{DedicatedWorkerGlobalScope, MessageEvent};

use super::audit::audit;
use super::wire::{Order, Told};
use crate::bench::profiles;

/// Milliseconds between two words about progress.
const TELL_EVERY: f64 = 250.0;

/// Works as a worker, if this is one: takes one order, tells how it goes, and tells the fates.
/// False if there is a page to show.
pub(crate) fn serve() -> bool {
    let Ok(scope) = js_sys::global().dyn_into::<DedicatedWorkerGlobalScope>() else {
        return false;
    };
    let ear = scope.clone();
    let heard = Closure::once_into_js(move |event: MessageEvent| {
        if let Some(order) = Order::from_js(&event.data()) {
            spawn_local(work(ear, order));
        }
    });
    scope.set_onmessage(Some(heard.unchecked_ref()));
    tell(&scope, &Told::Ready);
    true
}

async fn work(scope: DedicatedWorkerGlobalScope, order: Order) {
    let Some(profile) = profiles("").into_iter().nth(order.profile) else {
        return;
    };
    let last = Cell::new(Date::now());
    let progress = |done| {
        let now = Date::now();
        if now - last.get() >= TELL_EVERY {
            last.set(now);
            tell(&scope, &Told::Progress(done));
        }
    };
    let fates = audit(&order, &profile, progress).await;
    tell(&scope, &Told::Done(fates));
}

fn tell(scope: &DedicatedWorkerGlobalScope, told: &Told) {
    // A text can always be sent.
    let _: Result<(), JsValue> = scope.post_message(&told.to_js());
}
