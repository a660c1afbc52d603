//! Boards so large that they are drawn as a map.

#[path = "../common/crowd.rs"]
mod crowd;

use endpoint_playground::api::Time;
use endpoint_playground::session::{Command, permalink};
use serde_json::json;

use crate::page::{Theme, story};

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
        page.driver.execute(COLOUR, []).await?;
        page.until("window.colour('canvas.map').pixels > 10000").await?;
        let before = page.value("window.colour('canvas.map').pixels").await?.as_u64();
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
        // Its membership is a line between the cards, where there was nothing.
        let more = before.map(|pixels| pixels + 20);
        page.until(&format!("window.colour('canvas.map').pixels > {}", json!(more))).await?;
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
        page.driver.execute(COLOUR, []).await?;
        page.driver.execute("window.picture = () => window.colour('canvas.crowd');", []).await?;
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

/// Makes `window.colour(selector)`, which counts the pixels of a canvas that have some, and tells their places as one
/// number. A thread may draw on it.
const COLOUR: &str = "window.colour = (selector) => {
    const shown = document.querySelector(selector);
    const canvas = new OffscreenCanvas(shown.width, shown.height), context = canvas.getContext('2d');
    context.drawImage(shown, 0, 0);
    const { data } = context.getImageData(0, 0, canvas.width, canvas.height);
    let pixels = 0, places = 0, light = 0;
    for (let at = 3; at < data.length; at += 4) {
        if (data[at] > 200) { pixels += 1; places = (places * 31 + at) % 1000003; light += data[at - 1]; }
    }
    return { pixels, places, light: light / pixels };
};";

#[test]
fn where_there_are_no_threads_the_page_draws_all_packets_itself() {
    let link = busy();
    story("", async move |page| {
        let source = json!({ "source": "delete window.Worker;" });
        page.driver.cdp().send_raw("Page.addScriptToEvaluateOnNewDocument", source).await?;
        page.open(&format!("?speed=0.5#{link}")).await?;
        page.until("document.querySelector('.board.large')").await?;
        page.driver.execute("document.querySelector('dialog[open]')?.close();", []).await?;
        page.driver.execute(COLOUR, []).await?;
        page.until("window.colour('canvas.packets:not(.crowd)').pixels > 2000").await?;
        assert_eq!(page.value("window.colour('canvas.crowd').pixels").await?, json!(0));
        Ok(())
    });
}

#[test]
fn a_map_slides_with_the_view_and_is_drawn_anew_when_a_zoom_ends() {
    let link = busy();
    story(&format!("?play=0#{link}"), async |page| {
        page.viewport(1400, 900).await?;
        page.until("document.querySelector('.board.large')").await?;
        page.driver.execute("document.querySelector('dialog[open]')?.close();", []).await?;
        page.driver.execute(COLOUR, []).await?;
        page.until("window.colour('canvas.map').pixels > 10000").await?;
        let turn = "((init) => {
            const board = document.querySelector('main.board'), box = board.getBoundingClientRect();
            const middle = { clientX: box.x + box.width / 2, clientY: box.y + box.height / 2 };
            board.dispatchEvent(new WheelEvent('wheel', { bubbles: true, cancelable: true, ...middle, ...init }));
        })";
        let place = "document.querySelector('canvas.map').style.transform";
        let drawn = page.value("window.colour('canvas.map').places").await?;
        page.driver.execute(format!("{turn}({{ deltaX: 40, deltaY: 0 }});"), []).await?;
        page.until(&format!("{place}.startsWith('translate(-40px')")).await?;
        assert_eq!(page.value("window.colour('canvas.map').places").await?, drawn, "it is not drawn anew");
        page.driver.execute(format!("{turn}({{ deltaY: -20, ctrlKey: true }});"), []).await?;
        page.until(&format!("{place} === 'translate(0px, 0px) scale(1)'")).await?;
        assert_ne!(page.value("window.colour('canvas.map').places").await?, drawn);
        Ok(())
    });
}

#[test]
fn a_map_that_stands_still_takes_the_colours_of_the_theme_and_of_the_system() {
    let link = busy();
    story(&format!("?play=0#{link}"), async |page| {
        page.theme(Theme::Light).await?;
        page.until("document.querySelector('.board.large')").await?;
        page.driver.execute("document.querySelector('dialog[open]')?.close();", []).await?;
        page.driver.execute(COLOUR, []).await?;
        page.until("window.colour('canvas.map').pixels > 10000").await?;
        let light = page.value("window.colour('canvas.map').light").await?;
        let differs = format!("Math.abs(window.colour('canvas.map').light - {light}) > 15");
        page.theme(Theme::Dark).await?;
        page.until(&differs).await?;
        page.theme(Theme::Light).await?;
        page.until(&format!("!({differs})")).await?;
        page.press("Theme").await?;
        page.press("Dark").await?;
        page.until(&differs).await
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
