//! The page by keyboard alone: these stories only press keys.

use thirtyfour::prelude::*;

use crate::page::{Page, story};

/// The name of what has the focus.
const FOCUS: &str = "((e) => (e?.getAttribute('aria-label') ?? e?.labels?.[0]?.innerText ?? e?.innerText ?? '').trim())(document.activeElement)";

/// Presses a key.
async fn press(page: &Page, key: Key) -> WebDriverResult<()> {
    page.driver.action_chain().send_keys(key.value()).perform().await
}

/// Types a text.
async fn write(page: &Page, text: &str) -> WebDriverResult<()> {
    page.driver.action_chain().send_keys(text).perform().await
}

/// Presses a key while Control is held.
async fn control(page: &Page, key: char) -> WebDriverResult<()> {
    page.driver.action_chain().key_down(Key::Control).send_keys(key).key_up(Key::Control).perform().await
}

async fn until_focus(page: &Page, name: &str) -> WebDriverResult<()> {
    page.until(&format!("{FOCUS}.startsWith({})", serde_json::json!(name))).await
}

/// Goes on with Tab until what has the focus has this name.
async fn tab_to(page: &Page, name: &str) -> WebDriverResult<()> {
    let mut passed = Vec::new();
    for _ in 0..80 {
        press(page, Key::Tab).await?;
        let focus = page.value(FOCUS).await?.as_str().unwrap_or_default().to_owned();
        if focus.starts_with(name) {
            return Ok(());
        }
        passed.push(focus);
    }
    panic!("Tab leads to no {name}, but to {passed:?}");
}

/// Goes on with an arrow key until the card with this name has the focus.
async fn walk_to(page: &Page, arrow: Key, name: &str) -> WebDriverResult<()> {
    let mut passed = Vec::new();
    for _ in 0..20 {
        let focus = page.value(FOCUS).await?.as_str().unwrap_or_default().to_owned();
        if focus.starts_with(name) {
            return Ok(());
        }
        passed.push(focus);
        press(page, arrow.clone()).await?;
    }
    panic!("the arrow leads to no {name}, but to {passed:?}");
}

/// Puts the legend away and begins with an empty board.
async fn begin_empty(page: &Page) -> WebDriverResult<()> {
    page.until("document.querySelector('dialog[open]')").await?;
    press(page, Key::Escape).await?;
    page.until("!document.querySelector('dialog[open]')").await?;
    tab_to(page, "Scenario:").await?;
    press(page, Key::Enter).await?;
    page.until("document.querySelector('[role=menu]')").await?;
    press(page, Key::End).await?;
    until_focus(page, "Empty board").await?;
    press(page, Key::Enter).await?;
    page.until("!document.querySelector('main article[aria-label^=\"Service\"]')").await
}

#[test]
fn two_pods_and_a_service_are_made_matched_asked_and_undone() {
    story("", async |page| {
        begin_empty(&page).await?;
        // Make: a tool's letter and Enter place it where there is room, and lead to its card.
        write(&page, "s").await?;
        page.until_text("press Enter to place it").await?;
        press(&page, Key::Enter).await?;
        until_focus(&page, "Service web").await?;
        for pod in ["Pod web-1", "Pod web-2"] {
            write(&page, "p").await?;
            press(&page, Key::Enter).await?;
            until_focus(&page, pod).await?;
        }
        page.until_card("Service web", "2 of 2 endpoints ready").await?;
        // The Service shall have other Pods: Enter opens the card, Escape returns to it.
        press(&page, Key::Left).await?;
        until_focus(&page, "Service web").await?;
        press(&page, Key::Enter).await?;
        until_focus(&page, "Form").await?;
        tab_to(&page, "Value of app").await?;
        control(&page, 'a').await?;
        write(&page, "shop").await?;
        press(&page, Key::Enter).await?;
        page.until_card("Service web", "no endpoints").await?;
        press(&page, Key::Escape).await?;
        until_focus(&page, "Service web").await?;
        // Match one.
        press(&page, Key::Right).await?;
        press(&page, Key::Home).await?;
        walk_to(&page, Key::Down, "Pod web-1").await?;
        press(&page, Key::Enter).await?;
        until_focus(&page, "Form").await?;
        tab_to(&page, "Value of app").await?;
        control(&page, 'a').await?;
        write(&page, "shop").await?;
        press(&page, Key::Enter).await?;
        page.until_card("Service web", "1 of 1 endpoints ready").await?;
        press(&page, Key::Escape).await?;
        until_focus(&page, "Pod web-1").await?;
        // Ask from the other Pod: C and Enter make it the sender, Enter sends.
        press(&page, Key::End).await?;
        write(&page, "c").await?;
        walk_to(&page, Key::Up, "Pod web-2").await?;
        press(&page, Key::Enter).await?;
        until_focus(&page, "URL, or host and port").await?;
        page.until("document.activeElement.value.includes('web.default.svc.cluster.local')").await?;
        press(&page, Key::Enter).await?;
        // Read the outcome, as a screen reader hears it.
        page.until(
            "document.querySelector('.say [role=status]').textContent === 'web-1 answered web-2: 200 OK.'",
        )
        .await?;
        // Undo everything: back on the board, where Ctrl+Z is not the field's.
        press(&page, Key::Escape).await?;
        page.until("document.activeElement.closest('[data-card]')").await?;
        for _ in 0..20 {
            if page.value("document.querySelector('button[aria-label=Undo]').disabled").await? == true {
                break;
            }
            control(&page, 'z').await?;
        }
        let empty = "document.querySelectorAll('main article[aria-label^=\"Service\"], main article[aria-label^=\"Pod\"]').length === 0";
        page.until(empty).await
    });
}

#[test]
fn the_arrows_follow_a_request_and_tab_leaves_the_board() {
    story("?scenario=first", async |page| {
        page.until("document.querySelector('dialog[open]')").await?;
        press(&page, Key::Escape).await?;
        page.until("!document.querySelector('dialog[open]')").await?;
        page.until_card("Service web", "2 of 2 endpoints ready").await?;
        page.driver.execute("document.activeElement?.blur()", Vec::new()).await?;
        tab_to(&page, "Skip to the board").await?;
        press(&page, Key::Enter).await?;
        until_focus(&page, "Internet").await?;
        let ring = "parseFloat(getComputedStyle(document.activeElement).outlineWidth) >= 2";
        page.until(ring).await?;
        for name in ["Load balancer", "Service web", "Pod web-"] {
            press(&page, Key::Right).await?;
            until_focus(&page, name).await?;
        }
        for name in ["Service web", "Load balancer", "Internet"] {
            press(&page, Key::Left).await?;
            until_focus(&page, name).await?;
        }
        // One card alone is in the Tab order.
        assert_eq!(page.value("document.querySelectorAll('main .world [tabindex=\"0\"]').length").await?, 1);
        press(&page, Key::Tab).await?;
        page.until("!document.activeElement.closest('.world')").await?;
        page.driver
            .action_chain()
            .key_down(Key::Shift)
            .send_keys(Key::Tab.value())
            .key_up(Key::Shift)
            .perform()
            .await?;
        until_focus(&page, "Internet").await?;
        // Deleting what has the focus leaves the focus on the board.
        for _ in 0..3 {
            press(&page, Key::Right).await?;
        }
        write(&page, " ").await?;
        press(&page, Key::Delete).await?;
        page.until_card("Service web", "1 of 1 endpoints ready").await?;
        page.until("document.activeElement.closest('[data-card]')").await
    });
}

#[test]
fn the_board_as_text_follows_the_board() {
    story("?scenario=first", async |page| {
        page.begin().await?;
        tab_to(&page, "Read the board as text").await?;
        press(&page, Key::Enter).await?;
        page.until("document.activeElement.id === 'board-as-text'").await?;
        let text = "document.activeElement.innerText.replace(/\\s+/g, ' ')";
        page.until(&format!(
            "{text}.includes('near miss, not an endpoint, app=wbe, wanted app=web: Pod web-3')"
        ))
        .await?;
        page.until(&format!("{text}.includes('2 of 2 endpoints ready')")).await?;
        tab_to(&page, "Apply fix").await?;
        press(&page, Key::Enter).await?;
        let text = "document.querySelector('.outline').innerText";
        page.until(&format!("{text}.includes('3 of 3 endpoints ready') && !{text}.includes('near miss')"))
            .await
    });
}

#[test]
fn with_less_motion_a_request_is_a_list_of_steps() {
    story("", async |page| {
        let features =
            serde_json::json!({ "features": [{ "name": "prefers-reduced-motion", "value": "reduce" }] });
        page.driver.cdp().send_raw("Emulation.setEmulatedMedia", features).await?;
        page.open("?scenario=first&play=0").await?;
        press(&page, Key::Escape).await?;
        page.until_card("Service web", "2 of 2 endpoints ready").await?;
        let lit =
            "document.querySelector('.steps [aria-current=step]')?.innerText.replace(/\\s+/g, ' ').trim()";
        page.driver.execute("document.activeElement?.blur()", Vec::new()).await?;
        let mut seen: Vec<String> = Vec::new();
        for _ in 0..12 {
            write(&page, ".").await?;
            if let Some(step) = page.value(lit).await?.as_str()
                && seen.last().is_none_or(|last| last != step)
            {
                seen.push(step.to_owned());
            }
        }
        assert_eq!(seen.first().map(String::as_str), Some("1 Load balancer of web"), "{seen:?}");
        assert!(seen.iter().any(|step| step.contains("Rules on node-")), "{seen:?}");
        // No packet moves: the canvas stays bare.
        let bare = "((canvas) => !canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height).data.some((byte) => byte))(document.querySelector('main canvas.packets:not(.crowd)'))";
        assert_eq!(page.value(bare).await?, true);
        Ok(())
    });
}
