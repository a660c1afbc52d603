//! Two objects are connected: a line from one to the other, or the menu.

use thirtyfour::prelude::*;

use crate::drawing::{card, drag, edges};
use crate::page::story;

#[test]
fn a_line_from_a_pod_to_a_service_proposes_the_label() {
    story("?play=0", async |page| {
        page.begin().await?;
        page.until_card("Pod web-3", "near miss").await?;
        let [_, top, right, _] = edges(&page, &card("Pod web-3")).await?;
        let [left, service_top, ..] = edges(&page, &card("Service web")).await?;
        drag(&page, (right - 30, top + 12), (left + 90, service_top + 16)).await?;
        page.until_text("Connect web-3 and web").await?;
        page.until_text("metadata.labels.app: wbe").await?;
        page.until_button("Let web select app=wbe").await?;
        page.press("Set app=web on Pod default/web-3").await?;
        page.until_card("Service web", "3 of 3 endpoints ready").await?;
        page.control('z').await?;
        page.until_card("Service web", "2 of 2 endpoints ready").await
    });
}

#[test]
fn a_line_from_the_handle_of_a_service_changes_its_selector() {
    story("?play=0", async |page| {
        page.begin().await?;
        page.until_card("Pod web-3", "near miss").await?;
        let service = page.find(&card("Service web")).await?;
        page.driver.action_chain().move_to_element_center(&service).perform().await?;
        let [left, top, ..] = edges(&page, "main .handle").await?;
        let [_, pod_top, right, _] = edges(&page, &card("Pod web-3")).await?;
        drag(&page, (left + 10, top + 10), (right - 30, pod_top + 12)).await?;
        page.press("Let web select app=wbe").await?;
        page.until_card("Service web", "1 of 1 endpoints ready").await
    });
}

#[test]
fn by_keyboard_the_menu_of_a_card_connects_it() {
    story("?play=0", async |page| {
        page.begin().await?;
        page.until_card("Pod web-3", "near miss").await?;
        let focus = format!("document.querySelector(\"{}\").focus()", card("Pod web-3"));
        page.driver.execute(&focus, []).await?;
        let chain =
            page.driver.action_chain().key_down(Key::Shift).send_keys(Key::F10 + "").key_up(Key::Shift);
        chain.perform().await?;
        page.until("document.activeElement?.getAttribute('role') === 'menuitem'").await?;
        page.driver
            .action_chain()
            .send_keys(Key::Down + "")
            .send_keys(Key::Down + "")
            .send_keys(Key::Down + "")
            .perform()
            .await?;
        page.until("document.activeElement.textContent.startsWith('Connect to')").await?;
        page.driver.action_chain().send_keys(Key::Enter + "").perform().await?;
        page.until("document.activeElement.closest('.partners') && document.activeElement.textContent.startsWith('web')").await?;
        page.driver.action_chain().send_keys(Key::Enter + "").perform().await?;
        page.until("document.activeElement.textContent.startsWith('Set app=web')").await?;
        page.driver.action_chain().send_keys(Key::Enter + "").perform().await?;
        page.until_card("Service web", "3 of 3 endpoints ready").await
    });
}
