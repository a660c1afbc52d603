//! The page: mounts the Yew app.
fn main() {}
