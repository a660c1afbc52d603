//! Pictures of the board.

use serde_json::json;

use crate::page::story;

#[test]
fn the_board_is_saved_as_a_picture() {
    story("?scenario=clusterip", async |page| {
        page.begin().await?;
        page.pause().await?;
        page.until_card("Service cart", "3 of 3 endpoints ready").await?;
        page.choose("Import and export YAML", "Picture").await?;
        let image = "document.querySelector('dialog[open] img')";
        page.until(&format!("{image}?.naturalWidth > 900")).await?;
        // It shows what the board shows, as text.
        let svg = format!("decodeURIComponent({image}.src)");
        let parsed =
            format!("new DOMParser().parseFromString({svg}.slice({svg}.indexOf('<svg')), 'image/svg+xml')");
        let texts =
            page.value(&format!("[...{parsed}.querySelectorAll('text')].map((e) => e.textContent)")).await?;
        for text in ["cart", "ClusterIP", "node-1", "shop", "app=cart"] {
            assert!(
                texts.as_array().is_some_and(|all| all.contains(&json!(text))),
                "{text} is missing in {texts}"
            );
        }
        let light = page.value(&svg).await?;
        page.fill("Colours", "1").await?;
        page.until(&format!("{svg} !== {light} && {image}.naturalWidth > 900")).await?;
        let whole = page.value(&format!("{image}.naturalHeight")).await?;
        page.fill("What", "1").await?;
        page.until(&format!("{image}.naturalHeight > 0 && {image}.naturalHeight !== {whole}")).await?;
        page.press("Save PNG").await?;
        page.until("document.body.textContent.includes('The picture is saved.')").await
    });
}
