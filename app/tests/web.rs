//! The page in a browser: mounted, clicked, read.
#![cfg(target_family = "wasm")]
#![allow(clippy::unwrap_used)]

use leptos::mount::mount_to;
use leptos::prelude::*;
use signet_app::{App, Desk, Loaded};
use signet_core::Fault;
use wasm_bindgen::JsCast;
use wasm_bindgen_futures::JsFuture;
use wasm_bindgen_test::{wasm_bindgen_test, wasm_bindgen_test_configure};
use web_sys::{Element, HtmlElement};

wasm_bindgen_test_configure!(run_in_browser);

/// A page of its own, with a desk that is not connected with the browser.
struct Page {
    root: HtmlElement,
    desk: Desk,
    _mounted: Box<dyn std::any::Any>,
}

impl Page {
    async fn new() -> Self {
        let root: HtmlElement = document().create_element("div").unwrap().unchecked_into();
        document().body().unwrap().append_child(&root).unwrap();
        let (send, receive) = std::sync::mpsc::channel();
        let mounted = mount_to(root.clone(), move || {
            let desk = Desk::new();
            desk.loaded.set(Loaded::Absent);
            send.send(desk).unwrap();
            view! { <App desk /> }
        });
        let desk = receive.recv().unwrap();
        wait(0).await;
        Self {
            root,
            desk,
            _mounted: Box::new(mounted),
        }
    }

    fn find(&self, id: &str) -> Option<Element> {
        let selector = format!("[data-testid='{id}']");
        self.root.query_selector(&selector).unwrap()
    }

    fn text(&self, id: &str) -> String {
        let found = self.find(id).and_then(|element| element.text_content());
        found.unwrap_or_default()
    }

    fn click(&self, id: &str) {
        let element: HtmlElement = self.find(id).unwrap().unchecked_into();
        element.click();
    }
}

impl Drop for Page {
    fn drop(&mut self) {
        self.root.remove();
    }
}

async fn wait(millis: i32) {
    let promise = js_sys::Promise::new(&mut |resolve, _| {
        window()
            .set_timeout_with_callback_and_timeout_and_arguments_0(&resolve, millis)
            .unwrap();
    });
    JsFuture::from(promise).await.unwrap();
}

#[wasm_bindgen_test]
async fn a_newcomer_sees_what_to_press() {
    let page = Page::new().await;
    assert!(
        page.text("action-practice")
            .contains("Try a practice board")
    );
    assert!(page.find("action-connect").is_none());
    assert!(page.find("records-table").is_none());
}

#[wasm_bindgen_test]
async fn a_refused_recipe_says_why() {
    let page = Page::new().await;
    page.desk.loaded.set(Loaded::Refused(Fault {
        code: "recipe.field".into(),
        what: "The recipe's field \"name\": is empty.".into(),
        next: "Correct it.".into(),
    }));
    wait(0).await;
    assert!(page.text("recipe-error").contains("\"name\""));
    assert!(page.text("recipe-error").contains("recipe.field"));
}

#[wasm_bindgen_test]
async fn a_practice_board_passes_and_leaves_a_record() {
    let page = Page::new().await;
    page.click("action-practice");
    for _ in 0..300 {
        wait(100).await;
        let card = page.find("board-card");
        let verdict = card.and_then(|card| card.get_attribute("data-verdict"));
        match verdict.as_deref() {
            Some("running") | None => {}
            Some("pass") => break,
            Some(other) => panic!("{other}: {}", page.text("fault-what")),
        }
    }
    wait(0).await;
    assert_eq!(page.text("verdict"), "PASS");
    assert!(page.text("records-table").contains("practice-7cdfa1000001"));
    assert!(page.text("counters").contains("100 %"));
}
