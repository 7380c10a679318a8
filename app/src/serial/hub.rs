//! Which ports the page may use, and when boards come and go.

use std::cell::RefCell;
use std::rc::Rc;

use js_sys::{Array, Reflect};
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::JsFuture;
use web_sys::Event;

use super::Port;
use super::binding::{Serial, SerialPort, filters, object, serial};
use crate::link::Feed;
use crate::net::words;

/// A port's number on this page, never used twice.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct PortId(u32);

/// What a port tells about its USB device.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Usb {
    /// USB vendor, if the port is a USB device.
    pub vendor: Option<u16>,
    /// USB product.
    pub product: Option<u16>,
}

/// Whether the page can talk to boards at all.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Support {
    /// The browser has no Web Serial.
    Absent,
    /// The page was not loaded over https or from this computer.
    Insecure,
    /// It can.
    Present,
}

/// A board came or went.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Change {
    /// A port that the page may use is there.
    Came(PortId, Usb),
    /// It is not there any more.
    Went(PortId),
}

/// The ports that the page may use.
pub struct Hub {
    serial: Option<Serial>,
    known: Rc<RefCell<Known>>,
}

impl Hub {
    /// Starts listening. `told` hears of boards that come and go from now on.
    pub fn new(told: impl Fn(Change) + 'static) -> Self {
        let known = Rc::new(RefCell::new(Known::default()));
        let serial = serial();
        if let Some(serial) = &serial {
            let told = Rc::new(told);
            // Not `{once: true}`: Chromium drops such listeners uncalled for real devices.
            let (book, tell) = (Rc::clone(&known), Rc::clone(&told));
            listen(serial, "connect", move |port| {
                let change = book.borrow_mut().came(port);
                tell(change);
            });
            let book = Rc::clone(&known);
            listen(serial, "disconnect", move |port| {
                let change = book.borrow_mut().went(&port);
                if let Some(change) = change {
                    told(change);
                }
            });
        }
        Self { serial, known }
    }

    /// Whether there is any use in asking for ports.
    pub fn support(&self) -> Support {
        match &self.serial {
            Some(_) => Support::Present,
            None if leptos::prelude::window().is_secure_context() => Support::Absent,
            None => Support::Insecure,
        }
    }

    /// The ports that the page may use and that are there now.
    pub async fn granted(&self) -> Vec<(PortId, Usb)> {
        let Some(serial) = &self.serial else {
            return Vec::new();
        };
        let Ok(promise) = serial.get_ports() else {
            return Vec::new();
        };
        let ports = JsFuture::from(promise).await.unwrap_or(JsValue::UNDEFINED);
        if !ports.is_object() {
            return Vec::new();
        }
        let mut known = self.known.borrow_mut();
        let mut there = Vec::new();
        for port in Array::from(&ports).iter() {
            let port: SerialPort = port.unchecked_into();
            if port.connected() != Some(false) {
                there.push((known.number(&port), usb(&port)));
            }
        }
        there
    }

    /// Lets a person choose a port in the browser's own dialog, in answer to a click.
    ///
    /// # Errors
    /// `None` if the person closed the dialog, else the browser's words.
    pub async fn choose(&self) -> Result<(PortId, Usb), Option<String>> {
        let serial = self.serial.as_ref().ok_or(None)?;
        let options = object([("filters", filters().into())]);
        let promise = serial
            .request_port(&options)
            .map_err(|error| Some(words(error)))?;
        let port: SerialPort = JsFuture::from(promise)
            .await
            .map_err(|error| (name(&error) != "NotFoundError").then(|| words(error)))?
            .unchecked_into();
        let info = usb(&port);
        Ok((self.known.borrow_mut().number(&port), info))
    }

    /// Opens a port; what it hears goes into `feed`.
    ///
    /// # Errors
    /// The browser's words, such as another program holding the port.
    pub async fn open(&self, id: PortId, feed: Feed<Port>) -> Result<Port, String> {
        let port = self.known.borrow().port(id);
        let port = port.ok_or_else(|| "the port is not known any more".to_owned())?;
        Port::open(port, feed).await
    }
}

impl Usb {
    /// What people call the thing at the other end of the cable.
    pub fn name(self) -> &'static str {
        match self.vendor {
            Some(0x10c4) => "USB bridge CP210x",
            Some(0x1a86) => "USB bridge CH34x",
            Some(0x0403) => "USB bridge FTDI",
            Some(0x303a) => "Espressif USB",
            Some(_) => "USB serial port",
            None => "Serial port",
        }
    }

    /// Whether it is the chip itself, whose port comes and goes as the chip resets.
    pub fn is_chip(self) -> bool {
        self.vendor == Some(0x303a)
    }
}

#[derive(Default)]
struct Known {
    ports: Vec<(PortId, SerialPort)>,
    next: u32,
}

impl Known {
    fn port(&self, id: PortId) -> Option<SerialPort> {
        let (_, port) = self.ports.iter().find(|(known, _)| *known == id)?;
        Some(port.clone())
    }

    fn number(&mut self, port: &SerialPort) -> PortId {
        if let Some((id, _)) = self.ports.iter().find(|(_, known)| known == port) {
            return *id;
        }
        let id = PortId(self.next);
        self.next += 1;
        self.ports.push((id, port.clone()));
        id
    }

    fn came(&mut self, port: SerialPort) -> Change {
        let info = usb(&port);
        Change::Came(self.number(&port), info)
    }

    fn went(&mut self, port: &SerialPort) -> Option<Change> {
        let (id, _) = self.ports.iter().find(|(_, known)| known == port)?;
        Some(Change::Went(*id))
    }
}

pub(super) fn usb(port: &SerialPort) -> Usb {
    let info = port.get_info().unwrap_or(JsValue::UNDEFINED);
    let number = |name: &str| {
        let value = Reflect::get(&info, &name.into()).ok()?.as_f64()?;
        u16::try_from(crate::clock::whole(value)).ok()
    };
    Usb {
        vendor: number("usbVendorId"),
        product: number("usbProductId"),
    }
}

fn listen(serial: &Serial, event: &str, mut told: impl FnMut(SerialPort) + 'static) {
    let heard = Closure::<dyn FnMut(Event)>::new(move |event: Event| {
        if let Some(port) = event.target() {
            told(port.unchecked_into());
        }
    });
    let added = serial.add_event_listener_with_callback(event, heard.as_ref().unchecked_ref());
    debug_assert!(added.is_ok(), "listening needs no permission");
    // The hub lives as long as the page.
    heard.forget();
}

fn name(error: &JsValue) -> String {
    let name = Reflect::get(error, &"name".into()).ok();
    name.and_then(|name| name.as_string()).unwrap_or_default()
}
