//! Asks pkg-config where liboptim is; `PKG_CONFIG` names another one, `PKG_CONFIG_PATH` where optim.pc is.

use std::env;
use std::process::{exit, Command};

fn main() {
    for variable in ["PKG_CONFIG", "PKG_CONFIG_PATH", "PKG_CONFIG_LIBDIR", "PKG_CONFIG_SYSROOT_DIR"] {
        println!("cargo:rerun-if-env-changed={variable}");
    }
    let program = env::var("PKG_CONFIG").unwrap_or_else(|_| "pkg-config".into());
    let wanted = concat!("optim >= ", env!("CARGO_PKG_VERSION"));
    let flags = match Command::new(&program).args(["--libs", wanted]).output() {
        Ok(output) if output.status.success() => String::from_utf8_lossy(&output.stdout).into_owned(),
        Ok(output) => fail(&format!("{program} --libs '{wanted}': {}", String::from_utf8_lossy(&output.stderr))),
        Err(error) => fail(&format!("{program} cannot be run: {error}")),
    };
    for flag in flags.split_whitespace() {
        if let Some(folder) = flag.strip_prefix("-L") {
            println!("cargo:rustc-link-search=native={folder}");
        } else if let Some(library) = flag.strip_prefix("-l") {
            println!("cargo:rustc-link-lib={library}");
        }
    }
}

fn fail(reason: &str) -> ! {
    eprintln!("liboptim was not found: {}", reason.trim_end());
    eprintln!("install it (Debian: liboptim-dev) and pkg-config, or say in PKG_CONFIG_PATH where its optim.pc is");
    exit(1)
}
