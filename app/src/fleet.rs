//! Thousands of certificates judged in workers, one for each core, so that the page stays quick.
//!
//! A worker is the same program a second time: [`serve`] is what it does instead of showing a page.
//! It reads the authorities once, checks each of their signatures once, and then judges the shares of
//! the fleet that it is dealt. A [`Crew`] is gathered while a person still chooses. To cancel, the [`Audit`] is dropped.

mod audit;
mod deal;
mod page;
mod rehearse;
mod tally;
mod wire;
mod worker;

pub(crate) use page::{Audit, Crew, gather};
pub(crate) use wire::{Fate, Order, Pile};
pub(crate) use worker::serve;
