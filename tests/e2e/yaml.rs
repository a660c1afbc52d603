//! YAML in and out of the page.

use serde_json::json;
use thirtyfour::prelude::*;

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

/// Opens the scenario whose Service `cart` is selected, with its text in the editor and time held.
async fn cart(page: &Page) -> WebDriverResult<()> {
    page.begin().await?;
    page.pause().await?;
    page.until_card("Service cart", "3 of 3 endpoints ready").await?;
    page.press("YAML").await?;
    page.until(&format!("{TEXT}.includes('app: cart')")).await
}

/// What stands in the editor of the inspector, in lines that are in view.
const TEXT: &str =
    "([...document.querySelectorAll('aside .cm-line')].map((e) => e.textContent).join('\\n') ||
    document.querySelector('aside textarea')?.value || '')";

const SERVICE: &str = "apiVersion: v1
kind: Service
metadata:
  name: cart
spec:
  selector:
    app: cart
  ports:
  - name: http
    port: 80
    targetPort: 8080
";

#[test]
fn the_editor_highlights_numbers_and_folds() {
    story("?scenario=clusterip", async |page| {
        cart(&page).await?;
        let key = "getComputedStyle(document.querySelector('.y-key')).color";
        let value = "getComputedStyle(document.querySelector('.y-value')).color";
        page.until("document.querySelector('.y-key') && document.querySelector('.y-value')").await?;
        assert_ne!(page.value(key).await?, page.value(value).await?);
        page.until("[...document.querySelectorAll('.cm-lineNumbers .cm-gutterElement')].some((e) => e.textContent === '11')")
            .await?;
        page.find(".cm-foldGutter span[title='Fold line']").await?.click().await?;
        page.find(".cm-foldPlaceholder").await.map(|_| ())
    });
}

#[test]
fn a_problem_is_underlined_at_its_place_and_told_below_its_line() {
    story("?scenario=clusterip", async |page| {
        cart(&page).await?;
        page.fill("YAML of", &SERVICE.replace("targetPort", "targetport")).await?;
        let underlined = "document.querySelector('.cm-lintRange')?.textContent";
        page.until(&format!("{underlined} === 'targetport'")).await?;
        page.until_text("strict decoding error: unknown field \"spec.ports[0].targetport\"").await?;
        page.until("document.querySelector('.cm-gutterElement.cm-warn')?.textContent === '11'").await?;
        page.press("Change to targetPort").await?;
        page.until(&format!("!{underlined} && {TEXT}.includes('targetPort: 8080')")).await?;
        // What the API server would say stands at its place too, before anything is applied.
        page.fill("YAML of", &SERVICE.replace("port: 80\n", "port: 99999\n")).await?;
        page.until(&format!("{underlined} === '99999'")).await?;
        page.until_text("spec.ports[0].port: Invalid value: 99999: must be between 1 and 65535, inclusive")
            .await?;
        assert!(!page.named("button", "Apply").await?.is_enabled().await?);
        page.press("Discard draft").await?;
        page.until(&format!("!{underlined} && {TEXT}.includes('port: 80')")).await
    });
}

#[test]
fn fields_values_and_labels_are_completed() {
    story("?scenario=clusterip", async |page| {
        cart(&page).await?;
        let proposed = "[...document.querySelectorAll('.cm-tooltip-autocomplete .cm-completionLabel')].map((e) => e.textContent)";
        page.find("aside .cm-content").await?.click().await?;
        page.driver
            .action_chain()
            .key_down(Key::Control)
            .send_keys(Key::End)
            .key_up(Key::Control)
            .perform()
            .await?;
        let keys = async |text: &str| page.driver.action_chain().send_keys(text).perform().await;
        keys("  sessionAff").await?;
        page.until(&format!(
            "{proposed}.includes('sessionAffinity') && {proposed}.includes('sessionAffinityConfig')"
        ))
        .await?;
        keys("inity").await?;
        page.until(&format!("{proposed}[0] === 'sessionAffinity'")).await?;
        page.until("document.querySelector('.cm-tooltip-autocomplete li[aria-selected]')").await?;
        page.driver.action_chain().send_keys(Key::Tab).perform().await?;
        // The values that the field takes are proposed at once.
        page.until(&format!("{proposed}.join() === 'None,ClientIP'")).await?;
        keys("Cl").await?;
        page.until(&format!("{proposed}.join() === 'ClientIP'")).await?;
        page.driver.action_chain().send_keys(Key::Tab).perform().await?;
        page.until(&format!("{TEXT}.endsWith('  sessionAffinity: ClientIP')")).await?;
        let text = SERVICE.replace("  selector:\n    app: cart\n", "") + "  selector:\n    app: ";
        page.fill("YAML of", &text).await?;
        page.driver
            .action_chain()
            .key_down(Key::Control)
            .send_keys(Key::Space)
            .key_up(Key::Control)
            .perform()
            .await?;
        page.until(&format!("{proposed}.join() === 'cart,shop'")).await
    });
}

#[test]
fn text_and_board_are_one_thing() {
    story("?scenario=clusterip", async |page| {
        cart(&page).await?;
        page.fill("YAML of", &SERVICE.replace("app: cart", "app: nothing")).await?;
        page.driver
            .action_chain()
            .key_down(Key::Control)
            .send_keys(Key::Enter)
            .key_up(Key::Control)
            .perform()
            .await?;
        page.until_card("Service cart", "no endpoints").await?;
        page.until(&format!("{TEXT}.includes('app: nothing')")).await?;
        // Without a draft the text follows the board.
        page.press("Undo").await?;
        page.until_card("Service cart", "3 of 3 endpoints ready").await?;
        page.until(&format!("{TEXT}.includes('app: cart')")).await?;
        // A draft takes in what changes elsewhere in it.
        page.press("Redo").await?;
        page.until(&format!("{TEXT}.includes('app: nothing')")).await?;
        page.fill("YAML of", &SERVICE.replace("app: cart", "app: nothing").replace("8080", "8081")).await?;
        page.press("Undo").await?;
        page.until_text("The object changed meanwhile; the change is in your draft now.").await?;
        page.until(&format!("{TEXT}.includes('app: cart') && {TEXT}.includes('8081')")).await?;
        // Where both changed the same line, both are shown to choose from.
        page.fill("YAML of", &SERVICE.replace("app: cart", "app: mine")).await?;
        page.press("Redo").await?;
        page.until_text("The object has changed since you began, in lines that you changed too.").await?;
        assert!(!page.named("button", "Apply").await?.is_enabled().await?);
        page.press("Keep my text").await?;
        page.press("Apply").await?;
        page.until(&format!(
            "{TEXT}.includes('app: mine') && !document.body.innerText.includes('Discard draft')"
        ))
        .await
    });
}

#[test]
fn without_the_editors_script_a_text_area_does() {
    story("?scenario=clusterip", async |page| {
        page.driver.cdp().send_raw("Network.enable", json!({})).await?;
        page.driver.cdp().send_raw("Network.setBlockedURLs", json!({ "urls": ["*/editor-*.js"] })).await?;
        cart(&page).await?;
        page.fill("YAML of", &SERVICE.replace("targetPort", "targetport")).await?;
        page.until("document.querySelector('aside textarea')").await?;
        page.until_text("line 11, column 5").await?;
        page.until_text("strict decoding error: unknown field \"spec.ports[0].targetport\"").await?;
        page.fill("YAML of", &SERVICE.replace("app: cart", "app: nothing")).await?;
        page.press("Apply").await?;
        page.until_card("Service cart", "no endpoints").await?;
        let errors = page.errors().await?;
        assert!(errors.iter().all(|error| error.contains("editor-")), "{errors:?}");
        Ok(())
    });
}

#[test]
fn the_keyboard_can_leave_the_editor() {
    story("?scenario=clusterip", async |page| {
        cart(&page).await?;
        page.find("aside .cm-content").await?.click().await?;
        let inside = "document.activeElement.classList.contains('cm-content')";
        let press = async |key: Key| page.driver.action_chain().send_keys(key).perform().await;
        press(Key::Tab).await?;
        page.until(&format!("{inside} && document.body.innerText.includes('Discard draft')")).await?;
        press(Key::Escape).await?;
        press(Key::Tab).await?;
        page.until(&format!("!{inside}")).await
    });
}

#[test]
fn the_whole_board_is_one_text() {
    story("?scenario=clusterip", async |page| {
        cart(&page).await?;
        page.choose("Import and export YAML", "The board as YAML").await?;
        page.until("document.querySelector('.cm-content[aria-label=\"YAML of the board\"]')").await?;
        // A document of its own makes an object, one that is gone deletes its object, after asking.
        page.fill("YAML of the board", &SERVICE.replace("name: cart\nspec", "name: other\nspec")).await?;
        page.until_text("Service default/other created").await?;
        page.press("Apply").await?;
        page.until_text("Applying deletes").await?;
        page.press("Go back").await?;
        page.until_card("Service cart", "3 of 3 endpoints ready").await?;
        page.press("Apply").await?;
        page.press("Delete and apply").await?;
        page.until_card("Service other", "").await?;
        page.until("![...document.querySelectorAll('main article')].some((e) => e.getAttribute('aria-label').startsWith('Service cart'))")
            .await?;
        // It is one step for undo, and the text follows the board.
        page.press("Undo").await?;
        page.until_card("Service cart", "3 of 3 endpoints ready").await?;
        page.until(&format!("{TEXT}.includes('name: cart') && !{TEXT}.includes('name: other')")).await
    });
}

#[test]
fn an_embed_beside_its_text() {
    story("?embed=1&view=split&scenario=clusterip", async |page| {
        page.viewport(900, 500).await?;
        page.until_card("Service cart", "3 of 3 endpoints ready").await?;
        page.until("document.querySelector('.cm-content[aria-label=\"YAML of the board\"]')").await?;
        page.until(&format!("{TEXT}.includes('kind: Deployment') || {TEXT}.includes('kind: Service')"))
            .await?;
        page.fill("YAML of the board", &SERVICE.replace("app: cart", "app: nothing")).await?;
        page.press("Apply").await?;
        page.press("Delete and apply").await?;
        page.until_card("Service cart", "no endpoints").await
    });
}

#[test]
fn comments_stay_with_their_object() {
    story("?scenario=clusterip", async |page| {
        cart(&page).await?;
        page.fill("YAML of", &SERVICE.replace("port: 80\n", "port: 80 # for all\n")).await?;
        page.press("Apply").await?;
        page.until(&format!(
            "{TEXT}.includes('# for all') && !document.body.innerText.includes('Discard draft')"
        ))
        .await?;
        page.choose("Import and export YAML", "Export YAML").await?;
        page.until("document.querySelector('dialog[open] textarea')?.value.includes('port: 80 # for all')")
            .await
    });
}
