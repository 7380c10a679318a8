//! A wire to a simulated board, at the pace of the real one: 115 200 baud.

use std::cell::RefCell;
use std::rc::Rc;

use futures::StreamExt;
use futures::channel::mpsc::{UnboundedReceiver, UnboundedSender, unbounded};
use futures::future::{Either, select};
use leptos::task::spawn_local;
use signet_boards::{EspRom, Output};

use crate::clock;
use crate::link::{Broken, Event, Feed, Link};

/// 115 200 baud with start and stop bit, in bytes per 100 ms.
const BYTES_PER_100_MS: usize = 1_152;

/// How much travels before the page gets a turn to draw.
const PIECE_BYTES: usize = 256;

/// A wire to a simulated board.
pub(crate) struct Wire {
    rom: Rc<RefCell<EspRom>>,
    /// Wakes the board; dropping it ends the board's task.
    wake: UnboundedSender<()>,
}

impl Wire {
    /// Plugs in a fresh board with that MAC address.
    pub(super) fn new(mac: [u8; 6], feed: Feed<Self>) -> Self {
        let rom = Rc::new(RefCell::new(EspRom::builder().mac(mac).build()));
        let (wake, woken) = unbounded();
        spawn_local(live(Rc::clone(&rom), woken, feed));
        Self { rom, wake }
    }

    fn wake(&self) -> Result<(), Broken> {
        self.wake.unbounded_send(()).map_err(|_| Broken)
    }
}

impl Link for Wire {
    async fn send(&mut self, bytes: &[u8]) -> Result<(), Broken> {
        for piece in bytes.chunks(PIECE_BYTES) {
            clock::sleep(travel(piece.len())).await;
            self.rom.borrow_mut().handle(clock::tick(), piece);
        }
        self.wake()
    }

    async fn signals(&mut self, dtr: Option<bool>, rts: Option<bool>) -> Result<(), Broken> {
        self.rom.borrow_mut().set_signals(clock::tick(), dtr, rts);
        self.wake()
    }

    async fn close(self) {}
}

/// The board's own life: it speaks when it has something to say, until its wire is gone.
async fn live(rom: Rc<RefCell<EspRom>>, mut woken: UnboundedReceiver<()>, feed: Feed<Wire>) {
    loop {
        rom.borrow_mut().tick(clock::tick());
        let output = rom.borrow_mut().poll();
        match output {
            Output::Transmit(bytes) => {
                for piece in bytes.chunks(PIECE_BYTES) {
                    clock::sleep(travel(piece.len())).await;
                    if feed.unbounded_send(Event::Bytes(piece.to_vec())).is_err() {
                        return;
                    }
                }
            }
            Output::Unplugged => return drop(feed.unbounded_send(Event::Gone)),
            Output::Idle => {
                if woken.next().await.is_none() {
                    return;
                }
            }
            Output::WaitUntil(moment) => {
                let sleep = Box::pin(clock::sleep(moment - clock::tick()));
                if let Either::Left((None, _)) = select(woken.next(), sleep).await {
                    return;
                }
            }
        }
    }
}

/// Milliseconds that so many bytes take.
fn travel(bytes: usize) -> u64 {
    u64::try_from(bytes * 100 / BYTES_PER_100_MS).unwrap_or(0)
}
