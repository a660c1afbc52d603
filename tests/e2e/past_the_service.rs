//! The way past the Service: Ingresses with TLS, paths, Gateways, NetworkPolicies, as a person meets them.

use serde_json::json;
use thirtyfour::prelude::*;

use crate::page::{Page, story};

/// Sends, and reads what is told of the newest such request: each hop, then what decided, each as one line.
async fn told(page: &Page, from: &str, url: &str) -> WebDriverResult<String> {
    page.send(from, url).await?;
    let row = format!(
        "[...document.querySelectorAll('.reqs .rq')].find((e) => !e.innerText.includes('under way') &&
            e.querySelector('.from').textContent.endsWith({}) && e.querySelector('.url').textContent.endsWith({}))",
        json!(from),
        json!(url)
    );
    page.until(&row).await?;
    let open = format!("const row = {row}; if (row.ariaExpanded !== 'true') row.click();");
    page.driver.execute(open, Vec::new()).await?;
    page.until("document.querySelector('.hops .decided')").await?;
    let read =
        "[...document.querySelectorAll('.reqs .rq[aria-expanded=true], .hops .hop:not(.head)')].map((e) =>
        e.textContent.replace(/\\s+/g, ' ')).join('\\n')";
    Ok(page.value(read).await?.as_str().unwrap_or_default().to_owned())
}

/// Chooses what decided the unfolded request, and waits until the inspector shows it.
async fn choose_decider(page: &Page, name: &str) -> WebDriverResult<()> {
    page.driver.execute("document.querySelector('.hops .decided button').click()", Vec::new()).await?;
    page.until(&format!("document.querySelector('.side .who h2')?.textContent === {}", json!(name))).await?;
    // And folds the request again, for the next one.
    let fold = "document.querySelector('.reqs .rq[aria-expanded=true]')?.click()";
    page.driver.execute(fold, Vec::new()).await?;
    page.until("!document.querySelector('.hops')").await
}

async fn begin(page: &Page) -> WebDriverResult<()> {
    page.begin().await?;
    page.choose("Speed:", "4\u{d7}").await
}

fn assert_told(told: &str, texts: &[&str]) {
    for text in texts {
        assert!(told.contains(text), "lacks {text:?}:\n{told}");
    }
}

#[test]
fn two_hosts_with_tls_each_have_their_certificate() {
    story("?scenario=tls", async |page| {
        begin(&page).await?;
        let shop = told(&page, "Internet", "https://shop.example/").await?;
        assert_told(&shop, &["TLS for shop.example ends here", "default/shop-cert", "Ingress default/front"]);
        choose_decider(&page, "front").await?;
        let blog = told(&page, "Internet", "https://blog.example/").await?;
        assert_told(&blog, &["TLS for blog.example ends here", "default/blog-cert", "spec.rules[1]"]);
        choose_decider(&page, "front").await?;
        let plain = told(&page, "Internet", "http://blog.example/").await?;
        assert_told(&plain, &["308 Permanent Redirect", "https://blog.example", "spec.tls"]);
        choose_decider(&page, "front").await
    });
}

#[test]
fn paths_have_their_precedence() {
    story("?scenario=paths", async |page| {
        begin(&page).await?;
        for (path, rule) in [("cart", 2), ("cart/1", 1), ("cart/items/7", 3), ("cartoon", 0)] {
            let way = told(&page, "Internet", &format!("http://shop.example/{path}")).await?;
            assert_told(&way, &[&format!("spec.rules[0].http.paths[{rule}].backend.service")]);
            choose_decider(&page, "shop").await?;
        }
        Ok(())
    });
}

#[test]
fn a_gateway_shares_requests_out_by_weight_and_takes_a_header() {
    story("?scenario=canary", async |page| {
        begin(&page).await?;
        page.until_card("shop", "shop.example at edge").await?;
        let header = told(&page, "Internet", "http://shop.example/ -H 'Version: canary'").await?;
        assert_told(&header, &["HTTPRoute default/shop", "spec.rules[0].backendRefs[0]", "canary-a"]);
        choose_decider(&page, "shop").await?;
        page.press("None for the new version").await?;
        let none = told(&page, "Internet", "http://shop.example/?all").await?;
        assert_told(&none, &["spec.rules[1].backendRefs[0]", "stable"]);
        choose_decider(&page, "shop").await?;
        let lost = told(&page, "Internet", "http://shop.example/ -H 'Host: other.example'").await?;
        assert_told(&lost, &["404 Not Found", "Gateway default/edge"]);
        choose_decider(&page, "edge").await
    });
}

#[test]
fn each_rule_of_a_policy_opens_one_more_door() {
    story("?scenario=policy", async |page| {
        begin(&page).await?;
        let denied = told(&page, "client", "http://web/?all").await?;
        assert_told(&denied, &["NetworkPolicy default/client", "spec.egress"]);
        choose_decider(&page, "client").await?;
        page.press("Open DNS").await?;
        let asked = told(&page, "client", "http://web/?dns").await?;
        assert_told(&asked, &["web.default.svc.cluster.local has A", "spec.egress"]);
        choose_decider(&page, "client").await?;
        page.press("Open the port out of the client").await?;
        let left = told(&page, "client", "http://web/?out").await?;
        assert_told(&left, &["NetworkPolicy default/client allows it with spec.egress[1]", "spec.ingress"]);
        choose_decider(&page, "web").await?;
        page.press("Open the port into web").await?;
        let open = told(&page, "client", "http://web/?in").await?;
        assert_told(&open, &["NetworkPolicy default/web allows it with spec.ingress[0]", "answers 200 OK"]);
        // The board says who may call whom, seen from the Pod that is selected.
        let select = "document.querySelector('article.pod[aria-label^=\"Pod client\"]').click()";
        page.driver.execute(select, Vec::new()).await?;
        page.until("document.querySelector('article.pod[aria-label*=\"may be called\"]')").await?;
        page.press("Why").await?;
        page.until_text("Who may talk to whom").await
    });
}
