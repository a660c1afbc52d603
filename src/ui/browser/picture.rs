//! Pictures of the board: as a file, as pixels, on the clipboard; and what of the board is in view.

use wasm_bindgen::{JsCast as _, JsValue};
use wasm_bindgen_futures::JsFuture;
use web_sys::{Blob, CanvasRenderingContext2d, HtmlCanvasElement, HtmlElement, HtmlImageElement};
use yew::prelude::*;

/// How many pixels of the picture one pixel of the board takes.
const SCALE: f64 = 2.0;

/// The longest side of a picture in pixels; browsers make no larger canvas.
const LONGEST: f64 = 16_000.0;

/// An SVG picture as an address.
pub fn picture_address(svg: &str) -> String {
    format!("data:image/svg+xml;charset=utf-8,{}", String::from(js_sys::encode_uri_component(svg)))
}

/// Offers a picture as a PNG file to save; `done` hears whether the browser could draw it.
pub fn save_png(name: &'static str, svg: &str, done: Callback<bool>) {
    let svg = svg.to_owned();
    yew::platform::spawn_local(async move {
        let blob = draw(&svg).await;
        if let Ok(blob) = &blob {
            super::save_blob(name, gloo::file::Blob::from(blob.clone()));
        }
        done.emit(blob.is_ok());
    });
}

/// Copies a picture as PNG; `done` hears whether it worked.
pub fn copy_png(svg: &str, done: Callback<bool>) {
    let svg = svg.to_owned();
    // The clipboard wants to be asked at once, while the person's click is fresh; the picture may come later.
    let picture = wasm_bindgen_futures::future_to_promise(async move { draw(&svg).await.map(JsValue::from) });
    let copied = put_on_clipboard(&picture);
    yew::platform::spawn_local(async move {
        let worked = match copied {
            Some(promise) => JsFuture::from(promise).await.is_ok(),
            None => false,
        };
        done.emit(worked);
    });
}

fn put_on_clipboard(picture: &js_sys::Promise) -> Option<js_sys::Promise> {
    let clipboard = gloo::utils::window().navigator().clipboard();
    // Outside a secure context there is no clipboard, and some browsers copy text alone.
    let has_items = js_sys::Reflect::has(&gloo::utils::window(), &"ClipboardItem".into()).unwrap_or(false);
    if clipboard.is_undefined() || !has_items {
        return None;
    }
    let content = js_sys::Object::new();
    js_sys::Reflect::set(&content, &"image/png".into(), picture).ok()?;
    let item = web_sys::ClipboardItem::new_with_record_from_str_to_blob_promise(&content).ok()?;
    Some(clipboard.write(&js_sys::Array::of1(&item)))
}

/// Draws an SVG picture into pixels.
async fn draw(svg: &str) -> Result<Blob, JsValue> {
    let image = HtmlImageElement::new()?;
    image.set_src(&picture_address(svg));
    JsFuture::from(image.decode()).await?;
    let (w, h) = (f64::from(image.natural_width()), f64::from(image.natural_height()));
    let scale = SCALE.min(LONGEST / w.max(h).max(1.0));
    let canvas = gloo::utils::document().create_element("canvas")?.unchecked_into::<HtmlCanvasElement>();
    canvas.set_width((w * scale) as u32);
    canvas.set_height((h * scale) as u32);
    let context =
        canvas.get_context("2d")?.ok_or(JsValue::NULL)?.unchecked_into::<CanvasRenderingContext2d>();
    context.draw_image_with_html_image_element_and_dw_and_dh(&image, 0.0, 0.0, w * scale, h * scale)?;
    let blob = JsFuture::from(js_sys::Promise::new(&mut |resolve, reject| {
        if let Err(error) = canvas.to_blob(&resolve) {
            // Calling a function of a promise does not fail.
            let _ = reject.call1(&JsValue::NULL, &error);
        }
    }))
    .await?;
    blob.dyn_into()
}

/// Left, top, width and height of what of the board is in view, in pixels of the board; `None` without a board.
pub fn seen_of_board() -> Option<[f64; 4]> {
    let document = gloo::utils::document();
    let board = document.query_selector(".board").ok()??.dyn_into::<HtmlElement>().ok()?;
    let world = document.query_selector(".board > .world").ok()??.dyn_into::<HtmlElement>().ok()?;
    let css = world.style().get_property_value("transform").ok()?;
    let numbers: Vec<f64> = css
        .split(['(', ')', ','])
        .filter_map(|part| part.trim().trim_end_matches("px").parse().ok())
        .collect();
    let [x, y, scale] = numbers.try_into().ok()?;
    let (w, h) = (f64::from(board.client_width()), f64::from(board.client_height()));
    (scale > 0.0).then(|| [-x / scale, -y / scale, w / scale, h / scale])
}
