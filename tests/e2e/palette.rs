//! The command palette: one field that finds every object and does everything.

use thirtyfour::prelude::*;

use crate::page::{Page, story};

/// Types words into the palette, and presses Enter once the line that is meant stands first.
async fn ask(page: &Page, words: &str, line: &str) -> WebDriverResult<()> {
    page.control('k').await?;
    page.until("document.activeElement?.getAttribute('aria-label') === 'Find or do anything' && document.activeElement.localName === 'input'").await?;
    page.driver.action_chain().send_keys(words).perform().await?;
    let chosen = "document.querySelector('dialog [role=option][aria-selected=true]')";
    page.until(&format!("{chosen}?.textContent.startsWith({})", serde_json::json!(line))).await?;
    page.driver.action_chain().send_keys(Key::Enter + "").perform().await?;
    page.until("!document.querySelector('dialog.palette')").await
}

#[test]
fn the_palette_finds_objects_and_does_everything() {
    story("?play=0", async |page| {
        page.begin().await?;
        page.until_card("Service web", "2 of 2 endpoints ready").await?;
        ask(&page, "pod web-2", "web-2").await?;
        page.until("document.querySelector('.side h2').textContent === 'web-2'").await?;
        ask(&page, "theme dark", "Theme: dark").await?;
        page.until("document.documentElement.dataset.theme === 'dark'").await?;
        ask(&page, "add a dep", "Add a Deployment").await?;
        page.until("document.querySelector('.side h2').textContent === 'web'").await?;
        page.until_card("Service web", "4 of 4 endpoints ready").await?;
        ask(&page, "undo", "Undo").await?;
        page.until_card("Service web", "2 of 2 endpoints ready").await?;
        ask(&page, "laptop", "Send a request from Laptop").await?;
        page.until("document.activeElement?.id === 'compose-url'").await?;
        ask(&page, "headless", "A headless Service").await?;
        page.until("document.querySelector('main article[aria-label*=\"Headless\"]')").await
    });
}

#[test]
fn the_palette_says_when_nothing_matches_and_lets_go() {
    story("?play=0", async |page| {
        page.begin().await?;
        let before = page.board().await?;
        let chain = page.driver.action_chain().key_down(Key::Control).key_down(Key::Shift).send_keys("p");
        chain.key_up(Key::Shift).key_up(Key::Control).perform().await?;
        page.until("document.querySelector('dialog.palette[open]')").await?;
        page.driver.action_chain().send_keys("qqqq").perform().await?;
        page.until_text("Nothing matches qqqq.").await?;
        page.driver.action_chain().send_keys(Key::Enter + "").send_keys(Key::Escape + "").perform().await?;
        page.until("!document.querySelector('dialog.palette')").await?;
        assert_eq!(page.board().await?, before);
        Ok(())
    });
}
