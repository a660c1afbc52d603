//! How large the page is.

use std::path::Path;

/// Bytes of files, as they are and as they travel: each file compressed with brotli.
#[derive(Clone, Copy, Default)]
pub struct Weight {
    /// As they are.
    pub raw: u64,
    /// As they travel.
    pub travels: u64,
}

/// What the page weighs.
#[derive(Default)]
pub struct Page {
    /// What is loaded until the first board is painted.
    pub first: Weight,
    /// The part of the program that comes by itself after that.
    pub later: Weight,
    /// The YAML editor, which comes when it is first opened.
    pub editor: Weight,
    /// Who draws the packets of a busy board, and comes when one is.
    pub painter: Weight,
}

/// Weighs the files below `directory`.
pub fn page(directory: &Path) -> Page {
    let mut page = Page::default();
    add(&mut page, directory);
    page
}

fn add(page: &mut Page, directory: &Path) {
    for entry in std::fs::read_dir(directory).expect("`./dev build` made the directory") {
        let path = entry.expect("the directory can be listed").path();
        if path.is_dir() {
            add(page, &path);
            continue;
        }
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        let weight = if name.starts_with("editor-") && name.ends_with(".js") {
            &mut page.editor
        } else if name.starts_with("painter") {
            &mut page.painter
        } else if name.ends_with("_later.wasm") {
            &mut page.later
        } else {
            &mut page.first
        };
        let bytes = std::fs::read(&path).expect("the file was just listed");
        let mut compressed = Vec::new();
        let parameters = brotli::enc::BrotliEncoderParams { quality: 11, ..Default::default() };
        brotli::BrotliCompress(&mut bytes.as_slice(), &mut compressed, &parameters).expect("memory takes it");
        weight.raw += bytes.len() as u64;
        weight.travels += compressed.len() as u64;
    }
}
