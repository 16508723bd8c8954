//! Lets a release build see when the console was built anew. Debug builds read its files when they are asked for.

use std::{env, fs, path::Path};

const CONSOLE: &str = "../web/dist";

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    if env::var("PROFILE").is_ok_and(|profile| profile == "release") {
        // Cargo takes a folder that is missing for one that changes all the time.
        if !Path::new(CONSOLE).exists() && fs::create_dir_all(CONSOLE).is_err() {
            return;
        }
        println!("cargo::rerun-if-changed={CONSOLE}");
    }
}
