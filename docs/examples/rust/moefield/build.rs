//! Tests and examples find the library where it was linked. A program of yours needs the same two lines in a
//! build.rs of its own (and moefield-sys among its dependencies), unless the library lies where the loader looks.
// SPDX-License-Identifier: MIT

fn main() {
    println!("cargo:rerun-if-env-changed=DEP_MOEFIELD_LIBDIR");
    if let Ok(folder) = std::env::var("DEP_MOEFIELD_LIBDIR") {
        println!("cargo:rustc-link-arg=-Wl,-rpath,{folder}");
    }
}
