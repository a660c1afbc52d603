//! How large the page is.

use std::path::Path;

/// The bytes of the files below `directory` that the first view loads, as they are and as they travel: each one
/// compressed with brotli. The YAML editor comes when it is first opened.
pub fn page(directory: &Path) -> (u64, u64) {
    let (mut raw, mut travels) = (0, 0);
    for entry in std::fs::read_dir(directory).expect("`./dev build` made the directory") {
        let path = entry.expect("the directory can be listed").path();
        if path.is_dir() {
            let below = page(&path);
            raw += below.0;
            travels += below.1;
            continue;
        }
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        if name.starts_with("editor-") && name.ends_with(".js") {
            continue;
        }
        let bytes = std::fs::read(&path).expect("the file was just listed");
        let mut compressed = Vec::new();
        let parameters = brotli::enc::BrotliEncoderParams { quality: 11, ..Default::default() };
        brotli::BrotliCompress(&mut bytes.as_slice(), &mut compressed, &parameters).expect("memory takes it");
        raw += bytes.len() as u64;
        travels += compressed.len() as u64;
    }
    (raw, travels)
}
