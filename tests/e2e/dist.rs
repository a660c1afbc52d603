//! Where the built page is.

use std::path::{Path, PathBuf};

/// The directory that holds the built page: the environment variable DIST, or dist/.
pub fn dist() -> PathBuf {
    std::env::var_os("DIST").map_or_else(|| Path::new(env!("CARGO_MANIFEST_DIR")).join("dist"), PathBuf::from)
}
