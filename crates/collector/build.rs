//! The files of `dist/` are embedded in release builds: look again when they change.

fn main() {
    println!("cargo::rerun-if-changed=../../dist");
    println!("cargo::rerun-if-changed=pages");
}
