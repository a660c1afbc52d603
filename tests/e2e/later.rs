//! The program comes in two parts: the later one by itself, or at the moment when it is needed.

use serde_json::json;
use thirtyfour::prelude::*;

use crate::page::{self, Page, story};

/// How the later part was asked for, as far as it was.
const ASKED: &str =
    "performance.getEntriesByType('resource').filter(({ name }) => name.endsWith('_later.wasm'))
                         .map(({ initiatorType }) => initiatorType)";

/// What greets those who come for the first time.
const LEGEND: &str = "dialog[open]";

#[test]
fn the_later_part_comes_by_itself() {
    story("", async |page| page.until(&format!("{ASKED}.length")).await);
}

#[test]
fn a_deed_that_needs_the_later_part_waits_for_it() {
    story("", async |page| {
        keep_away(&page, 0).await?;
        page.until(page::DRAWN).await?;
        page.begin().await?;
        page.control('k').await?;
        page.until("document.querySelector('[role=dialog], dialog[open]')").await?;
        assert_eq!(page.value(ASKED).await?, json!(["xmlhttprequest"]));
        Ok(())
    });
}

#[test]
fn a_server_that_is_away_is_told_and_the_deed_is_done_when_it_is_back() {
    story("", async |page| {
        keep_away(&page, 2).await?;
        let mut told = 0;
        let escape = async || page.driver.action_chain().send_keys(Key::Escape).perform().await;
        // Each question to the browser takes some milliseconds.
        for _ in 0..5_000 {
            match page.driver.get_alert_text().await {
                Ok(words) => {
                    assert!(words.contains("could not be loaded"), "{words}");
                    page.driver.accept_alert().await?;
                    told += 1;
                }
                Err(_) if told == 2 => break,
                // The first deed is to close the legend, once it is there. On a slow machine the page may need the part
                // before that, and the message may come before the browser has told that the key is up.
                Err(_) => drop(escape().await),
            }
        }
        assert_eq!(told, 2);
        if page.value(&format!("document.querySelector('{LEGEND}') !== null")).await? == json!(true) {
            escape().await?;
        }
        page.until(&format!("!document.querySelector('{LEGEND}')")).await?;
        page.until_card("Service web", "2 of 2 endpoints ready").await
    });
}

/// Opens the page anew, as one who was never here, so that the later part does not come by itself and fails so often
/// when it is asked for.
async fn keep_away(page: &Page, failures: u32) -> WebDriverResult<()> {
    let source = format!(
        "if (location.protocol !== 'about:') localStorage.clear();
         const fetchAny = window.fetch;
         window.fetch = (address, ...rest) =>
             `${{address}}`.endsWith('_later.wasm') ? Promise.reject(new TypeError()) : fetchAny(address, ...rest);
         const send = XMLHttpRequest.prototype.send;
         let failures = {failures};
         XMLHttpRequest.prototype.send = function (...rest) {{
             if (failures-- > 0) throw new TypeError('away');
             return send.apply(this, rest);
         }};"
    );
    page.driver.cdp().send_raw("Page.addScriptToEvaluateOnNewDocument", json!({ "source": source })).await?;
    page.go("").await
}
