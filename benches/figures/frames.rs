//! How smoothly a large board is drawn: 1,000 Pods and 100 Services on 50 nodes, with requests that are sent without end, in
//! headless Chromium without a GPU.
//!
//! The board comes by a link, as a person's would, and time passes at a quarter of its speed, so that most of a frame's
//! packets were there in the one before. All figures come from a trace of the browser: script is what runs of the page,
//! callbacks, timers, events and the microtasks after them, without what the bench itself runs to mark a frame and to make
//! an event; the main thread's time is that of all its tasks. Both go by the clock on the wall, so they hold the time in
//! which a thread waits for a processor that others use; of script, the time on the processor is told beside it.
//!
//! The median is that of all frames of a deed. The 99th percentile, which the machine's own business decides as much as the
//! page, is the best of three rounds.

use endpoint_playground::api::patch::Edit;
use endpoint_playground::api::{ObjectKey, Path, Time};
use endpoint_playground::session::{Command, Entry, permalink};
use serde_json::{Value, json};
use thirtyfour::prelude::*;

use crate::crowd::{crowd, to_node_port};
use crate::page::{Page, traced_story};

/// How many frames are measured for each deed, in so many rounds.
const FRAMES: usize = 540;
const ROUNDS: usize = 3;

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

/// How fast time passes.
const SPEED: f64 = 0.25;

/// From here on another Pod turns unready in each frame: the board of the last deed. In milliseconds of simulated time.
const FLIPS_FROM: u64 = 9_000;

/// What a frame lasts, in milliseconds of simulated time.
const FRAME: u64 = 4;

/// What is traced: tasks, script, and the marks of the frames.
const CATEGORIES: &str = "toplevel,devtools.timeline,blink.user_timing";

/// The name of the marks.
const MARK: &str = "frame of the bench";

/// The function of the bench that runs in each frame.
const OWN: &str = "frameOfTheBench";

/// The events of a trace that are script.
const SCRIPT: &[&str] =
    &["FireAnimationFrame", "FunctionCall", "TimerFire", "EventDispatch", "RunMicrotasks"];

/// The fragment of a link to the board; with `flips`, one whose Pods turn unready one after the other.
fn link(flips: bool) -> String {
    let mut session = crowd(50, 100);
    // 1,250 requests a second, each under way for nearly 2 seconds.
    for number in 0..100 {
        session.dispatch(Command::Repeat { request: to_node_port(number), every: 80 });
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
            let at = Time(FLIPS_FROM + FRAME * number as u64);
            recording.entries.push(Entry { at, command: Command::Edit { key, edits } });
        }
    }
    permalink::encode(&recording)
}

/// Prints the table.
pub fn table() {
    let row = |name: &str, fps: &str, figures: [&str; 3]| {
        let [main, script, own] = figures;
        println!("{name:<36} {fps:>6} {main:>18} {script:>18} {own:>18}");
    };
    let heads = ["main p50 / p99", "script p50 / p99", "on the processor"];
    row("1,000 Pods, 2,000 packets, no GPU", "fps", heads);
    row("goals", ">= 55", ["<= 8 ms /", "<= 1 ms / <= 4 ms", ""]);
    for (name, deed) in DEEDS {
        let flips = name.starts_with("one Pod");
        let address = format!("?speed={SPEED}#{}", link(flips));
        traced_story(CATEGORIES, &address, async move |page| {
            // A slow machine may take long for so many frames.
            page.driver.set_script_timeout(std::time::Duration::from_secs(120)).await?;
            page.viewport(1400, 900).await?;
            page.until("document.querySelector('.board.large')").await?;
            page.driver.execute("document.querySelector('dialog[open]')?.close();", Vec::new()).await?;
            page.until("document.querySelector('.clock')?.textContent >= '0:09.2'").await?;
            if name == "drag a card" {
                near(&page).await?;
            }
            let Figures { fps, times } = measure(&page, deed).await?;
            let [main, script, own] = times.map(|times| {
                let [middle, most] = shares(&times);
                format!("{middle:.1} / {most:.1} ms")
            });
            row(name, &format!("{fps:.0}"), [&main, &script, &own]);
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

/// Does a deed in each of so many frames, and gives what a trace of them tells.
async fn measure(page: &Page, deed: &str) -> WebDriverResult<Figures> {
    let script = format!(
        "const done = arguments[0];
         const board = document.querySelector('main.board'), box = board.getBoundingClientRect();
         const middle = {{ clientX: box.x + box.width / 2, clientY: box.y + box.height / 2 }};
         const wheel = (init) => new WheelEvent('wheel', {{ bubbles: true, cancelable: true, ...middle, ...init }});
         const pointer = (type, on, clientX, clientY) => on.dispatchEvent(new PointerEvent(type, {{ bubbles: true, cancelable: true, \
             pointerId: 1, isPrimary: true, buttons: 1, clientX, clientY }}));
         let card, start, n = 0;
         const {OWN} = () => {{
             performance.mark('{MARK}');
             {deed}
             ++n < {FRAMES} ? requestAnimationFrame({OWN}) : done();
         }};
         requestAnimationFrame({OWN});"
    );
    page.driver.execute_async(script, Vec::new()).await?;
    Ok(Figures::of(&page.trace().await?))
}

/// What a trace tells of its frames.
struct Figures {
    fps: f64,
    /// What each frame takes of the main thread, of script, and of script on the processor, in milliseconds.
    times: [Vec<f64>; 3],
}

/// A stretch of time in a trace, and what of it the thread was on a processor, in microseconds.
struct Span {
    from: f64,
    to: f64,
    own: f64,
    /// What of it counts for something else.
    given: f64,
}

impl Span {
    fn long(&self) -> f64 {
        self.to - self.from - self.given
    }
}

impl Figures {
    fn of(trace: &[Value]) -> Figures {
        let is_mark = |event: &&Value| event["name"] == MARK;
        let thread = trace.iter().find(is_mark).map(|event| (&event["pid"], &event["tid"]));
        let here: Vec<&Value> =
            trace.iter().filter(|event| thread == Some((&event["pid"], &event["tid"]))).collect();
        let number = |event: &Value, field: &str| event[field].as_f64().unwrap_or(0.0);
        let mut marks: Vec<f64> =
            here.iter().copied().filter(is_mark).map(|event| number(event, "ts")).collect();
        marks.sort_by(f64::total_cmp);
        let spans_of = |is_it: &dyn Fn(&Value) -> bool| -> Vec<Span> {
            let mut spans: Vec<Span> = here
                .iter()
                .filter(|event| event["ph"] == "X" && is_it(event))
                .map(|event| {
                    let (from, long) = (number(event, "ts"), number(event, "dur"));
                    Span { from, to: from + long, own: event["tdur"].as_f64().unwrap_or(long), given: 0.0 }
                })
                .collect();
            spans.sort_by(|one, other| one.from.total_cmp(&other.from).then(other.to.total_cmp(&one.to)));
            spans
        };
        let spans = |names: &[&str]| {
            spans_of(&|event| event["name"].as_str().is_some_and(|name| names.contains(&name)))
        };
        let (first, last) = (marks.first().copied().unwrap_or(0.0), marks.last().copied().unwrap_or(0.0));
        let frames = marks.len().saturating_sub(1);
        let script = spans(SCRIPT);
        // What the page does with the events of the bench is not the bench's.
        let events = spans(&["EventDispatch"]);
        let mut own = spans_of(&|event| {
            event["name"] == "FunctionCall" && event["args"]["data"]["functionName"] == OWN
        });
        for bench in &mut own {
            let begin = events.partition_point(|event| event.from < bench.from);
            for event in events.iter().skip(begin).take_while(|event| event.to <= bench.to) {
                bench.given += event.to - event.from;
                bench.own -= event.own;
            }
        }
        let of_page = |long: fn(&Span) -> f64| {
            let (all, own) = (in_frames(&marks, &script, long), in_frames(&marks, &own, long));
            all.into_iter().zip(own).map(|(all, own)| all - own).collect()
        };
        Figures {
            fps: frames as f64 * 1e6 / (last - first),
            times: [
                in_frames(&marks, &spans(&["ThreadControllerImpl::RunTask"]), Span::long),
                of_page(Span::long),
                of_page(|span| span.own),
            ],
        }
    }
}

/// What the spans take of each frame, in milliseconds. A span in another does not count beside it.
fn in_frames(marks: &[f64], spans: &[Span], long: fn(&Span) -> f64) -> Vec<f64> {
    let mut frames = vec![0.0; marks.len().saturating_sub(1)];
    let mut until = 0.0_f64;
    for span in spans {
        if span.from < until {
            continue;
        }
        until = span.to;
        // A frame's tasks begin just before its mark and end with the next one's.
        let frame = marks.partition_point(|mark| *mark <= span.from);
        if let Some(frame) = frame.checked_sub(1).and_then(|frame| frames.get_mut(frame)) {
            *frame += long(span) / 1000.0;
        }
    }
    frames
}

/// The median of what all frames take, and the least of the rounds' 99th percentiles.
fn shares(frames: &[f64]) -> [f64; 2] {
    let share = |frames: &[f64], share: usize| {
        let mut frames = frames.to_vec();
        frames.sort_by(f64::total_cmp);
        let at = (frames.len() * share / 100).min(frames.len().saturating_sub(1));
        frames.get(at).copied().unwrap_or(f64::NAN)
    };
    let rounds = frames.chunks(frames.len().div_ceil(ROUNDS).max(1));
    [share(frames, 50), rounds.map(|round| share(round, 99)).fold(f64::NAN, f64::min)]
}
