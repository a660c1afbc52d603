//! The board that greets: traffic, a typo, and how it is found and mended.

use serde_json::json;
use thirtyfour::prelude::*;

use crate::page::story;

#[test]
fn the_first_board_has_traffic_on_it() {
    story("", async |page| {
        page.begin().await?;
        page.until_card("Service web", "2 of 2 endpoints ready").await?;
        // Packets are on the canvas, and the list of requests grows.
        page.until(
            "((canvas) => canvas.width
                && canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height).data.some((byte) => byte)
            )(document.querySelector('main canvas.packets:not(.crowd)'))",
        )
        .await?;
        let rows = "document.querySelectorAll('.reqs .rq').length";
        let before = page.value(rows).await?;
        page.until(&format!("{rows} > {before} + 1")).await
    });
}

#[test]
fn the_fix_makes_the_pod_an_endpoint() {
    story("", async |page| {
        page.begin().await?;
        page.until_card("Pod web-3", "near miss").await?;
        page.press("Apply fix").await?;
        page.until_card("Service web", "3 of 3 endpoints ready").await?;
        page.until_text("Nothing is wrong with this Service.").await?;
        page.until_card("Pod web-3", "1/1").await?;
        assert!(!page.board().await?.iter().any(|name| name.contains("near miss")));
        Ok(())
    });
}

#[test]
fn a_label_is_changed_in_place_and_undone_by_keyboard() {
    story("", async |page| {
        page.begin().await?;
        let chip = "main article[aria-label^='Pod web-2'] [role=button][aria-label^='app=web']";
        let chip = page.find(chip).await?;
        page.driver.action_chain().double_click_element(&chip).perform().await?;
        let field = page.named("main input", "Label app").await?;
        page.until("document.activeElement?.getAttribute('aria-label') === 'Label app'").await?;
        field.send_keys(Key::Control + "a").await?;
        field.send_keys("app=wep" + Key::Enter).await?;
        page.until_card("Pod web-2", "near miss").await?;
        page.until_card("Service web", "1 of 1 endpoints ready").await?;
        page.control('z').await?;
        page.until_card("Service web", "2 of 2 endpoints ready").await?;
        page.until_card("Pod web-2", "1/1").await?;
        page.control('y').await?;
        page.until_card("Pod web-2", "near miss").await?;
        page.control('z').await?;
        page.until_card("Service web", "2 of 2 endpoints ready").await
    });
}

#[test]
fn a_pod_and_a_service_are_placed_with_the_tools() {
    story("", async |page| {
        page.begin().await?;
        page.choose("Scenario:", "Empty board").await?;
        page.until("!document.querySelector('main article[aria-label^=\"Service\"]')").await?;
        let board = page.find("main[aria-label=Board]").await?;
        page.keys("s").await?;
        // Between the clients at the left and the nodes at the right.
        let (width, height) = size(&page).await?;
        page.driver
            .action_chain()
            .move_to_element_with_offset(&board, -width / 12, height / 5)
            .click()
            .perform()
            .await?;
        page.until("document.querySelectorAll('main article[aria-label^=\"Service\"]').length === 1").await?;
        page.press("Pod").await?;
        let node = page.find("main [aria-label^='Node node-2']").await?;
        page.driver.action_chain().move_to_element_center(&node).click().perform().await?;
        page.until("document.querySelectorAll('main article[aria-label^=\"Pod\"]').length === 1").await?;
        // The new Pod matches the new Service: drawing the two is enough for an endpoint.
        page.until("document.querySelector('main article[aria-label*=\"1 of 1 endpoints ready\"]')").await?;
        page.control('z').await?;
        page.control('z').await?;
        page.until("!document.querySelector('main article[aria-label^=\"Service\"]')").await?;
        assert_eq!(
            page.value("document.querySelectorAll('main article[aria-label^=\"Pod\"]').length").await?,
            json!(0)
        );
        Ok(())
    });
}

async fn size(page: &crate::page::Page) -> WebDriverResult<(i64, i64)> {
    let size = page.value("[innerWidth, innerHeight]").await?;
    Ok((size[0].as_i64().unwrap_or(0), size[1].as_i64().unwrap_or(0)))
}
