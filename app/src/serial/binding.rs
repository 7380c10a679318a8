//! The few calls of Web Serial that are used, so that the build needs no switch for unstable
//! interfaces, and with `readable` and `writable` typed as what they are: absent after a failure.

use js_sys::{Array, Object, Promise, Reflect};
use wasm_bindgen::prelude::*;
use web_sys::{EventTarget, ReadableStream, WritableStream};

#[wasm_bindgen]
extern "C" {
    /// `navigator.serial`.
    #[derive(Clone)]
    #[wasm_bindgen(extends = EventTarget)]
    pub(super) type Serial;

    #[wasm_bindgen(method, catch, js_name = getPorts)]
    pub(super) fn get_ports(this: &Serial) -> Result<Promise, JsValue>;

    #[wasm_bindgen(method, catch, js_name = requestPort)]
    pub(super) fn request_port(this: &Serial, options: &Object) -> Result<Promise, JsValue>;

    /// One port that the page may use.
    #[derive(Clone, PartialEq)]
    #[wasm_bindgen(extends = EventTarget)]
    pub(super) type SerialPort;

    #[wasm_bindgen(method, catch, js_name = getInfo)]
    pub(super) fn get_info(this: &SerialPort) -> Result<JsValue, JsValue>;

    #[wasm_bindgen(method, catch)]
    pub(super) fn open(this: &SerialPort, options: &Object) -> Result<Promise, JsValue>;

    #[wasm_bindgen(method, catch)]
    pub(super) fn close(this: &SerialPort) -> Result<Promise, JsValue>;

    #[wasm_bindgen(method, catch, js_name = setSignals)]
    pub(super) fn set_signals(this: &SerialPort, signals: &Object) -> Result<Promise, JsValue>;

    #[wasm_bindgen(method, getter)]
    pub(super) fn readable(this: &SerialPort) -> Option<ReadableStream>;

    #[wasm_bindgen(method, getter)]
    pub(super) fn writable(this: &SerialPort) -> Option<WritableStream>;

    /// Whether the device is there; `undefined` in older browsers.
    #[wasm_bindgen(method, getter)]
    pub(super) fn connected(this: &SerialPort) -> Option<bool>;
}

/// `navigator.serial`, where the browser has it and the page is a secure context.
pub(super) fn serial() -> Option<Serial> {
    let navigator = leptos::prelude::window().navigator();
    let serial = Reflect::get(&navigator, &"serial".into()).ok()?;
    serial.is_object().then(|| serial.unchecked_into())
}

/// A JavaScript object of these members.
pub(super) fn object<const N: usize>(members: [(&str, JsValue); N]) -> Object {
    let object = Object::new();
    for (name, value) in members {
        // Cannot fail on a fresh ordinary object.
        let _ = Reflect::set(&object, &name.into(), &value);
    }
    object
}

/// USB vendors of the bridges and chips that carry an Espressif ROM loader.
pub(super) fn filters() -> Array {
    [
        0x10c4, // Silicon Labs CP210x
        0x1a86, // WCH CH34x, CH910x
        0x0403, // FTDI
        0x303a, // Espressif USB-Serial-JTAG and USB-OTG
    ]
    .into_iter()
    .map(|vendor| JsValue::from(object([("usbVendorId", JsValue::from_f64(vendor.into()))])))
    .collect()
}
