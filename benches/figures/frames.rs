//! How smoothly a large board is drawn: 1,000 Pods and 100 Services on 50 nodes, with requests that are sent without end, in
//! headless Chromium without a GPU.
//!
//! The board comes by a link, as a person's would. Script is what runs in a frame's callbacks and the microtasks after them;
//! the main thread's time is the browser's own count of its tasks, as a mean over the frames.

use endpoint_playground::api::patch::Edit;
use endpoint_playground::api::{ObjectKey, Path, Time, text};
use endpoint_playground::session::{Client, Command, Entry, Request, Session, permalink};
use serde_json::{Value, json};
use thirtyfour::prelude::*;

use crate::page::{Page, story};

/// How many frames are measured for each deed.
const FRAMES: u32 = 180;

/// What is done while frames are measured, as JavaScript that is run in each frame; `n` is the frame's number, `board` the
/// element and `at(x, y)` a point of it by shares.
const DEEDS: [(&str, &str); 5] = [
    ("idle", ""),
    ("pan", "board.dispatchEvent(wheel({ deltaX: 40 * Math.cos(n / 9), deltaY: 24 * Math.sin(n / 9) }));"),
    ("zoom", "board.dispatchEvent(wheel({ deltaY: n % 40 < 20 ? -20 : 20, ctrlKey: true }));"),
    (
        "drag a card",
        "if (n === 0) { [card] = [...document.querySelectorAll('.service, .node')].filter((one) => { const r = one.getBoundingClientRect(); \
         return r.x > board.getBoundingClientRect().x && r.width > 0; }); }
         if (card) { const r = start ?? (start = card.getBoundingClientRect()); pointer(n === 0 ? 'pointerdown' : 'pointermove', card, \
         r.x + 12 + (n ? 60 * Math.sin(n / 9) + 8 : 0), r.y + 10 + (n ? n / 3 : 0)); }",
    ),
    ("one Pod turns unready each frame", ""),
];

/// Every 16 ms from here on another Pod turns unready: the board of the last deed.
const FLIPS_FROM: u64 = 9_000;

/// The fragment of a link to the board; with `flips`, one whose Pods turn unready one after the other.
fn link(flips: bool) -> String {
    let mut yaml = String::new();
    for number in 1..=50 {
        yaml += &format!(
            "apiVersion: v1\nkind: Node\nmetadata: {{name: worker-{number}}}\nstatus: {{addresses: [{{type: InternalIP, address: 192.168.2.{number}}}], \
             conditions: [{{type: Ready, status: \"True\"}}]}}\n---\n"
        );
    }
    for number in 0..100 {
        yaml += &format!(
            "apiVersion: v1\nkind: Service\nmetadata: {{name: app-{number}}}\nspec: {{type: NodePort, selector: {{app: app-{number}}}, \
             ports: [{{port: 80, nodePort: {}}}]}}\n---\napiVersion: apps/v1\nkind: Deployment\nmetadata: {{name: app-{number}}}\nspec:\n  replicas: 10\n  \
             selector: {{matchLabels: {{app: app-{number}}}}}\n  template:\n    metadata: {{labels: {{app: app-{number}}}}}\n    \
             spec: {{containers: [{{name: c, image: i, ports: [{{containerPort: 80}}]}}]}}\n---\n",
            30_000 + number
        );
    }
    let reading = text::read(&yaml, "default");
    assert!(!reading.has_errors(), "{:?}", reading.problems);
    let documents = reading.documents.into_iter().map(|document| document.value).collect();
    let mut session = Session::new(1);
    session.dispatch(Command::Apply { documents, namespace: "default".to_owned() });
    session.advance(Time(4_000));
    // 1,250 requests a second, each under way for nearly 2 seconds.
    for number in 0..100 {
        let from = Client::Laptop;
        let request = Request {
            from,
            method: "GET".to_owned(),
            url: format!("http://192.168.2.1:{}/", 30_000 + number),
        };
        session.dispatch(Command::Repeat { request, every: 80 });
        session.advance(session.now() + 1);
    }
    session.advance(Time(8_000));
    let under_way =
        session.cluster().requests().iter().filter(|record| record.in_flight(session.now())).count();
    assert!(under_way >= 2_000, "{under_way} packets");
    let mut recording = session.recording();
    if flips {
        let store = session.cluster().store();
        let pods = store.objects_of(endpoint_playground::api::Kind::Pod).map(|object| object.key.clone());
        let pods: Vec<ObjectKey> = pods.filter(|key| &*key.namespace == "default").collect();
        for (number, key) in pods.into_iter().enumerate() {
            let path = Path::ROOT.field("metadata").field("annotations").field("playground.endpoint/ready");
            let edits = vec![Edit { path, value: Some(json!("false")) }];
            let at = Time(FLIPS_FROM + 16 * number as u64);
            recording.entries.push(Entry { at, command: Command::Edit { key, edits } });
        }
    }
    permalink::encode(&recording)
}

/// Prints the table.
pub fn table() {
    println!(
        "{:<36} {:>6} {:>12} {:>12} {:>12}",
        "1,000 Pods, 2,000 packets, no GPU", "fps", "main mean", "script p50", "script p99"
    );
    println!("{:<36} {:>6} {:>12} {:>12} {:>12}", "goals", ">= 55", "<= 8 ms", "<= 1 ms", "<= 4 ms");
    for (name, deed) in DEEDS {
        let flips = name.starts_with("one Pod");
        story(&format!("#{}", link(flips)), async move |page| {
            // A slow machine may take long for so many frames.
            page.driver.set_script_timeout(std::time::Duration::from_secs(120)).await?;
            page.viewport(1400, 900).await?;
            page.until("document.querySelector('.board.large')").await?;
            page.driver.execute("document.querySelector('dialog[open]')?.close();", Vec::new()).await?;
            page.until("document.querySelector('.clock')?.textContent > '0:09.5'").await?;
            if name == "drag a card" {
                near(&page).await?;
            }
            let figures = measure(&page, deed).await?;
            let number = |field: &str| figures[field].as_f64().unwrap_or(f64::NAN);
            println!(
                "{name:<36} {:>6.0} {:>9.1} ms {:>9.2} ms {:>9.2} ms",
                number("fps"),
                number("main"),
                number("p50"),
                number("p99")
            );
            Ok(())
        });
    }
}

/// Zooms in until there are cards to take.
async fn near(page: &Page) -> WebDriverResult<()> {
    let zoom = "const b = document.querySelector('main.board'), r = b.getBoundingClientRect();
        b.dispatchEvent(new WheelEvent('wheel', { deltaY: -60, ctrlKey: true, bubbles: true, cancelable: true, clientX: r.x + r.width * 0.55, clientY: r.y + r.height * 0.1 }));";
    for _ in 0..40 {
        page.driver.execute(zoom, Vec::new()).await?;
        if page.value("document.querySelectorAll('.node, .service').length > 2").await? == json!(true) {
            break;
        }
    }
    Ok(())
}

async fn measure(page: &Page, deed: &str) -> WebDriverResult<Value> {
    let cdp = page.driver.cdp();
    cdp.send_raw("Performance.enable", json!({ "timeDomain": "timeTicks" })).await?;
    let before = busy(page).await?;
    let script = format!(
        "const done = arguments[0];
         const board = document.querySelector('main.board'), box = board.getBoundingClientRect();
         const middle = {{ clientX: box.x + box.width / 2, clientY: box.y + box.height / 2 }};
         const wheel = (init) => new WheelEvent('wheel', {{ bubbles: true, cancelable: true, ...middle, ...init }});
         const pointer = (type, on, clientX, clientY) => on.dispatchEvent(new PointerEvent(type, {{ bubbles: true, cancelable: true, \
             pointerId: 1, isPrimary: true, buttons: 1, clientX, clientY }}));
         let card, start, n = 0; const times = [], begin = performance.now();
         const own = window.requestAnimationFrame.bind(window);
         let spent = 0;
         window.requestAnimationFrame = (callback) => own((at) => {{
             const from = performance.now();
             callback(at);
             // After the microtasks of the callback: those that it asked for stand before this one.
             queueMicrotask(() => queueMicrotask(() => {{ spent += performance.now() - from; }}));
         }});
         const look = () => {{
             times.push(spent); spent = 0;
             const from = performance.now();
             {deed}
             spent += performance.now() - from;
             if (++n < {FRAMES}) return own(look);
             window.requestAnimationFrame = own;
             const sorted = times.slice(2).sort((a, b) => a - b);
             const share = (part) => sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * part))];
             done({{ fps: 1000 * n / (performance.now() - begin), p50: share(0.5), p99: share(0.99) }});
         }};
         own(look);"
    );
    let mut figures = page.driver.execute_async(script, Vec::new()).await?.json().clone();
    let after = busy(page).await?;
    figures["main"] = json!((after - before) * 1000.0 / f64::from(FRAMES));
    Ok(figures)
}

/// The seconds that the main thread has worked.
async fn busy(page: &Page) -> WebDriverResult<f64> {
    let answer = page.driver.cdp().send_raw("Performance.getMetrics", json!({})).await?;
    let metrics = answer["metrics"].as_array().cloned().unwrap_or_default();
    let task = metrics.iter().find(|metric| metric["name"] == "TaskDuration");
    Ok(task.and_then(|metric| metric["value"].as_f64()).unwrap_or(f64::NAN))
}
