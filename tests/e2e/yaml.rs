//! YAML in and out of the page.

use thirtyfour::error::WebDriverResult;

use crate::page::{Page, story};

const STORE: &str = include_str!("../manifests/store.yaml");

#[test]
fn pasted_yaml_puts_its_objects_on_the_board() {
    story("", async |page| {
        page.begin().await?;
        page.choose("Scenario:", "Empty board").await?;
        page.choose("Import and export YAML", "Import YAML").await?;
        page.fill("YAML to import", STORE).await?;
        page.press("Apply 9 objects").await?;
        page.until_card("Service store", "3 of 3 endpoints ready").await?;
        page.until_card("Service front,", "2 of 2 endpoints ready").await?;
        page.until_card("Service front-node", "2 of 2 endpoints ready").await?;
        let pods = "[...document.querySelectorAll('main article')].map((e) => e.getAttribute('aria-label'))
            .map((name) => name.startsWith('Pod ') ? 1 : Number(/^(\\d+) Pods of /.exec(name)?.[1] ?? 0))
            .reduce((sum, count) => sum + count, 0)";
        page.until(&format!("{pods} === 5")).await
    });
}

#[test]
fn bad_yaml_says_where_and_changes_nothing() {
    story("", async |page| {
        page.begin().await?;
        page.pause().await?;
        let before = page.board().await?;
        page.choose("Import and export YAML", "Import YAML").await?;
        page.fill("YAML to import", "apiVersion: v1\nkind: Pod\nmetadata:\n  name: a\n labels: {}\n").await?;
        page.until_text("line 5, column 2").await?;
        assert!(!page.named("button", "Apply").await?.is_enabled().await?);
        page.press("Cancel").await?;
        page.until("!document.querySelector('dialog[open]')").await?;
        assert_eq!(page.board().await?, before);
        Ok(())
    });
}

#[test]
fn refused_objects_are_named_and_the_others_applied() {
    const YAML: &str = "
{apiVersion: v1, kind: Service, metadata: {name: low}, spec: {type: NodePort, ports: [{port: 80, nodePort: 80}]}}
---
{apiVersion: v1, kind: Service, metadata: {name: taken}, spec: {clusterIP: 10.96.0.10, ports: [{port: 80}]}}
---
{apiVersion: v1, kind: Pod, metadata: {name: Upper}, spec: {containers: [{name: c, image: nginx}]}}
---
{apiVersion: v1, kind: Service, metadata: {name: good}, spec: {ports: [{port: 80}]}}
";
    story("", async |page| {
        page.begin().await?;
        page.choose("Import and export YAML", "Import YAML").await?;
        page.fill("YAML to import", YAML).await?;
        page.press("Apply 1 of 4 objects").await?;
        page.until_card("Service good", "no endpoints").await?;
        for words in [
            "provided port is not in the valid range. The range of valid ports is 30000-32767",
            "failed to allocate IP 10.96.0.10: provided IP is already allocated",
            "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters",
        ] {
            page.until_text(words).await?;
        }
        assert!(
            !page.board().await?.iter().any(|name| name.contains("Service low") || name.contains("taken"))
        );
        Ok(())
    });
}

#[test]
fn an_exported_board_is_imported_as_the_same_board() {
    story("?scenario=clusterip", async |page| {
        page.begin().await?;
        page.pause().await?;
        page.until_card("Service cart", "3 of 3 endpoints ready").await?;
        let objects = async |page: &Page| -> WebDriverResult<Vec<String>> {
            let mut cards = page.board().await?;
            cards.retain(|name| name.starts_with("Pod ") || name.starts_with("Service "));
            Ok(cards)
        };
        let before = objects(&page).await?;
        page.choose("Import and export YAML", "Export YAML").await?;
        page.until("document.querySelector('dialog[open] textarea')?.value.includes('kind: Deployment')")
            .await?;
        let yaml = page.value("document.querySelector('dialog[open] textarea').value").await?;
        let yaml = yaml.as_str().unwrap_or_default().to_owned();
        assert!(!yaml.contains("EndpointSlice") && !yaml.contains("ReplicaSet"), "{yaml}");
        page.press("Close").await?;
        page.choose("Scenario:", "Empty board").await?;
        page.until("!document.querySelector('main article[aria-label^=\"Service\"]')").await?;
        page.choose("Import and export YAML", "Import YAML").await?;
        page.fill("YAML to import", &yaml).await?;
        page.press("Apply 3 objects").await?;
        page.until_card("Service cart", "3 of 3 endpoints ready").await?;
        assert_eq!(objects(&page).await?, before);
        Ok(())
    });
}
