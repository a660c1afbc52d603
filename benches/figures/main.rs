//! `./dev bench`: how fast the engine is, natively and as WebAssembly in headless Chromium, and how large the page.
//!
//! A new figure is a line in `engine::FIGURES`, `cluster::FIGURES` or `frame::FIGURES`. `frames` measures the page as it is drawn.

mod cluster;
#[path = "../../tests/common/crowd.rs"]
mod crowd;
#[cfg(not(target_arch = "wasm32"))]
#[path = "../../tests/e2e/dist.rs"]
mod dist;
mod engine;
mod frame;
#[cfg(not(target_arch = "wasm32"))]
mod frames;
// The stories' harness, of which the frames need a part.
#[cfg(not(target_arch = "wasm32"))]
#[allow(dead_code)]
#[path = "../../tests/e2e/page.rs"]
mod page;
#[cfg(not(target_arch = "wasm32"))]
#[path = "../../tests/e2e/server.rs"]
mod server;
#[cfg(not(target_arch = "wasm32"))]
mod size;

/// What marks a figure in the output of the browser: the mark, the name and the microseconds, with tabs between.
const MARK: &str = "figure";

/// All figures by name.
fn figures() -> impl Iterator<Item = (&'static str, engine::Prepare)> {
    engine::FIGURES.iter().chain(cluster::FIGURES).chain(frame::FIGURES).copied()
}

/// The shortest time of one call, in microseconds: the best of five rounds of at least 50 ms. `clock` gives
/// microseconds.
fn microseconds(work: &mut dyn FnMut(), clock: fn() -> f64) -> f64 {
    let mut calls = 1_u32;
    let mut round = |calls: u32| {
        let start = clock();
        (0..calls).for_each(|_| work());
        clock() - start
    };
    while round(calls) < 50_000.0 {
        calls *= 2;
    }
    (0..5).map(|_| round(calls) / f64::from(calls)).fold(f64::INFINITY, f64::min)
}

#[cfg(not(target_arch = "wasm32"))]
fn main() {
    native::table();
}

#[cfg(target_arch = "wasm32")]
fn main() {}

#[cfg(not(target_arch = "wasm32"))]
mod native {
    use std::collections::BTreeMap;
    use std::process::Command;
    use std::sync::LazyLock;

    use super::{MARK, figures, frames, microseconds, size};

    // The bench looks at the engine from outside, where time is real.
    #[allow(clippy::disallowed_types)]
    fn clock() -> f64 {
        static START: LazyLock<std::time::Instant> = LazyLock::new(std::time::Instant::now);
        START.elapsed().as_secs_f64() * 1e6
    }

    pub fn table() {
        // `cargo bench --bench figures -- native WORD`: without the browser, and only the figures with the word.
        let words: Vec<String> = std::env::args().skip(1).filter(|word| !word.starts_with("--")).collect();
        let native_only = words.first().is_some_and(|word| word == "native");
        if native_only {
            for (name, prepare) in
                figures().filter(|(name, _)| words.iter().skip(1).all(|word| name.contains(word)))
            {
                println!("{name:<60} {:>12}", shown(microseconds(&mut *prepare(), clock)));
            }
            return;
        }
        // `cargo bench --bench figures -- frames`: the built page alone.
        if words.first().is_some_and(|word| word == "frames") {
            frames::table();
            return;
        }
        let in_browser = in_browser();
        println!("{:<60} {:>12} {:>12}", "what", "native", "wasm");
        for (name, prepare) in figures() {
            let native = microseconds(&mut *prepare(), clock);
            let wasm = in_browser.get(name).copied();
            println!("{name:<60} {:>12} {:>12}", shown(native), wasm.map_or("failed".to_owned(), shown));
        }
        let page = size::page(&crate::dist::dist());
        for (name, weight) in [
            ("all that the first board loads, brotli (goal: 400 KB)", page.first),
            ("the program's later part, brotli", page.later),
            ("the YAML editor, when it is opened, brotli", page.editor),
            ("the painter, when a board is busy, brotli", page.painter),
        ] {
            println!(
                "{name:<60} {:>12} {:>16}",
                format!("{} KB", weight.travels / 1000),
                format!("({} KB raw)", weight.raw / 1000)
            );
        }
        frames::table();
        assert!(in_browser.len() == figures().count(), "the browser gave {} figures", in_browser.len());
    }

    fn shown(microseconds: f64) -> String {
        match microseconds {
            ..1000.0 => format!("{microseconds:.2} us"),
            _ => format!("{:.2} ms", microseconds / 1000.0),
        }
    }

    /// The same figures from the browser, with the code as it travels: the profile `web`.
    fn in_browser() -> BTreeMap<String, f64> {
        let output = Command::new(env!("CARGO"))
            .args(["test", "--quiet", "--profile", "web", "--target", "wasm32-unknown-unknown"])
            .args(["--bench", "figures", "--", "--nocapture"])
            // Seconds; the runner's own are 20.
            .env("WASM_BINDGEN_TEST_TIMEOUT", "600")
            .current_dir(env!("CARGO_MANIFEST_DIR"))
            .output()
            .expect("cargo runs");
        let text = String::from_utf8_lossy(&output.stdout);
        if !output.status.success() {
            println!("{text}{}", String::from_utf8_lossy(&output.stderr));
        }
        text.lines()
            .filter_map(|line| {
                let (name, value) = line.trim().strip_prefix(MARK)?.strip_prefix('\t')?.split_once('\t')?;
                Some((name.to_owned(), value.parse().ok()?))
            })
            .collect()
    }
}

#[cfg(target_arch = "wasm32")]
mod browser {
    use wasm_bindgen_test::{console_log, wasm_bindgen_test, wasm_bindgen_test_configure};

    use super::{MARK, figures, microseconds};

    wasm_bindgen_test_configure!(run_in_browser);

    /// Not the clock on the wall, which may be set while it is looked at.
    fn clock() -> f64 {
        gloo::utils::window().performance().map_or(f64::NAN, |performance| performance.now() * 1000.0)
    }

    #[wasm_bindgen_test]
    fn measured() {
        for (name, prepare) in figures() {
            console_log!("{MARK}\t{name}\t{}", microseconds(&mut *prepare(), clock));
        }
    }
}
