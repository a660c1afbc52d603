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

/// A link to a board with 1,500 requests under way.
fn busy() -> String {
    let mut session = crowd::crowd(20, 60);
    for number in 0..60 {
        session.dispatch(Command::Repeat { request: crowd::to_node_port(number), every: 80 });
        session.advance(session.now() + 1);
    }
    session.advance(Time(7_000));
    permalink::encode(&session.recording())
}

#[test]
fn a_busy_board_moves_its_packets_and_tells_all_of_it_when_it_stands_still() {
    let link = busy();
    story(&format!("?speed=0.5#{link}"), async |page| {
        page.viewport(1400, 900).await?;
        page.until("document.querySelector('.board.large')").await?;
        page.driver.execute("document.querySelector('dialog[open]')?.close();", []).await?;
        // Where there is colour on the canvas of many packets, as one number for each picture. A thread draws on it.
        page.driver
            .execute(
                "window.picture = () => {
                    const crowd = document.querySelector('canvas.crowd');
                    const canvas = new OffscreenCanvas(crowd.width, crowd.height), context = canvas.getContext('2d');
                    context.drawImage(crowd, 0, 0);
                    const { data } = context.getImageData(0, 0, canvas.width, canvas.height);
                    let pixels = 0, places = 0;
                    for (let at = 3; at < data.length; at += 4) {
                        if (data[at] > 200) { pixels += 1; places = (places * 31 + at) % 1000003; }
                    }
                    return { pixels, places };
                };",
                [],
            )
            .await?;
        page.until("window.picture().pixels > 2000").await?;
        page.until("(() => { const { places } = window.picture(), before = window.before; window.before = places; return before && before !== places; })()")
            .await?;
        page.press("Playing, pause").await?;
        page.until("document.querySelector('.play-word')?.textContent === 'Paused'").await?;
        page.until(
            "(() => { const [sent, newest] = ['#lists-tab-requests .count', '.rq .num'].map((one) => document.querySelector(one)?.textContent); \
             return sent && `#${sent}` === newest; })()",
        )
        .await?;
        let still = page.value("window.picture().places").await?;
        page.until("(window.frames_seen = (window.frames_seen ?? 0) + 1) > 5").await?;
        assert_eq!(page.value("window.picture().places").await?, still);
        Ok(())
    });
}

#[test]
fn what_a_request_is_written_with_stands_side_by_side_at_every_width() {
    let link = busy();
    story(&format!("?play=0#{link}"), async |page| {
        page.until("document.querySelector('.board.large')").await?;
        for (width, height) in [(1400, 900), (1280, 800), (1200, 800), (1100, 800), (900, 700), (390, 844)] {
            page.viewport(width, height).await?;
            page.until(&format!("innerWidth === {width}")).await?;
            let crossing = page
                .value(
                    "(() => {
                        const seen = [...document.querySelectorAll('.foot .tabs [role=tab], .foot .repeating, .foot .compose :is(select, input, button)')]
                            .map((one) => [one, one.getBoundingClientRect()]).filter(([, box]) => box.width > 0);
                        const crosses = (a, b) => a.left < b.right - 1 && b.left < a.right - 1 && a.top < b.bottom - 1 && b.top < a.bottom - 1;
                        return seen.flatMap(([one, a], at) => seen.slice(at + 1).filter(([, b]) => crosses(a, b))
                            .map(([other]) => `${one.className || one.id} and ${other.className || other.id}`));
                    })()",
                )
                .await?;
            assert_eq!(crossing, json!([]), "at {width} px");
        }
        Ok(())
    });
}
