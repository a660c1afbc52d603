//! Boards so large that they are drawn as a map.

#[path = "../common/crowd.rs"]
mod crowd;

use endpoint_playground::api::Time;
use endpoint_playground::session::{Command, permalink};
use serde_json::json;

use crate::page::story;

/// A link to a board with many Pods, on which some requests are sent again and again.
fn link() -> String {
    let mut session = crowd::crowd(20, 60);
    for number in 0..5 {
        session.dispatch(Command::Repeat { request: crowd::to_node_port(number), every: 500 });
    }
    session.advance(Time(6_000));
    permalink::encode(&session.recording())
}

#[test]
fn a_map_is_clicked_like_cards_and_what_is_sent_without_end_is_stopped_at_once() {
    story(&format!("?play=0#{}", link()), async |page| {
        page.viewport(1400, 900).await?;
        page.until("document.querySelector('.board.large')").await?;
        page.driver.execute("document.querySelector('dialog[open]')?.close();", []).await?;
        let cards = page.value("document.querySelectorAll('[data-card]').length").await?;
        assert_eq!(cards, json!(0), "a map has no cards in the document");
        // Somewhere there is a Pod: clicks from left to right and down until one is on it.
        page.until(
            "(() => {
                const box = document.querySelector('main.board').getBoundingClientRect();
                const selected = () => document.querySelector('.side .who .kind')?.textContent ?? '';
                if (selected().startsWith('Pod in default')) return true;
                window.tried = (window.tried ?? 0) + 1;
                const clientX = box.x + (window.tried * 37) % box.width;
                const clientY = box.y + 40 + Math.floor(window.tried * 37 / box.width) * 9;
                const init = { clientX, clientY, bubbles: true, cancelable: true };
                document.querySelector('main.board').dispatchEvent(new MouseEvent('click', init));
            })()",
        )
        .await?;
        page.driver
            .execute(
                "const board = document.querySelector('main.board'), box = board.getBoundingClientRect();
                 const clientX = box.x + (window.tried * 37) % box.width;
                 const clientY = box.y + 40 + Math.floor(window.tried * 37 / box.width) * 9;
                 board.dispatchEvent(new PointerEvent('pointermove', { clientX, clientY, bubbles: true, pointerType: 'mouse' }));",
                [],
            )
            .await?;
        page.until("document.querySelector('.peek')?.textContent.startsWith('Pod default/app-')").await?;
        let lines = page.value("document.querySelectorAll('.net .link.chosen').length").await?;
        assert_eq!(lines, json!(1), "its membership is drawn");
        page.until_text("5 repeat").await?;
        page.press("Stop sending everything").await?;
        page.until("!document.querySelector('.repeating')").await
    });
}
