//! Drawing with several cards at once, and with a tool that is dragged from the bar.

use serde_json::json;
use thirtyfour::prelude::*;

use crate::page::{Page, story};

/// The rectangle of what a CSS selector names first: left, top, right and bottom, whole pixels of the window.
pub async fn edges(page: &Page, selector: &str) -> WebDriverResult<[i64; 4]> {
    page.find(selector).await?;
    let rect = format!(
        "(({{ left, top, right, bottom }}) => [left, top, right, bottom].map(Math.round))(document.querySelector({}).getBoundingClientRect())",
        json!(selector)
    );
    Ok(serde_json::from_value(page.value(&rect).await?)?)
}

/// Presses at one place of the window and lets go at another.
pub async fn drag(page: &Page, from: (i64, i64), to: (i64, i64)) -> WebDriverResult<()> {
    let middle = ((from.0 + to.0) / 2, (from.1 + to.1) / 2);
    let chain = page.driver.action_chain().move_to(from.0, from.1).click_and_hold();
    chain.move_to(middle.0, middle.1).move_to(to.0, to.1).release().perform().await
}

/// The card whose name begins so.
pub fn card(name: &str) -> String {
    format!("main [data-card][aria-label^='{name}']")
}

const SELECTED: &str = "[...document.querySelectorAll('main .selected')].map((e) => e.getAttribute('aria-label').split(',')[0]).sort()";

#[test]
fn a_rectangle_selects_and_one_step_deletes_and_brings_back() {
    story("?play=0", async |page| {
        page.begin().await?;
        page.until_card("Service web", "2 of 2 endpoints ready").await?;
        let before = page.board().await?;
        let [left, top, ..] = edges(&page, &card("Service web")).await?;
        let [_, _, right, bottom] = edges(&page, &card("Node node-3")).await?;
        drag(&page, (right + 3, bottom + 20), (left - 6, top - 10)).await?;
        let all = json!(["Pod web-1", "Pod web-2", "Pod web-3", "Service web"]);
        page.until(&format!("{SELECTED}.join() === {}.join()", all)).await?;
        // Shift and a click take one out, and in again.
        let pod = page.find(&card("Pod web-2")).await?;
        for count in [3, 4] {
            let chain = page.driver.action_chain().key_down(Key::Shift).move_to_element_center(&pod).click();
            chain.key_up(Key::Shift).perform().await?;
            page.until(&format!("{SELECTED}.length === {count}")).await?;
        }
        page.keys(Key::Delete + "").await?;
        page.until("!document.querySelector('main article[aria-label^=\"Service\"]')").await?;
        page.until_text("4 objects were deleted.").await?;
        page.control('z').await?;
        page.until_card("Service web", "2 of 2 endpoints ready").await?;
        assert_eq!(page.board().await?, before);
        // What the scenario brought stays.
        assert!(!page.named("button", "Undo").await?.is_enabled().await?);
        page.control('z').await?;
        assert_eq!(page.board().await?, before);
        Ok(())
    });
}

#[test]
fn cards_that_are_selected_move_together_in_one_step() {
    story("?play=0", async |page| {
        page.begin().await?;
        let (one, other) = (card("Node node-2"), card("Node node-3"));
        let before = (edges(&page, &one).await?, edges(&page, &other).await?);
        page.driver.action_chain().move_to(before.0[0] + 30, before.0[1] + 14).click().perform().await?;
        let chain = page.driver.action_chain().key_down(Key::Shift);
        chain.move_to(before.1[0] + 30, before.1[1] + 14).click().key_up(Key::Shift).perform().await?;
        page.until(&format!("{SELECTED}.length === 2")).await?;
        let at = (before.0[0] + 30, before.0[1] + 14);
        drag(&page, at, (at.0 - 60, at.1 + 50)).await?;
        let moved = |selector: &str, was: [i64; 4]| {
            format!(
                "document.querySelector({}).getBoundingClientRect().top > {} + 30",
                json!(selector),
                was[1]
            )
        };
        page.until(&moved(&one, before.0)).await?;
        page.until(&moved(&other, before.1)).await?;
        page.control('z').await?;
        page.until(&format!("!({}) && !({})", moved(&one, before.0), moved(&other, before.1))).await
    });
}

#[test]
fn the_lines_of_a_card_follow_it_in_the_hand_and_leave_nothing_behind() {
    const LIT: &str = "document.querySelector('.lit-links').getAttribute('d')";
    const PAINTED: &str = "(() => { const canvas = document.querySelector('canvas.hand'); \
        return canvas.width && canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height).data.filter((part) => part).length; })()";
    story("?play=0", async |page| {
        page.begin().await?;
        page.until_card("Service web", "2 of 2 endpoints ready").await?;
        let [left, top, ..] = edges(&page, &card("Service web")).await?;
        let at = (left + 90, top + 16);
        page.driver.action_chain().move_to(at.0, at.1).perform().await?;
        page.until(LIT).await?;
        let before = page.value(PAINTED).await?;
        let chain = page.driver.action_chain().click_and_hold().move_to(at.0 + 10, at.1 + 40);
        chain.move_to(at.0 + 20, at.1 + 80).perform().await?;
        page.until(&format!("document.querySelector('.held') && !{LIT} && {PAINTED} > {before}")).await?;
        let held = page.value(PAINTED).await?;
        page.driver.action_chain().release().perform().await?;
        page.until(&format!("!document.querySelector('.held') && {PAINTED} < {held}")).await
    });
}

#[test]
fn a_card_shows_what_it_snaps_to_while_it_is_in_the_hand() {
    // Where the horizontal guide is in the window, if it is there.
    const GUIDE: &str = "((guide) => guide.hidden ? null : guide.getBoundingClientRect().y)(document.querySelector('.guide.down'))";
    story("?play=0", async |page| {
        page.begin().await?;
        page.until_card("Service web", "2 of 2 endpoints ready").await?;
        let [left, top, ..] = edges(&page, &card("Service web")).await?;
        let [_, board, ..] = edges(&page, "main.board").await?;
        let at = (left + 90, top + 16);
        page.driver.action_chain().move_to(at.0, at.1).click_and_hold().perform().await?;
        let mut guide = None;
        for step in 1..40 {
            page.driver.action_chain().move_to(at.0 + 2, at.1 + 20 + 3 * step).perform().await?;
            guide = page.value(GUIDE).await?.as_f64().filter(|y| *y >= board as f64);
            if guide.is_some() {
                break;
            }
        }
        let guide = guide.expect("the card snaps to another");
        let [_, top, _, bottom] = edges(&page, ".service.held").await?;
        let lines = [top, bottom, (top + bottom) / 2];
        assert!(lines.iter().any(|line| (*line as f64 - guide).abs() <= 4.0), "{guide} at {lines:?}");
        page.driver.action_chain().release().perform().await?;
        page.until(&format!("!document.querySelector('.held') && {GUIDE} === null")).await
    });
}

#[test]
fn everything_is_selected_duplicated_and_taken_back_by_keyboard() {
    story("?play=0", async |page| {
        page.begin().await?;
        page.until_card("Service web", "2 of 2 endpoints ready").await?;
        let before = page.board().await?;
        page.control('a').await?;
        page.until(&format!("{SELECTED}.length === 4")).await?;
        page.control('d').await?;
        page.until_card("Service web-2", "4 of 4 endpoints ready").await?;
        page.control('z').await?;
        page.until_card("Service web", "2 of 2 endpoints ready").await?;
        assert_eq!(page.board().await?, before);
        Ok(())
    });
}

#[test]
fn a_tool_is_dragged_from_the_bar_onto_the_board() {
    story("?play=0", async |page| {
        page.begin().await?;
        page.choose("Scenario:", "Empty board").await?;
        page.until("!document.querySelector('main article[aria-label^=\"Service\"]')").await?;
        let [left, top, ..] = edges(&page, ".tool[aria-label=Service]").await?;
        let [start, upper, end, lower] = edges(&page, "main").await?;
        let place = ((start + end) / 2 - 40, (upper + lower) / 2);
        let chain = page.driver.action_chain().move_to(left + 20, top + 20).click_and_hold();
        chain.move_to(left + 160, top + 60).move_to(place.0, place.1).perform().await?;
        // The ghost is where the card will be.
        page.until("document.querySelector('.ghost').getClientRects().length").await?;
        page.driver.action_chain().release().perform().await?;
        page.until_card("Service web", "no endpoints").await?;
        let [_, card_top, ..] = edges(&page, &card("Service web")).await?;
        assert!((card_top - place.1).abs() < 40, "{card_top} is not near {}", place.1);
        page.until("!document.querySelector('.ghost').getClientRects().length").await?;
        page.until_button("Undo").await
    });
}

#[test]
fn cards_that_make_room_glide_and_their_lines_with_them() {
    story("", async |page| {
        page.begin().await?;
        page.until_card("Service web", "2 of 2 endpoints ready").await?;
        // In each frame: where the card of web-2 is, and how far from it the nearest line ends.
        page.driver
            .execute(
                "window.tops = []; window.gaps = [];
                 const watch = () => {
                     const card = document.querySelector(`main [data-card][aria-label^='Pod web-2']`).getBoundingClientRect();
                     const lines = [...document.querySelectorAll('svg.net:not(.over) .link:not(.near)')].map((line) => {
                         const end = line.getPointAtLength(line.getTotalLength()).matrixTransform(line.getScreenCTM());
                         return Math.hypot(end.x - card.left, end.y - card.top - card.height / 2);
                     });
                     window.tops.push(Math.round(card.top)); window.gaps.push(Math.min(...lines));
                     requestAnimationFrame(watch);
                 };
                 watch();",
                [],
            )
            .await?;
        let [left, top, ..] = edges(&page, &card("Node node-1")).await?;
        page.keys("p").await?;
        page.driver.action_chain().move_to(left + 120, top + 20).click().perform().await?;
        page.until("window.tops.at(-1) - window.tops[0] > 30 && new Set(window.tops.slice(-12)).size === 1")
            .await?;
        let places = page.value("new Set(window.tops).size").await?.as_u64().unwrap_or(0);
        assert!(places > 4, "the card was seen at {places} places on its way");
        let gap = page.value("Math.max(...window.gaps)").await?.as_f64().unwrap_or(f64::MAX);
        assert!(gap < 3.0, "a line ended {gap} px from its card");
        Ok(())
    });
}
