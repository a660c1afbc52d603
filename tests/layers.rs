//! Holds the code to its layers: a module of the library imports only modules above it in `src/lib.rs`, the engine
//! knows no browser, and the user interface reaches the engine through a few modules only.

#[path = "layers/imports.rs"]
mod imports;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use imports::{Import, Start, WHOLE, imports, mentions, public_modules};

/// The crates that know a browser.
const WEB: &[&str] = &[
    "console_error_panic_hook",
    "gloo",
    "js_sys",
    "serde_wasm_bindgen",
    "wasm_bindgen",
    "wasm_bindgen_futures",
    "web_sys",
    "yew",
];

/// What the user interface may import from the library.
const OPEN_TO_UI: &[&str] = &["api", "explain", "kubectl", "scene", "session"];

/// The one module of the library that may know a browser.
const BRIDGE: &str = "js";

/// The package of what is worked out in each frame, and the one module that may use it.
const FRAMES: (&str, &str) = ("motion", "scene");

/// The crossings of one file: `path` is relative to `src/`, `order` the library's modules from the lowest up.
fn crossings(order: &[String], path: &str, text: &str) -> Vec<String> {
    let rank = |module: &str| order.iter().position(|known| known == module);
    let modules = module_path(path);
    let top = modules.first().map_or("", String::as_str);
    let mut found = Vec::new();
    let mut cross = |line: usize, what: String| found.push(format!("src/{path}:{line}: {what}"));

    if top != FRAMES.1 {
        for (name, line) in mentions(text, &[FRAMES.0]) {
            cross(line, format!("{top} uses {name}, which is for {} alone", FRAMES.1));
        }
    }
    if let Some(own) = rank(top) {
        for Import { from, module, line } in imports(text, &modules) {
            match rank(&module) {
                Some(used) if used > own => {
                    cross(line, format!("{top} imports {module}, which stands below it"))
                }
                _ if module == WHOLE => cross(line, format!("{top} imports {WHOLE}")),
                _ if from == Start::Library => {
                    cross(line, "the library names itself: say crate::".to_owned())
                }
                _ => {}
            }
        }
        if top != BRIDGE {
            for (name, line) in mentions(text, WEB) {
                cross(line, format!("the engine uses {name}, which knows a browser"));
            }
        }
    } else if top == "ui" || top == "main" {
        for Import { from, module, line } in imports(text, &modules) {
            if from == Start::Library && !OPEN_TO_UI.contains(&module.as_str()) {
                cross(
                    line,
                    format!("the user interface imports {module}; open to it: {}", OPEN_TO_UI.join(", ")),
                );
            }
        }
    } else if top != "lib" {
        cross(1, format!("{top} is no module of src/lib.rs"));
    }
    found
}

/// The module that a file holds: `store/index.rs` is `[store, index]`, `store/mod.rs` is `[store]`.
fn module_path(path: &str) -> Vec<String> {
    let mut parts: Vec<String> = path.trim_end_matches(".rs").split('/').map(str::to_owned).collect();
    if parts.len() > 1 && parts.last().is_some_and(|last| last == "mod") {
        parts.pop();
    }
    parts
}

fn rust_files(directory: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(directory).expect("the directory can be listed") {
        let path = entry.expect("the directory can be listed").path();
        if path.is_dir() {
            rust_files(&path, found);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            found.push(path);
        }
    }
}

#[test]
fn what_is_worked_out_in_each_frame_knows_no_browser() {
    let mut files = Vec::new();
    rust_files(&Path::new(env!("CARGO_MANIFEST_DIR")).join(FRAMES.0).join("src"), &mut files);
    assert!(files.len() > 3, "{files:?}");
    for file in files {
        let text = fs::read_to_string(&file).expect("the file was just listed");
        let found: Vec<_> = mentions(&text, WEB).into_iter().collect();
        assert!(found.is_empty(), "{}: {found:?}", file.display());
    }
}

#[test]
fn each_module_imports_only_modules_above_it() {
    let src = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let order = public_modules(&fs::read_to_string(src.join("lib.rs")).expect("src/lib.rs can be read"));
    assert!(order.len() > 5, "src/lib.rs names the modules: {order:?}");
    let mut files = Vec::new();
    rust_files(&src, &mut files);
    files.sort();
    let mut found = Vec::new();
    for file in &files {
        let path = file.strip_prefix(&src).expect("it was listed there").to_string_lossy().replace('\\', "/");
        found.extend(crossings(&order, &path, &fs::read_to_string(file).expect("a source file can be read")));
    }
    assert!(found.is_empty(), "{}", found.join("\n"));
}

#[test]
fn the_engine_depends_on_no_crate_that_knows_a_browser() {
    let output = Command::new(env!("CARGO"))
        .args(["tree", "--locked", "--offline", "--edges", "normal", "--prefix", "none", "--format", "{p}"])
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .output()
        .expect("cargo runs");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let tree = String::from_utf8_lossy(&output.stdout);
    let names: Vec<String> =
        tree.lines().filter_map(|line| line.split(' ').next()).map(|name| name.replace('-', "_")).collect();
    assert!(names.iter().any(|name| name == "k8s_openapi"), "cargo tree lists the dependencies: {tree}");
    let web: Vec<&String> =
        names.iter().filter(|name| WEB.contains(&name.as_str()) || name.starts_with("gloo_")).collect();
    assert!(web.is_empty(), "native dependencies that know a browser: {web:?}");
}

/// Checks one file of a small library: `expected` holds the line and a part of the message of each crossing.
fn check(path: &str, text: &str, expected: &[(usize, &str)]) {
    let order = ["api", "store", "controllers", "session", "scene", "js"].map(str::to_owned);
    let found = crossings(&order, path, text);
    assert_eq!(found.len(), expected.len(), "{found:#?}");
    for (found, (line, part)) in found.iter().zip(expected) {
        assert!(found.starts_with(&format!("src/{path}:{line}: ")) && found.contains(part), "{found}");
    }
}

#[test]
fn imports_from_above_and_from_the_same_module_pass() {
    check(
        "controllers/endpoint_slice.rs",
        "use crate::api::{labels::Selector, ObjectKey};\nuse crate::store::Store;\nuse super::Write;\nuse crate::controllers::x;",
        &[],
    );
    check(
        "ui/canvas.rs",
        "use endpoint_playground::scene::Card;\nuse crate::ui::theme;\nuse yew::prelude::*;",
        &[],
    );
}

#[test]
fn an_import_from_below_is_found_however_it_is_written() {
    let store = "store imports session";
    check("store/mod.rs", "use crate::session::Session;", &[(1, store)]);
    check(
        "store/mod.rs",
        "use crate::{\n    api::Kind,\n    session::{Session, Command},\n};",
        &[(3, store)],
    );
    check("store/mod.rs", "pub use crate :: session as s;", &[(1, store)]);
    check("store/index.rs", "fn f() { let x = crate::session::now(); }", &[(1, store)]);
    check("store/index.rs", "use super::super::session;", &[(1, store)]);
    check("store/index.rs", "use super::{super::session::Session, Store};", &[(1, store)]);
    check(
        "store/mod.rs",
        "mod inner {\n    mod deep { use super::super::super::session::X; }\n}",
        &[(2, store)],
    );
    check("store/mod.rs", "type X = Vec<crate::session::Session>;", &[(1, store)]);
    check("store/mod.rs", "const X: u8 = some_macro![crate::session::Y];", &[(1, store)]);
    check("store/mod.rs", "pub(in crate::session) fn f() {}", &[(1, store)]);
}

#[test]
fn the_words_of_comments_and_strings_are_no_imports() {
    check(
        "store/mod.rs",
        "/// See [`crate::session`].\n// use crate::session;\nconst X: &str = \"crate::session\";",
        &[],
    );
    check("store/mod.rs", "//! Nothing for `yew` here.", &[]);
}

#[test]
fn a_glob_of_the_whole_crate_is_found() {
    check("store/mod.rs", "use crate::*;", &[(1, "the whole library")]);
    check("store/mod.rs", "use crate as engine;", &[(1, "the whole library")]);
    check("store/mod.rs", "mod tests { use super::*; }", &[]);
}

#[test]
fn the_engine_may_not_know_a_browser() {
    check("store/mod.rs", "use std::fmt;\nuse web_sys::Window;", &[(2, "web_sys")]);
    check("session/mod.rs", "fn f() { gloo::console::log!(1); }", &[(1, "gloo")]);
    check("js.rs", "use wasm_bindgen::prelude::*;\nuse crate::session::Session;", &[]);
}

#[test]
fn what_is_worked_out_in_each_frame_is_for_one_module() {
    check("scene/fleet.rs", "use motion::fleet::Fleet;", &[]);
    check("session/mod.rs", "use motion::geometry::Point;", &[(1, "session uses motion")]);
    check("ui/board/dots.rs", "fn f() { motion::pixels::Pixels::default(); }", &[(1, "ui uses motion")]);
}

#[test]
fn the_user_interface_may_not_reach_past_its_door() {
    check("ui/canvas.rs", "use endpoint_playground::store::Store;", &[(1, "imports store")]);
    check("ui/mod.rs", "use endpoint_playground::{scene, controllers as c};", &[(1, "imports controllers")]);
    check(
        "ui/mod.rs",
        "fn f() -> Html { html! { <p>{ endpoint_playground::store::N }</p> } }",
        &[(1, "store")],
    );
    check("ui/mod.rs", "use endpoint_playground as engine;", &[(1, "imports the whole library")]);
    check("ui/mod.rs", "use endpoint_playground::*;", &[(1, "imports the whole library")]);
    check("ui/mod.rs", "use ::endpoint_playground::store;", &[(1, "imports store")]);
    check("main.rs", "use endpoint_playground::network;", &[(1, "imports network")]);
}

#[test]
fn a_module_that_the_map_does_not_name_is_found() {
    check("extra/mod.rs", "", &[(1, "no module of src/lib.rs")]);
}
