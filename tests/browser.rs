//! What holds in a real browser. `./dev test` runs it in headless Chromium.
#![cfg(target_arch = "wasm32")]

use endpoint_playground::api::ObjectKey;
use wasm_bindgen_test::{wasm_bindgen_test, wasm_bindgen_test_configure};

wasm_bindgen_test_configure!(run_in_browser);

#[wasm_bindgen_test]
fn a_key_survives_its_text_form() {
    let key = ObjectKey::service("default", "web");
    assert_eq!(ObjectKey::from_path(&key.to_path()), Some(key));
}
