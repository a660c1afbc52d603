//! What kubectl prints, in the inspector.

use serde_json::json;
use thirtyfour::prelude::*;

use crate::drawing::card;
use crate::page::{Page, story};

/// What the first block of printed text holds.
const PRINTED: &str = "document.querySelector('.described pre')?.textContent ?? ''";

/// Opens the tab Describe of a card's object.
async fn describe(page: &Page, name: &str) -> WebDriverResult<()> {
    page.find(&card(name)).await?.click().await?;
    page.press("Describe").await?;
    page.until("document.querySelector('[data-tab=describe][aria-selected=true]')").await
}

#[test]
fn a_pod_that_is_not_ready_leaves_the_endpoints_that_kubectl_describes() {
    story("?play=0", async |page| {
        page.begin().await?;
        page.until_card("Service web", "2 of 2 endpoints ready").await?;
        describe(&page, "Service web").await?;
        page.until_button("Copy kubectl describe service web").await?;
        let endpoints = format!("({PRINTED}).match(/^Endpoints: +(\\S*)$/m)?.[1]");
        page.until(&format!("({endpoints})?.split(',').length === 2")).await?;
        let both = page.value(&endpoints).await?;
        // The same addresses stand in its EndpointSlice, which the folded part lists.
        page.driver.execute("document.querySelector('.described summary').click()", []).await?;
        page.until("document.querySelectorAll('.described details pre').length === 2").await?;
        let slices = "document.querySelectorAll('.described details pre')[1].textContent";
        let first = both.as_str().unwrap_or_default().split(':').next().unwrap_or_default().to_owned();
        page.until(&format!("{slices}.includes({})", json!(first))).await?;

        page.press("Make web-1 unready").await?;
        page.until_card("Service web", "1 of 2 endpoints ready").await?;
        describe(&page, "Pod web-1").await?;
        page.until(&format!("/^ +Ready +False/m.test({PRINTED})")).await?;
        page.until(&format!("/^ +Warning +Unhealthy /m.test({PRINTED})")).await?;
        describe(&page, "Service web").await?;
        page.until(&format!("({endpoints})?.split(',').length === 1")).await?;
        let one = page.value(&endpoints).await?;
        assert!(both.as_str().unwrap_or_default().contains(one.as_str().unwrap_or_default()), "{both} {one}");
        Ok(())
    });
}

#[test]
fn ages_grow_while_time_goes_on() {
    story("", async |page| {
        page.begin().await?;
        page.until_card("Service web", "2 of 2 endpoints ready").await?;
        page.find(&card("Pod web-1")).await?.click().await?;
        page.press("Describe").await?;
        let age = format!("Number(({PRINTED}).match(/Started +(\\d+)s /)?.[1])");
        page.until(&format!("{age} >= 0")).await?;
        let before = page.value(&age).await?;
        page.until(&format!("{age} > {before}")).await
    });
}

#[test]
fn what_kubectl_prints_fits_a_phone() {
    story("?play=0", async |page| {
        page.begin().await?;
        page.phone(390, 844).await?;
        page.until_card("Service web", "2 of 2 endpoints ready").await?;
        let open = format!("document.querySelector({}).click()", json!(card("Service web")));
        page.driver.execute(&open, []).await?;
        page.until("document.querySelector('.side').getClientRects().length").await?;
        page.driver.execute("document.querySelector('[data-tab=describe]').click()", []).await?;
        page.until("document.querySelector('.described pre')").await?;
        // Long lines scroll in their block, and every tab is in the window.
        for inside in [".side", ".described", ".described pre", ".side [role=tablist]"] {
            let right = format!(
                "document.querySelector({}).getBoundingClientRect().right <= innerWidth",
                json!(inside)
            );
            assert_eq!(page.value(&right).await?, json!(true), "{inside}");
        }
        let wide = "document.documentElement.scrollWidth <= innerWidth";
        assert_eq!(page.value(wide).await?, json!(true));
        Ok(())
    });
}
