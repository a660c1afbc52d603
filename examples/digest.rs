//! Prints what a few sittings come to on this machine. `./dev test` holds the browser to it.

#[path = "../tests/common/recordings.rs"]
mod recordings;

fn main() {
    println!("{}", recordings::digests());
}
