//! The page in other windows: by link, embedded, on a phone, in both themes.

use serde_json::json;

use crate::page::{Theme, story};

#[test]
fn a_link_shows_the_same_board_in_a_new_window() {
    story("", async |page| {
        page.begin().await?;
        page.press("Apply fix").await?;
        page.until_card("Service web", "3 of 3 endpoints ready").await?;
        page.pause().await?;
        let before = page.board().await?;
        page.press("Share").await?;
        page.until("document.getElementById('share-link')?.value.includes('#v1.')").await?;
        let link = page.value("document.getElementById('share-link').value").await?;
        page.open_beside(link.as_str().unwrap_or_default()).await?;
        page.until_card("Service web", "3 of 3 endpoints ready").await?;
        assert_eq!(page.board().await?, before);
        Ok(())
    });
}

#[test]
fn a_broken_link_says_so() {
    story("#v1.AAAA", async |page| page.until_text("This link is damaged").await);
}

#[test]
fn an_embedded_board_plays_sends_and_opens_in_full() {
    story("?embed=1", async |page| {
        page.viewport(800, 500).await?;
        page.until_card("Service web", "2 of 2 endpoints ready").await?;
        page.pause().await?;
        page.press("Paused, play").await?;
        page.until_button("Playing, pause").await?;
        page.press("Send").await?;
        page.until_button("Send").await?;
        page.named("input", "URL, or host and port").await?;
        let wide = page.value("document.documentElement.scrollWidth <= innerWidth").await?;
        assert_eq!(wide, json!(true));
        page.press("Open full").await?;
        let mut windows = page.driver.windows().await?;
        for _ in 0..200 {
            if windows.len() > 1 {
                break;
            }
            windows = page.driver.windows().await?;
        }
        assert_eq!(windows.len(), 2, "no window was opened");
        page.driver.switch_to_window(windows.remove(1)).await?;
        page.until("!location.search.includes('embed')").await?;
        page.until_card("Service web", "2 of 2 endpoints ready").await
    });
}

#[test]
fn a_phone_has_no_sideways_scrolling_and_all_tools() {
    story("", async |page| {
        page.viewport(390, 844).await?;
        page.begin().await?;
        page.until_card("Service web", "").await?;
        page.until(
            "document.documentElement.scrollWidth <= innerWidth && document.body.scrollWidth <= innerWidth",
        )
        .await?;
        page.press("Add to the board").await?;
        for tool in ["Pod", "Service", "Ingress", "Node", "Deployment"] {
            page.until_button(tool).await?;
        }
        page.press("Service").await?;
        Ok(())
    });
}

#[test]
fn both_themes_colour_the_page() {
    story("", async |page| {
        page.begin().await?;
        let background = "getComputedStyle(document.body).backgroundColor";
        let mut colours = Vec::new();
        for theme in [Theme::Light, Theme::Dark] {
            page.theme(theme).await?;
            page.until(&format!("matchMedia('(prefers-color-scheme: {})').matches", theme.name())).await?;
            colours.push(page.value(background).await?);
        }
        assert_ne!(colours[0], colours[1]);
        // The switch of the page goes before the system.
        page.choose("Theme", "Light").await?;
        page.until(&format!("{background} === {}", colours[0])).await?;
        page.choose("Theme", "Dark").await?;
        page.until(&format!("{background} === {}", colours[1])).await
    });
}
