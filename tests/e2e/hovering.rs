//! What lights up under the pointer.

use serde_json::json;

use crate::drawing::card;
use crate::page::story;

/// The names of the cards that are lit.
const LIT: &str = "[...document.querySelectorAll('main [data-lit]')].map((e) => e.getAttribute('aria-label').split(',')[0]).sort()";

#[test]
fn a_service_lights_its_pods_and_a_label_all_that_bear_it() {
    story("?play=0", async |page| {
        page.begin().await?;
        page.until_card("Service web", "2 of 2 endpoints ready").await?;
        let over = async |selector: String| {
            let element = page.find(&selector).await?;
            page.driver.action_chain().move_to_element_center(&element).perform().await
        };
        over(card("Service web") + " h3").await?;
        page.until(&format!("{LIT}.includes('Pod web-1') && {LIT}.includes('Load balancer for web')"))
            .await?;
        over(card("Pod web-1") + " [data-pair]").await?;
        let bearers = json!(["Pod web-1", "Pod web-2", "Service web"]);
        page.until(&format!("{LIT}.join() === {bearers}.join()")).await?;
        page.find("header.top h1").await?;
        page.driver.action_chain().move_to(200, 20).perform().await?;
        page.until(&format!("{LIT}.length === 0")).await
    });
}

#[test]
fn a_packet_shows_its_addresses() {
    story("?play=0", async |page| {
        page.begin().await?;
        page.until("document.querySelector('main path.route')").await?;
        // The request has just left: its packet is where the track begins.
        let start = "((path) => {
            const { x, y } = path.getPointAtLength(0).matrixTransform(path.getScreenCTM());
            return [Math.round(x) + 1, Math.round(y)];
        })(document.querySelector('main path.route'))";
        let start = page.value(start).await?;
        let at = (start[0].as_i64().unwrap_or(0), start[1].as_i64().unwrap_or(0));
        page.driver.action_chain().move_to(at.0 - 2, at.1).move_to(at.0, at.1).perform().await?;
        page.until("document.querySelector('main .peek')?.innerText.includes('198.51.100.23')").await?;
        page.until("document.querySelector('main .peek').innerText.includes('203.0.113.10:80')").await?;
        page.driver.action_chain().move_to(at.0, at.1 + 200).perform().await?;
        page.until("!document.querySelector('main .peek')").await
    });
}
