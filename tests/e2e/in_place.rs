//! Texts on cards, edited where they stand.

use thirtyfour::prelude::*;

use crate::drawing::card;
use crate::page::{Page, story};

/// Edits what a selector names by a double click, and types over it.
async fn edit(page: &Page, selector: &str, text: &str) -> WebDriverResult<()> {
    let element = page.find(selector).await?;
    page.driver.action_chain().double_click_element(&element).perform().await?;
    page.until("document.activeElement?.closest('.in-place')").await?;
    page.driver.action_chain().send_keys(text).perform().await
}

#[test]
fn a_refused_label_says_why_beside_the_field_and_changes_nothing() {
    story("?play=0", async |page| {
        page.begin().await?;
        page.until_card("Service web", "2 of 2 endpoints ready").await?;
        let before = page.board().await?;
        let label = format!("{} [data-pair]", card("Pod web-2"));
        edit(&page, &label, "app=not a value").await?;
        page.until("document.querySelector('.in-place .said')?.textContent.includes('a valid label must be an empty string or consist of')").await?;
        // Enter does not close what is refused.
        page.driver.action_chain().send_keys(Key::Enter + "").perform().await?;
        page.until("document.querySelector('.in-place input[aria-invalid=true]')").await?;
        page.driver.action_chain().send_keys(Key::Escape + "").perform().await?;
        page.until("!document.querySelector('.in-place')").await?;
        assert_eq!(page.board().await?, before);
        assert!(!page.named("button", "Undo").await?.is_enabled().await?);
        // The focus is back at the card.
        page.until("document.activeElement?.getAttribute('aria-label')?.startsWith('Pod web-2')").await
    });
}

#[test]
fn labels_in_use_complete_what_is_typed() {
    story("?play=0", async |page| {
        page.begin().await?;
        page.until_card("Pod web-3", "near miss").await?;
        edit(&page, &format!("{} [data-pair]", card("Pod web-3")), "app=w").await?;
        page.until("[...document.querySelectorAll('.completions [role=option]')].some((e) => e.textContent === 'app=web')").await?;
        let chain = page.driver.action_chain().send_keys(Key::Down + "").send_keys(Key::Enter + "");
        chain.send_keys(Key::Enter + "").perform().await?;
        page.until_card("Service web", "3 of 3 endpoints ready").await
    });
}

#[test]
fn a_port_and_a_name_are_edited_on_the_card() {
    story("?play=0", async |page| {
        page.begin().await?;
        page.until_card("Service web", "2 of 2 endpoints ready").await?;
        let service = card("Service web");
        edit(&page, &format!("{service} [data-edit=port]"), "99999:http").await?;
        page.until("document.querySelector('.in-place .said')?.textContent.includes('must be between 1 and 65535, inclusive')").await?;
        let chain = page.driver.action_chain().key_down(Key::Control).send_keys("a").key_up(Key::Control);
        chain.send_keys("81:http").send_keys(Key::Enter + "").perform().await?;
        page.until(&format!(
            "document.querySelector(\"{service}\").innerText.includes('81 \\u2192 http(8080)/TCP')"
        ))
        .await?;
        edit(&page, &format!("{service} h3"), "shop").await?;
        page.until_text("Kubernetes has no renaming").await?;
        page.driver.action_chain().send_keys(Key::Enter + "").perform().await?;
        page.until_card("Service shop", "2 of 2 endpoints ready").await?;
        assert!(!page.board().await?.iter().any(|name| name.starts_with("Service web")));
        page.control('z').await?;
        page.until_card("Service web", "2 of 2 endpoints ready").await?;
        assert!(!page.board().await?.iter().any(|name| name.starts_with("Service shop")));
        Ok(())
    });
}
