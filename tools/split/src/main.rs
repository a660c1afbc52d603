//! Splits the WebAssembly of a built page in two: what runs until the first board stands, and the rest, which comes
//! after it.
//!
//! `split FOLDER LINKED`, where FOLDER holds what Trunk has built, and LINKED is the program as the linker made it, with
//! its notes of what refers to what. With the environment variable SPLIT_NAMES the functions keep their names, for those
//! who look into the page.

mod constants;
mod emit;
mod flow;
mod marks;
mod measure;
mod module;
mod outline;
mod page;
mod split;
#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use crate::constants::{Constants, Thing};
use crate::module::{Fault, Module};
use crate::outline::{Outlined, outline};
use crate::page::{GIVEN, Page};

fn main() -> Result<(), Fault> {
    let mut arguments = std::env::args_os().skip(1).map(PathBuf::from);
    let (folder, linked) = arguments.next().zip(arguments.next()).ok_or("usage: split FOLDER LINKED")?;
    let page = Page::read(&folder)?;
    let module = Module::read(&page.wasm.1)?;
    let (names, script) = page.short_imports(&module)?;
    let Some((places, seen)) = measured(&folder, &page, &module)? else {
        return page.write(&folder, &script, &emit::whole(&module.importing(GIVEN, &names))?, None);
    };
    let first: BTreeSet<u32> = places
        .iter()
        .zip(&seen)
        .filter(|((_, at), seen)| *at == 0 && **seen)
        .map(|((number, _), _)| *number)
        .collect();
    let outlined = outline(&module, &places, &seen, 0)?;
    let needed = needed(&module, &outlined, &first, &linked)?;
    if needed.is_none() {
        eprintln!("The linker has left no word of the page's constants: all of them are loaded at first.");
    }
    let split = split::split(&outlined.module.importing(GIVEN, &names), &first, needed.as_ref())?;
    page.write(&folder, &script, &split.first, Some(&split.later))
}

/// The places that are marked, and whether each has run.
type Measured = (Vec<marks::Place>, Vec<bool>);

/// Which code has run when the first board stands; nothing when that can not be told.
fn measured(folder: &Path, page: &Page, module: &Module<'_>) -> Result<Option<Measured>, Fault> {
    let one =
        |why: &str| eprintln!("The page stays in one WebAssembly module ({why}): its first view loads more.");
    let Some(chromium) = measure::chromium() else {
        one("Chromium is missing, which says what the first view needs");
        return Ok(None);
    };
    let places = marks::places(module);
    let instead = BTreeMap::from([
        (page.wasm.0.clone(), marks::mark(module, &places)?),
        (page.script.0.clone(), page.marking_script().into_bytes()),
        // The page as it is, but for the hashes of its files.
        ("index.html".to_owned(), page.index.replace(" integrity=", " data-integrity=").into_bytes()),
    ]);
    let seen = measure::measure(&chromium, folder, &instead, places.len())?;
    if seen.is_none() {
        one("the page did not come up in Chromium");
    }
    Ok(seen.map(|seen| (places, seen)))
}

/// What the code of the first module refers to, directly or not; nothing when that can not be told for sure.
fn needed(
    module: &Module<'_>,
    outlined: &Outlined<'_>,
    first: &BTreeSet<u32>,
    linked: &Path,
) -> Result<Option<BTreeSet<Thing>>, Fault> {
    let Ok(linked) = std::fs::read(linked) else { return Ok(None) };
    let Some(constants) = Constants::read(&linked)?.filter(|constants| constants.are_of(module)) else {
        return Ok(None);
    };
    let mut roots = BTreeSet::new();
    for number in first.iter().copied().chain(module.start) {
        let Some(function) = module.function(number) else { continue };
        let Some(things) = constants.of_function(function) else { return Ok(None) };
        let taken = outlined.taken.get(&number).map_or(&[][..], |taken| &taken[..]);
        let stays = |at: usize| !taken.iter().any(|(begin, end)| (*begin..*end).contains(&at));
        roots.extend(things.into_iter().filter(|(at, _)| stays(*at)).map(|(_, thing)| thing));
    }
    Ok(Some(constants.needed(roots)))
}
