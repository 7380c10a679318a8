//! Files that people open and save.

use js_sys::{Array, Uint8Array};
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;
use web_sys::{Blob, BlobPropertyBag, File, FileList, HtmlAnchorElement, Url};

use crate::net::words;

/// Reads a whole file.
///
/// # Errors
/// The file is larger than `limit`, or the browser's words.
pub async fn read(file: &File, limit: usize) -> Result<Vec<u8>, String> {
    let bytes = crate::clock::whole(file.size());
    if usize::try_from(bytes).map_or(true, |bytes| bytes > limit) {
        return Err(format!(
            "it has {bytes} bytes, more than the {limit} that are read"
        ));
    }
    let buffer = JsFuture::from(file.array_buffer()).await.map_err(words)?;
    Ok(Uint8Array::new(&buffer).to_vec())
}

/// The files of a list.
pub fn all(list: Option<FileList>) -> Vec<File> {
    let list = list.as_ref();
    let count = list.map_or(0, FileList::length);
    (0..count).filter_map(|index| list?.get(index)).collect()
}

/// Lets the browser save `text` as a file.
pub fn save(name: &str, media_type: &str, text: &str) {
    // Without a way to save there is nothing to do but to leave the table on the screen.
    let _ = try_save(name, media_type, &JsValue::from_str(text));
}

/// Lets the browser save `bytes` as a file.
pub fn save_bytes(name: &str, media_type: &str, bytes: &[u8]) {
    let _ = try_save(name, media_type, &Uint8Array::from(bytes).into());
}

fn try_save(name: &str, media_type: &str, content: &JsValue) -> Result<(), JsValue> {
    let options = BlobPropertyBag::new();
    options.set_type(media_type);
    // A text and bytes are both parts of a blob.
    let parts = Array::of1(content);
    let blob = Blob::new_with_str_sequence_and_options(&parts, &options)?;
    let url = Url::create_object_url_with_blob(&blob)?;
    let link: HtmlAnchorElement = leptos::prelude::document()
        .create_element("a")?
        .unchecked_into();
    link.set_href(&url);
    link.set_download(name);
    link.click();
    Url::revoke_object_url(&url)
}
