//! Boards of several namespaces.

use serde_json::json;
use thirtyfour::prelude::*;

use crate::drawing::card;
use crate::page::{Page, story};

/// A Service and its Pod in a namespace of their own.
const BLOG: &str = "
apiVersion: v1
kind: Namespace
metadata: {name: blog}
---
apiVersion: v1
kind: Service
metadata: {name: posts, namespace: blog}
spec: {selector: {app: posts}, ports: [{port: 80}]}
---
apiVersion: v1
kind: Pod
metadata: {name: posts-1, namespace: blog, labels: {app: posts}}
spec: {nodeName: node-1, containers: [{name: c, image: nginx, ports: [{containerPort: 80}]}]}
";

/// Chooses the first that the palette finds by these words, which it begins with.
async fn choose(page: &Page, words: &str) -> WebDriverResult<()> {
    const FIRST: &str = "document.querySelector('#palette-found [role=option][aria-selected=true]')";
    page.control('k').await?;
    page.fill("Find or do anything", words).await?;
    page.until(&format!("{FIRST}?.textContent.trim().startsWith({})", json!(words))).await?;
    page.driver.execute(&format!("{FIRST}.click()"), []).await?;
    page.until("!document.querySelector('dialog[open]')").await
}

#[test]
fn one_namespace_is_shown_alone() {
    story("?play=0", async |page| {
        page.begin().await?;
        page.until_card("Service web", "2 of 2 endpoints ready").await?;
        // With one namespace there is nothing to choose.
        assert_eq!(page.value("!!document.querySelector('.top .namespace')").await?, false);
        page.choose("Import and export YAML", "Import YAML").await?;
        page.fill("YAML to import", BLOG).await?;
        page.press("Apply").await?;
        page.until_card("Service posts", "1 of 1 endpoints ready").await?;
        page.choose("Shown: All namespaces", "Namespace blog").await?;
        page.until_button("Shown: Namespace blog").await?;
        page.until("!document.querySelector('main article[aria-label^=\"Service web\"]')").await?;
        page.until("!document.querySelector('main article[aria-label^=\"Pod web-1\"]')").await?;
        page.until_card("Pod posts-1", "").await?;

        // What is made goes where one looks.
        choose(&page, "Add a Pod").await?;
        page.until_card("Pod posts-2", "").await?;
        page.until_button("Shown: Namespace blog").await?;

        // What is found and selected comes into view.
        page.control('k').await?;
        page.fill("Find or do anything", "Service web").await?;
        page.until("document.querySelector('#palette-found [role=option][aria-selected=true]')?.textContent.includes('web')").await?;
        page.driver
            .execute("document.querySelector('#palette-found [role=option][aria-selected=true]').click()", [])
            .await?;
        page.until_button("Shown: All namespaces").await?;
        page.until_card("Service web", "2 of 2 endpoints ready").await?;

        // By name, and on a phone.
        page.control('k').await?;
        page.fill("Find or do anything", "Show namespace blog").await?;
        page.until("document.querySelector('#palette-found [role=option][aria-selected=true]')?.textContent.includes('blog')").await?;
        page.driver
            .execute("document.querySelector('#palette-found [role=option][aria-selected=true]').click()", [])
            .await?;
        page.until(&format!("!document.querySelector({})", json!(card("Service web")))).await?;
        page.viewport(390, 844).await?;
        page.choose("More", "All namespaces").await?;
        page.until_card("Service web", "2 of 2 endpoints ready").await
    });
}
