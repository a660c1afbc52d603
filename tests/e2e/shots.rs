//! Pictures of the page in shots/: `./dev shots`. Also a story: every view renders, in both themes, without an error.

use std::path::Path;

use thirtyfour::error::WebDriverResult;

use crate::page::{Page, Theme, story};

/// Takes the pictures `NAME-THEME-WIDTHxHEIGHT.png` of the page with `query`. The environment variable SHOTS holds a
/// further query and fragment, such as `scenario=typo#v1.abc`.
async fn pictures(page: &Page, name: &str, (width, height): (u32, u32), query: &str) -> WebDriverResult<()> {
    let more = std::env::var("SHOTS").unwrap_or_default();
    let (more_query, fragment) = more.split_once('#').unwrap_or((&more, ""));
    let query: Vec<&str> =
        [query, more_query.trim_start_matches('?')].into_iter().filter(|part| !part.is_empty()).collect();
    for theme in [Theme::Light, Theme::Dark] {
        page.viewport(width, height).await?;
        page.theme(theme).await?;
        page.open(&format!("?{}#{fragment}", query.join("&"))).await?;
        let file = format!("shots/{name}-{}-{width}x{height}.png", theme.name());
        page.picture(&Path::new(env!("CARGO_MANIFEST_DIR")).join(file)).await?;
    }
    Ok(())
}

#[test]
fn the_board_renders_in_both_themes() {
    story("", async |page| pictures(&page, "board", (1400, 900), "").await);
}

#[test]
fn the_embedded_view_renders_in_both_themes() {
    story("", async |page| pictures(&page, "embed", (800, 500), "embed=1").await);
}

#[test]
fn a_phone_renders_in_both_themes() {
    story("", async |page| pictures(&page, "phone", (390, 844), "").await);
}
