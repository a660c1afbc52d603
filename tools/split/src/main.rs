//! Splits the WebAssembly of a built page in two: what runs until the first board stands, and the rest, which comes
//! after it. `split FOLDER`, where FOLDER is what Trunk has built.

mod emit;
mod marks;
mod measure;
mod module;
mod page;
mod split;
#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

use crate::module::{Fault, Module};
use crate::page::Page;

fn main() -> Result<(), Fault> {
    let folder = PathBuf::from(std::env::args_os().nth(1).ok_or("usage: split FOLDER")?);
    let one =
        |why: &str| eprintln!("The page stays in one WebAssembly module ({why}): its first view loads more.");
    let Some(chromium) = measure::chromium() else {
        one("Chromium is missing, which says what the first view needs");
        return Ok(());
    };
    let page = Page::read(&folder)?;
    let module = Module::read(&page.wasm.1)?;
    let places = marks::places(&module);
    let instead = BTreeMap::from([
        (page.wasm.0.clone(), marks::mark(&module, &places)?),
        (page.script.0.clone(), page.marking_script()?.into_bytes()),
        ("index.html".to_owned(), without_integrity(&page.index).into_bytes()),
    ]);
    let Some(seen) = measure::measure(&chromium, &folder, &instead, places.len())? else {
        one("the page did not come up in Chromium");
        return Ok(());
    };
    let first: BTreeSet<u32> = places
        .iter()
        .zip(&seen)
        .filter(|((_, at), seen)| *at == 0 && **seen)
        .map(|((number, _), _)| *number)
        .collect();
    let split = split::split(&module, &first)?;
    page.write(&folder, &split.first, &split.later)
}

/// The page as it is, but for what the hashes of its files would forbid.
fn without_integrity(index: &str) -> String {
    index.replace(" integrity=", " data-integrity=")
}
