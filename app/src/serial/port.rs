//! One open port.

use std::cell::Cell;
use std::rc::Rc;

use futures::channel::oneshot;
use futures::future::{Either, select};
use js_sys::{Reflect, Uint8Array};
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::{JsFuture, spawn_local};
use web_sys::{ReadableStreamDefaultReader, WritableStreamDefaultWriter};

use super::binding::{SerialPort, object};
use crate::clock;
use crate::link::{Broken, Event, Feed, Link};
use crate::net::words;

/// One open port; a task beside it reads until it is closed or lost.
pub struct Port {
    port: SerialPort,
    writer: WritableStreamDefaultWriter,
    closing: Rc<Cell<bool>>,
    reader: Rc<Cell<Option<ReadableStreamDefaultReader>>>,
    /// Resolves when the reading task has let go of its lock.
    done: oneshot::Receiver<()>,
}

impl Port {
    /// Opens `port`, and starts to read it into `feed`.
    pub(super) async fn open(port: SerialPort, feed: Feed<Self>) -> Result<Self, String> {
        let options = object([
            ("baudRate", JsValue::from_f64(BAUD)),
            // The default of 255 bytes overruns when the tab is busy.
            ("bufferSize", JsValue::from_f64(BUFFER_BYTES)),
        ]);
        JsFuture::from(port.open(&options).map_err(words)?)
            .await
            .map_err(words)?;
        let lost = || "the port was lost while it was opened".to_owned();
        let writer = port.writable().ok_or_else(lost)?;
        let writer = writer.get_writer().map_err(words)?;
        let closing = Rc::new(Cell::new(false));
        let reader = Rc::new(Cell::new(None));
        let (finished, done) = oneshot::channel();
        let reading = Reading {
            port: port.clone(),
            feed,
            closing: Rc::clone(&closing),
            reader: Rc::clone(&reader),
        };
        spawn_local(async move {
            reading.run().await;
            // Nobody waits if the port was dropped without closing it.
            let _ = finished.send(());
        });
        Ok(Self {
            port,
            writer,
            closing,
            reader,
            done,
        })
    }

    /// A write may hang for ever if the device takes no bytes: bounded by ten times the wire's pace.
    async fn write(&self, chunk: &Uint8Array) -> Result<(), Broken> {
        let pace = u64::from(chunk.length()); // 11.5 bytes per millisecond
        let sent = Box::pin(JsFuture::from(self.writer.write_with_chunk(chunk)));
        let late = Box::pin(clock::sleep(WRITE_TIMEOUT_MS + pace));
        match select(sent, late).await {
            Either::Left((Ok(_), _)) => Ok(()),
            Either::Left((Err(_), _)) | Either::Right(_) => Err(Broken),
        }
    }

    async fn set(&self, line: &str, on: bool) -> Result<(), Broken> {
        let promise = self
            .port
            .set_signals(&object([(line, JsValue::from_bool(on))]))
            .map_err(|_| Broken)?;
        JsFuture::from(promise)
            .await
            .map(|_| ())
            .map_err(|_| Broken)
    }
}

impl Link for Port {
    async fn send(&mut self, bytes: &[u8]) -> Result<(), Broken> {
        // A copy on JavaScript's side, never a view of this memory: that may move while it is written.
        let chunk = Uint8Array::from(bytes);
        let sent = self.write(&chunk).await;
        chunk.fill(0, 0, chunk.length());
        sent
    }

    async fn signals(&mut self, dtr: Option<bool>, rts: Option<bool>) -> Result<(), Broken> {
        // Two calls: in one, browsers differ in which line moves first.
        if let Some(on) = dtr {
            self.set("dataTerminalReady", on).await?;
        }
        if let Some(on) = rts {
            self.set("requestToSend", on).await?;
        }
        Ok(())
    }

    fn usb(&self) -> Option<(u16, u16)> {
        let info = super::hub::usb(&self.port);
        info.vendor.zip(info.product)
    }

    async fn close(self) {
        self.closing.set(true);
        if let Some(reader) = self.reader.take() {
            // Ends the pending read; the task then releases the lock. Closing before that would throw.
            let _ = JsFuture::from(reader.cancel()).await;
        }
        let _ = self.done.await;
        self.writer.release_lock();
        if let Ok(closed) = self.port.close() {
            // Fails if the device is gone, and then the port is closed too.
            let _ = JsFuture::from(closed).await;
        }
    }
}

const BAUD: f64 = 115_200.0;
const BUFFER_BYTES: f64 = 32_768.0;
const WRITE_TIMEOUT_MS: u64 = 5_000;

/// A line with a loose contact makes break and framing errors without end.
const MAX_READ_ERRORS: u32 = 64;

struct Reading {
    port: SerialPort,
    feed: Feed<Port>,
    closing: Rc<Cell<bool>>,
    reader: Rc<Cell<Option<ReadableStreamDefaultReader>>>,
}

impl Reading {
    /// Reads while the port is readable: after a framing error it gets a new stream, after a lost
    /// device none.
    async fn run(self) {
        let mut errors = 0;
        while !self.closing.get() && errors < MAX_READ_ERRORS {
            let Some(stream) = self.port.readable() else {
                break;
            };
            let reader: ReadableStreamDefaultReader = stream.get_reader().unchecked_into();
            self.reader.set(Some(reader.clone()));
            let ended = self.drain(&reader).await;
            self.reader.set(None);
            reader.release_lock();
            if ended.is_err() {
                errors += 1;
            } else {
                break;
            }
        }
        if !self.closing.get() {
            // The driver may be gone already.
            let _ = self.feed.unbounded_send(Event::Gone);
        }
    }

    async fn drain(&self, reader: &ReadableStreamDefaultReader) -> Result<(), JsValue> {
        loop {
            let chunk = JsFuture::from(reader.read()).await?;
            if Reflect::get(&chunk, &"done".into())?.is_truthy() {
                return Ok(());
            }
            let bytes: Uint8Array = Reflect::get(&chunk, &"value".into())?.unchecked_into();
            if self
                .feed
                .unbounded_send(Event::Bytes(bytes.to_vec()))
                .is_err()
            {
                return Ok(());
            }
        }
    }
}
