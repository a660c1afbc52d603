//! Stories about the board.

use serde_json::json;

use crate::page::{Theme, story};

#[test]
fn the_page_loads_and_shows_its_name() {
    story("", async |page| {
        page.until("document.body.innerText.includes('Endpoint Playground')").await?;
        assert_eq!(page.driver.title().await?, "Endpoint Playground");
        assert!(page.find("main").await?.is_displayed().await?);
        Ok(())
    });
}

#[test]
fn every_address_of_the_page_is_relative() {
    story("", async |page| {
        let addresses = "[...document.querySelectorAll('link, script[src], img')].map((e) => e.getAttribute('href') ?? \
                         e.getAttribute('src')).filter((address) => /^([a-z]+:)?\\//.test(address))";
        assert_eq!(page.value(addresses).await?, json!([]));
        Ok(())
    });
}

#[test]
fn the_colours_follow_the_system() {
    story("", async |page| {
        for theme in [Theme::Light, Theme::Dark] {
            page.theme(theme).await?;
            page.until(&format!("matchMedia('(prefers-color-scheme: {})').matches", theme.name())).await?;
        }
        Ok(())
    });
}

#[test]
#[should_panic(expected = "errors in the console")]
fn an_error_in_the_console_fails_a_story() {
    story("", async |page| {
        page.value("console.error('what a panic would print')").await?;
        Ok(())
    });
}

#[test]
#[should_panic(expected = "errors in the console")]
fn a_missing_file_fails_a_story() {
    story("", async |page| {
        page.driver
            .execute("document.body.append(Object.assign(new Image(), { src: 'missing.png' }))", [])
            .await?;
        page.until("document.images[0].complete").await
    });
}
