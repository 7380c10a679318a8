//! Thousands of certificates judged in a worker, so that the page stays quick.
//!
//! The worker is the same program a second time: [`serve`] is what it does instead of showing a page.
//! It reads the authorities once, checks each of their signatures once, and then keeps several of the
//! fleet's signatures in the browser's hands at a time. To cancel, its [`Audit`] is dropped.

mod audit;
mod page;
mod wire;
mod worker;

pub(crate) use page::{Audit, begin};
pub(crate) use wire::{Fate, Order, Pile};
pub(crate) use worker::serve;
