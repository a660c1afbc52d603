//! What holds in a real browser. `./dev test` runs it in headless Chromium.
#![cfg(target_arch = "wasm32")]

#[path = "common/recordings.rs"]
mod recordings;

use endpoint_playground::api::ObjectKey;
use wasm_bindgen_test::{wasm_bindgen_test, wasm_bindgen_test_configure};

wasm_bindgen_test_configure!(run_in_browser);

#[wasm_bindgen_test]
fn a_key_survives_its_text_form() {
    let key = ObjectKey::service("default", "web");
    assert_eq!(ObjectKey::from_path(&key.to_path()), Some(key));
}

#[wasm_bindgen_test]
fn every_sitting_comes_to_the_same_bytes_as_on_a_native_machine() {
    let native = option_env!("NATIVE_DIGEST").unwrap_or_default();
    assert!(
        !native.is_empty(),
        "NATIVE_DIGEST was not set when this was built: `./dev test` sets it, or \
         NATIVE_DIGEST=\"$(cargo run --quiet --example digest)\" before cargo test"
    );
    assert_eq!(recordings::digests(), native);
}
