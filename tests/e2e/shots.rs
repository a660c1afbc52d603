//! Pictures of the page in shots/: `./dev shots`. Also a story: every view renders, in both themes, without an error.

use std::path::Path;

use thirtyfour::error::WebDriverResult;

use crate::page::{Page, Theme, story};

/// The windows of the pictures.
const DESK: (u32, u32) = (1400, 900);
const EMBED: (u32, u32) = (800, 500);
const PHONE: (u32, u32) = (390, 844);

/// The board that greets, not the one that the browser keeps.
const FIRST: &str = "scenario=first";

/// Takes the pictures `NAME-THEME-WIDTHxHEIGHT.png` of the page with `query`, after `act` did something on it. The
/// environment variable SHOTS holds a further query and fragment, such as `scenario=typo#v1.abc`.
async fn pictures<Do>(page: &Page, name: &str, size: (u32, u32), query: &str, act: Do) -> WebDriverResult<()>
where
    Do: AsyncFn(&Page) -> WebDriverResult<()>,
{
    let (width, height) = size;
    let more = std::env::var("SHOTS").unwrap_or_default();
    let (more_query, fragment) = more.split_once('#').unwrap_or((&more, ""));
    let query: Vec<&str> = [query, "play=0", more_query.trim_start_matches('?')]
        .into_iter()
        .filter(|part| !part.is_empty())
        .collect();
    for theme in [Theme::Light, Theme::Dark] {
        if size == PHONE {
            page.phone(width, height).await?;
        } else {
            page.viewport(width, height).await?;
        }
        page.theme(theme).await?;
        page.open(&format!("?{}#{fragment}", query.join("&"))).await?;
        page.until("document.querySelector('main article, main.side')").await?;
        act(page).await?;
        // Cards have come to where they go.
        page.until("!document.getAnimations().some((one) => one.playState === 'running')").await?;
        let file = format!("shots/{name}-{}-{width}x{height}.png", theme.name());
        page.picture(&Path::new(env!("CARGO_MANIFEST_DIR")).join(file)).await?;
    }
    Ok(())
}

/// Goes to a moment of simulated time, in milliseconds.
async fn seek(page: &Page, to: u32) -> WebDriverResult<()> {
    let line = "document.querySelector('input[aria-label=\"Time line\"]')";
    page.until(line).await?;
    let script =
        format!("{line}.value = {to}; {line}.dispatchEvent(new Event('input', {{ bubbles: true }}))");
    page.driver.execute(&script, []).await?;
    let clock = format!("0:{:02}.{:03}", to / 1000, to % 1000);
    page.until(&format!("document.querySelector('.clock').textContent === '{clock}'")).await
}

/// Puts the legend away, where it greets.
async fn begin(page: &Page) -> WebDriverResult<()> {
    if page.value("!!document.querySelector('dialog[open]')").await? == true {
        page.begin().await
    } else {
        Ok(())
    }
}

/// Puts the legend away and goes to where a request is on its way to a node.
async fn on_the_way(page: &Page) -> WebDriverResult<()> {
    begin(page).await?;
    seek(page, 6_800).await
}

#[test]
fn the_board_renders_in_both_themes() {
    story("", async |page| pictures(&page, "board", DESK, FIRST, on_the_way).await);
}

#[test]
fn the_requests_render_in_both_themes() {
    story("", async |page| {
        pictures(&page, "requests", DESK, FIRST, async |page: &Page| {
            on_the_way(page).await?;
            page.driver.execute("document.querySelectorAll('.reqs .rq')[1].click()", []).await?;
            page.until("document.querySelector('.hops')").await
        })
        .await
    });
}

#[test]
fn the_yaml_renders_in_both_themes() {
    story("", async |page| {
        pictures(&page, "yaml", DESK, FIRST, async |page: &Page| {
            on_the_way(page).await?;
            page.driver.execute("document.querySelector('.side [data-tab=yaml]').click()", []).await?;
            page.until("document.querySelector('.side .cm-content, .side textarea')").await
        })
        .await
    });
}

#[test]
fn the_embedded_view_renders_in_both_themes() {
    story("", async |page| {
        pictures(&page, "embed", EMBED, "embed=1", async |page: &Page| seek(page, 6_800).await).await
    });
}

#[test]
fn a_phone_renders_in_both_themes() {
    story("", async |page| {
        pictures(&page, "phone", PHONE, FIRST, on_the_way).await?;
        pictures(&page, "phone-sheet", PHONE, FIRST, async |page: &Page| {
            on_the_way(page).await?;
            page.tap_until(
                "document.querySelector('main article[aria-label^=\"Service web\"]')",
                "document.querySelector('.side').getClientRects().length",
            )
            .await?;
            // The sheet has come to rest.
            page.middle("document.querySelector('.side .close')").await.map(|_| ())
        })
        .await
    });
}

#[test]
fn an_empty_board_and_a_dialog_render_in_both_themes() {
    story("", async |page| {
        pictures(&page, "legend", DESK, FIRST, async |page: &Page| {
            page.until("document.querySelector('dialog[open]')").await
        })
        .await?;
        pictures(&page, "empty", DESK, FIRST, async |page: &Page| {
            begin(page).await?;
            page.choose("Scenario:", "Empty board").await?;
            page.until("document.querySelector('main .empty')").await
        })
        .await
    });
}
