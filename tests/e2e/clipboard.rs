//! Copies and pastes: YAML from the board to any editor, and back.

use serde_json::json;
use thirtyfour::prelude::*;

use crate::drawing::card;
use crate::page::{Page, story};

/// Pastes a text as one that was copied in an editor.
async fn paste(page: &Page, text: &str) -> WebDriverResult<()> {
    let script = "const data = new DataTransfer();
        data.setData('text/plain', arguments[0]);
        document.body.dispatchEvent(new ClipboardEvent('paste', { clipboardData: data, bubbles: true, cancelable: true }));";
    page.driver.execute(script, vec![json!(text)]).await?;
    Ok(())
}

#[test]
fn what_is_copied_is_pasted_beside_it_under_free_names() {
    story("?play=0", async |page| {
        page.begin().await?;
        page.until_card("Service web", "2 of 2 endpoints ready").await?;
        page.find(&card("Service web")).await?.click().await?;
        // What would be in the clipboard is what its author wrote.
        let heard = "window.copied = null;
            document.addEventListener('copy', (e) => { window.copied = e.clipboardData.getData('text/plain'); });";
        page.driver.execute(heard, []).await?;
        page.control('c').await?;
        page.until("window.copied?.startsWith('apiVersion: v1\\nkind: Service\\n')").await?;
        page.until("!window.copied.includes('clusterIP') && !window.copied.includes('uid')").await?;
        page.until_text("Service default/web was copied as YAML.").await?;
        page.control('v').await?;
        page.until_card("Service web-2", "2 of 2 endpoints ready").await?;
        page.control('v').await?;
        page.until_card("Service web-3", "2 of 2 endpoints ready").await?;
        page.control('x').await?;
        page.until("!document.querySelector('main article[aria-label^=\"Service web-3\"]')").await?;
        page.control('z').await?;
        page.until_card("Service web-3", "2 of 2 endpoints ready").await
    });
}

#[test]
fn yaml_from_an_editor_is_applied_to_the_board() {
    const SERVICE: &str = "apiVersion: v1\nkind: Service\nmetadata: {name: web}\nspec:\n  selector: {app: wbe}\n  ports: [{port: 80}]\n";
    story("?play=0", async |page| {
        page.begin().await?;
        page.until_card("Service web", "2 of 2 endpoints ready").await?;
        paste(&page, SERVICE).await?;
        // The Service of that name is changed, not another one made.
        page.until_card("Service web", "1 of 1 endpoints ready").await?;
        assert!(!page.board().await?.iter().any(|name| name.starts_with("Service web-2")));
        page.control('z').await?;
        page.until_card("Service web", "2 of 2 endpoints ready").await?;
        // What would be refused is shown first, with the API server's words.
        paste(&page, &SERVICE.replace("port: 80", "port: 80000")).await?;
        page.until("document.querySelector('dialog[open]')").await?;
        page.until_text("must be between 1 and 65535, inclusive").await
    });
}
