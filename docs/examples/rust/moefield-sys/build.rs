//! Finds libmoefield by asking pkg-config, and tells dependants where it lies (`DEP_MOEFIELD_LIBDIR`).
// SPDX-License-Identifier: MIT

use std::env;
use std::process::{exit, Command};

const OLDEST: &str = "0.9.0";

fn pkg_config(arguments: &[&str]) -> Result<String, String> {
    let program = env::var("PKG_CONFIG").unwrap_or_else(|_| "pkg-config".into());
    let output = Command::new(&program)
        .args(arguments)
        .output()
        .map_err(|error| format!("{program} cannot be run: {error}"))?;
    if output.status.success() {
        Ok(String::from_utf8_lossy(&output.stdout).trim().to_string())
    } else {
        Err(String::from_utf8_lossy(&output.stderr).trim().to_string())
    }
}

fn main() {
    for variable in ["PKG_CONFIG", "PKG_CONFIG_PATH", "PKG_CONFIG_LIBDIR", "PKG_CONFIG_SYSROOT_DIR"] {
        println!("cargo:rerun-if-env-changed={variable}");
    }
    let wanted = format!("moefield >= {OLDEST}");
    let flags = pkg_config(&["--print-errors", "--libs", &wanted]).unwrap_or_else(|error| {
        eprintln!(
            "moefield-sys needs libmoefield {OLDEST} or later; PKG_CONFIG_PATH may name its folder.\n{error}"
        );
        exit(1)
    });
    for flag in flags.split_whitespace() {
        if let Some(folder) = flag.strip_prefix("-L") {
            println!("cargo:rustc-link-search=native={folder}");
        } else if let Some(library) = flag.strip_prefix("-l") {
            println!("cargo:rustc-link-lib={library}");
        } else {
            println!("cargo:rustc-link-arg={flag}");
        }
    }
    if let Ok(folder) = pkg_config(&["--variable=libdir", "moefield"]) {
        println!("cargo:libdir={folder}");
        println!("cargo:rustc-link-arg=-Wl,-rpath,{folder}");
    }
}
