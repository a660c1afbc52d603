//! Tells the linker to leave word, in the program that travels to browsers, of what refers to which constant: with it
//! tools/split moves the constants that the first view does not need. Neither is in the page in the end.

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    let is = |name: &str, value: &str| std::env::var(name).is_ok_and(|is| is == value);
    if is("CARGO_CFG_TARGET_ARCH", "wasm32") && is("PROFILE", "release") {
        println!("cargo::rustc-link-arg-bins=--no-merge-data-segments");
        println!("cargo::rustc-link-arg-bins=--emit-relocs");
    }
}
