//! The page for everyone: held to axe, told by keyboard alone and by touch alone.

use thirtyfour::prelude::*;

use crate::axe::Found;
use crate::page::{Page, Theme, story};

/// The windows in which the page is held to axe, and whether fingers use it.
const WINDOWS: [(u32, u32, bool); 2] = [(1400, 900, false), (390, 844, true)];

#[test]
fn axe_finds_nothing_on_the_board_and_in_the_inspector() {
    story("", async |page| {
        page.begin().await?;
        let mut found = Found::default();
        for (width, height, fingers) in WINDOWS {
            for theme in [Theme::Light, Theme::Dark] {
                if fingers {
                    page.phone(width, height).await?;
                } else {
                    page.viewport(width, height).await?;
                }
                page.theme(theme).await?;
                page.open("?scenario=first&play=0").await?;
                page.until_card("Service web", "2 of 2 endpoints ready").await?;
                let window = format!("{width}x{height}, {}", theme.name());
                found.look(&page, &format!("the board, {window}")).await?;
                page.driver.execute(&format!("{}.click()", card("Service web")), []).await?;
                page.until("document.querySelector('.side').getClientRects().length").await?;
                let tabs = page
                    .value("[...document.querySelectorAll('.side [data-tab]')].map((e) => e.dataset.tab)")
                    .await?;
                let tabs: Vec<String> = serde_json::from_value(tabs)?;
                assert!(tabs.len() >= 4, "{tabs:?}");
                for tab in tabs {
                    open_tab(&page, &tab).await?;
                    found.look(&page, &format!("the tab {tab}, {window}")).await?;
                }
            }
        }
        found.nothing();
        Ok(())
    });
}

async fn open_tab(page: &Page, tab: &str) -> WebDriverResult<()> {
    page.driver.execute(&format!("document.querySelector('[data-tab={tab}]').click()"), []).await?;
    page.until(&format!("document.querySelector('[data-tab={tab}][aria-selected=true]')")).await
}

#[test]
fn axe_finds_nothing_in_the_lists_and_dialogs() {
    story("", async |page| {
        let mut found = Found::default();
        found.look(&page, "the legend, which greets").await?;
        page.begin().await?;
        page.until("document.querySelectorAll('.reqs .rq').length > 1").await?;
        page.pause().await?;
        page.driver.execute("document.querySelector('.reqs .rq').click()", []).await?;
        page.until("document.querySelector('.hops')").await?;
        found.look(&page, "the hops of a request").await?;
        for tab in ["events", "outline"] {
            open_tab(&page, tab).await?;
            found.look(&page, &format!("the tab {tab}")).await?;
        }
        for (menu, item) in [
            ("Import and export YAML", "Import YAML"),
            ("Import and export YAML", "Export YAML"),
            ("Help", "Keys"),
        ] {
            page.press(menu).await?;
            found.look(&page, &format!("the menu {menu}")).await?;
            page.press(item).await?;
            page.until("document.querySelector('dialog[open]')").await?;
            found.look(&page, &format!("the dialog {item}")).await?;
            page.press("Close").await?;
            page.until("!document.querySelector('dialog[open]')").await?;
        }
        page.control('k').await?;
        page.until("document.querySelector('dialog[open] [role=option]')").await?;
        found.look(&page, "the command palette").await?;
        page.driver.action_chain().send_keys(Key::Escape.value()).perform().await?;
        page.until("!document.querySelector('dialog[open]')").await?;
        let pod = page.find("main article[aria-label^='Pod web-1']").await?;
        page.driver.action_chain().context_click_element(&pod).perform().await?;
        page.until("document.querySelector('main [role=menu]')").await?;
        found.look(&page, "the menu of a Pod").await?;
        page.driver.action_chain().send_keys(Key::Escape.value()).perform().await?;
        page.until("!document.querySelector('main [role=menu]')").await?;
        page.choose("Scenario:", "Empty board").await?;
        page.until("!document.querySelector('main article[aria-label^=\"Service\"]')").await?;
        found.look(&page, "the empty board").await?;
        found.nothing();
        Ok(())
    });
}

#[test]
fn axe_finds_nothing_in_an_embed() {
    story("", async |page| {
        let mut found = Found::default();
        page.viewport(800, 500).await?;
        for query in ["?embed=1&play=0", "?embed=1&play=0&view=split", "?embed=1&play=0&view=yaml"] {
            for theme in [Theme::Light, Theme::Dark] {
                page.theme(theme).await?;
                page.open(query).await?;
                page.until_button("Send").await?;
                found.look(&page, &format!("{query}, {}", theme.name())).await?;
            }
        }
        page.press("Send").await?;
        page.named("input", "URL, or host and port").await?;
        found.look(&page, "the composer of an embed").await?;
        found.nothing();
        Ok(())
    });
}

/// The round button of a phone.
const ADD: &str = "document.querySelector('button[aria-label=\"Add to the board\"]')";

/// Where a card stands, by the beginning of its name.
fn card(name: &str) -> String {
    format!("document.querySelector('main article[aria-label^=\"{name}\"]')")
}

#[test]
fn a_phone_places_drags_opens_the_sheet_and_sends_by_touch_alone() {
    story("", async |page| {
        page.phone(390, 844).await?;
        page.open("?scenario=first").await?;
        page.tap_button("To the board").await?;
        page.until("!document.querySelector('dialog[open]')").await?;
        page.tap_button("Scenario:").await?;
        page.tap_button("Empty board").await?;
        page.until("!document.querySelector('main article[aria-label^=\"Service\"]')").await?;
        // Place: a Service in its lane, a Pod on a node.
        page.tap_until(ADD, "document.querySelector('[role=menu]')").await?;
        page.tap_button("Service").await?;
        page.tap_at((230.0, 420.0)).await?;
        page.until_card("Service web", "no endpoints").await?;
        page.tap_button("Close the inspector").await?;
        page.tap_until(ADD, "document.querySelector('[role=menu]')").await?;
        page.tap_button("Pod").await?;
        page.tap("document.querySelector('main [aria-label^=\"Node node-2\"] h3')").await?;
        page.until_card("Service web", "1 of 1 endpoints ready").await?;
        page.tap_button("Close the inspector").await?;
        // Drag: the card follows the finger and stays where it is put down.
        let from = page.middle(&card("Service web")).await?;
        page.swipe(from, (from.0, from.1 - 120.0)).await?;
        page.until(&format!("{}.getBoundingClientRect().top < {}", card("Service web"), from.1 - 80.0))
            .await?;
        // The sheet: a tap on a card opens it at half, a swipe raises it, another closes it.
        let side = "document.querySelector('.side').getBoundingClientRect()";
        page.tap_until(&card("Service web"), &format!("Math.abs({side}.top - 0.44 * 844) < 2")).await?;
        let grip = page.middle("document.querySelector('.side .sheet-grip')").await?;
        page.swipe(grip, (grip.0, 120.0)).await?;
        page.until(&format!("Math.abs({side}.top - 64) < 2")).await?;
        let grip = page.middle("document.querySelector('.side .sheet-grip')").await?;
        page.swipe(grip, (grip.0, 400.0)).await?;
        page.until(&format!("Math.abs({side}.top - 0.44 * 844) < 2")).await?;
        // Send is reachable with the sheet open, and without.
        page.until("document.querySelector('.pill .send').getClientRects().length").await?;
        let grip = page.middle("document.querySelector('.side .sheet-grip')").await?;
        page.swipe(grip, (grip.0, 830.0)).await?;
        page.until(&format!("{side}.height === 0")).await?;
        // The Pod shall ask.
        page.tap_until(ADD, "document.querySelector('[role=menu]')").await?;
        page.tap_button("Client").await?;
        page.tap(&card("Pod web")).await?;
        page.until("document.querySelector('.foot .c-url').value.includes('web.default.svc.cluster.local')")
            .await?;
        let send = "document.querySelector('.foot .compose button[type=submit]')";
        page.tap_until(send, "document.querySelector('[data-tab=requests] .count').textContent !== '0'")
            .await?;
        page.until("document.querySelector('.sentence').innerText.includes('200 OK')").await?;
        // Two fingers apart: nearer.
        let scale = "new DOMMatrix(getComputedStyle(document.querySelector('.world')).transform).a";
        let before = page.value(scale).await?.as_f64().unwrap_or_default();
        page.move_fingers(&[((180.0, 400.0), (120.0, 400.0)), ((210.0, 400.0), (270.0, 400.0))]).await?;
        page.until(&format!("{scale} > {before} * 1.05 || document.querySelector('main.compact, main.full')"))
            .await
    });
}

#[test]
fn fingers_have_targets_of_44_pixels() {
    story("", async |page| {
        page.phone(390, 844).await?;
        page.open("?scenario=first&play=0").await?;
        page.until("document.querySelector('dialog[open]')").await?;
        page.tap_button("To the board").await?;
        page.until_card("Service web", "2 of 2 endpoints ready").await?;
        let small = "[...document.querySelectorAll('button, select, input, [role=tab], [role=menuitem]')]
            .filter((e) => e.checkVisibility({ visibilityProperty: true }) && !e.closest('main, .skips, .sheet-grip'))
            .map((e) => [e.getAttribute('aria-label') ?? e.textContent, e.getBoundingClientRect()])
            .filter(([, { width, height }]) => Math.min(width, height) < 44)
            .map(([name, { width, height }]) => `${name}: ${width} x ${height}`)";
        assert_eq!(page.value(small).await?, serde_json::json!([]));
        Ok(())
    });
}

#[test]
fn everything_fits_a_window_of_320_pixels_and_twice_the_size() {
    story("", async |page| {
        page.begin().await?;
        // 1280 pixels at 200 % and at 400 %.
        for (width, height) in [(640, 450), (320, 256)] {
            page.viewport(width, height).await?;
            page.open("?scenario=first&play=0").await?;
            page.until_card("Service web", "").await?;
            page.until("document.documentElement.scrollWidth <= innerWidth").await?;
            // All of it is there, where need be after scrolling.
            for name in ["Scenario:", "Send", "Add to the board", "Paused, play"] {
                let button = page.named("button", name).await?;
                button.scroll_into_view().await?;
                let inside = "const { top, bottom, left, right } = arguments[0].getBoundingClientRect();
                    return top >= 0 && left >= 0 && Math.floor(bottom) <= innerHeight && Math.floor(right) <= innerWidth;";
                let seen = page.driver.execute(inside, vec![button.to_json()?]).await?;
                assert_eq!(seen.json(), &serde_json::json!(true), "{name} at {width}x{height}");
            }
            let board = "document.querySelector('main').getBoundingClientRect().height >= 150";
            assert_eq!(page.value(board).await?, serde_json::json!(true), "no board at {width}x{height}");
        }
        Ok(())
    });
}
