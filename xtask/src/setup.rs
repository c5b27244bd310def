//! What the other commands need on the machine: installed here when possible, otherwise named exactly.

use std::path::{Path, PathBuf};

use crate::Result;
use crate::sh::{cargo, command, output, read, root, run, run_quietly, target, which, write};

/// The WebAssembly target of the pinned toolchain.
///
/// # Errors
/// When it is missing and rustup cannot add it.
pub fn wasm_target() -> Result {
    const TARGET: &str = "wasm32-unknown-unknown";
    let sysroot = output(command("rustc").args(["--print", "sysroot"])).unwrap_or_default();
    if Path::new(&sysroot).join("lib/rustlib").join(TARGET).is_dir() {
        return Ok(());
    }
    if which("rustup").is_none() {
        return Err(format!(
            "the Rust target {TARGET} is missing: install it with your distribution or use https://rustup.rs"
        ));
    }
    run(command("rustup").args(["target", "add", TARGET]))
}

/// Whether the source of the standard library is there, after adding it where that is possible.
pub fn std_source() -> bool {
    let sysroot = output(command("rustc").args(["--print", "sysroot"])).unwrap_or_default();
    if Path::new(&sysroot).join("lib/rustlib/src/rust/library/Cargo.lock").is_file() {
        return true;
    }
    let added =
        which("rustup").is_some() && run(command("rustup").args(["component", "add", "rust-src"])).is_ok();
    if !added {
        println!(
            "warning: no rust-src (`rustup component add rust-src`): the recorder is built larger than it is published"
        );
    }
    added
}

/// wasm-bindgen and its test runner, built from the pinned crate.
///
/// # Errors
/// When the build fails.
pub fn bindgen() -> Result<PathBuf> {
    run(cargo().args(["build", "--quiet", "--package", "afterimage-bindgen"]))?;
    Ok(target().join("debug/afterimage-bindgen"))
}

/// Node packages of a folder with a `package-lock.json`; returns its `node_modules`.
///
/// # Errors
/// When Node.js is missing or the install fails.
pub fn node_packages(folder: &Path) -> Result<PathBuf> {
    let modules = folder.join("node_modules");
    let lock = read(&folder.join("package-lock.json"))?;
    let stamp = modules.join(".afterimage-lock");
    if read(&stamp).is_ok_and(|installed| installed == lock) {
        return Ok(modules);
    }
    node()?;
    println!("npm ci in {}", folder.strip_prefix(root()).unwrap_or(folder).display());
    // Install scripts only fetch what the lock file already names for this platform.
    run_quietly(command("npm").current_dir(folder).args([
        "ci",
        "--ignore-scripts",
        "--no-audit",
        "--no-fund",
    ]))?;
    write(&stamp, lock)?;
    Ok(modules)
}

/// The tools that builds and lints run through node: esbuild, binaryen, typescript.
///
/// # Errors
/// When Node.js is missing or the install fails.
pub fn node_tools() -> Result<PathBuf> {
    node_packages(&root().join("xtask/tools"))
}

/// A tool of [`node_tools`].
///
/// # Errors
/// When Node.js is missing or the install fails.
pub fn node_tool(name: &str) -> Result<std::process::Command> {
    let path = node_tools()?.join(".bin").join(name);
    Ok(command(path))
}

fn node() -> Result {
    if which("node").is_some() && which("npm").is_some() {
        return Ok(());
    }
    debian_packages(&["nodejs", "npm"])
}

/// The three browsers, their drivers and a display for WebKit.
///
/// # Errors
/// When one is missing and cannot be installed.
pub fn browsers() -> Result {
    let wanted = [
        ("chromium", "chromium"),
        ("chromedriver", "chromium-driver"),
        ("firefox-esr", "firefox-esr"),
        ("WebKitWebDriver", "webkit2gtk-driver"),
        ("Xvfb", "xvfb"),
    ];
    let missing: Vec<&str> = wanted
        .into_iter()
        .filter(|(program, _)| which(program).is_none())
        .map(|(_, package)| package)
        .collect();
    if !missing.is_empty() {
        debian_packages(&missing)?;
    }
    geckodriver().map(|_| ())
}

/// Firefox's driver: the one on the path, or built from crates.io into the target folder.
///
/// # Errors
/// When it has to be built and that fails.
pub fn geckodriver() -> Result<PathBuf> {
    const VERSION: &str = "0.37.1";
    let tools = target().join("tools");
    let built = tools.join("bin/geckodriver");
    if let Some(path) = which("geckodriver").or_else(|| built.is_file().then(|| built.clone())) {
        return Ok(path);
    }
    println!("building geckodriver {VERSION} from crates.io, once");
    let mut install = cargo();
    install.args([
        "install",
        "--quiet",
        "--locked",
        "--debug",
        "geckodriver",
        "--version",
        VERSION,
        "--root",
    ]);
    run(install.arg(&tools).env("CARGO_TARGET_DIR", tools.join("build")))?;
    Ok(built)
}

/// Callgrind, which counts instructions.
///
/// # Errors
/// When it is missing and cannot be installed.
pub fn valgrind() -> Result {
    if which("valgrind").is_some() { Ok(()) } else { debian_packages(&["valgrind"]) }
}

/// Installs Debian packages when that needs no question answered.
fn debian_packages(packages: &[&str]) -> Result {
    let by_hand = format!("apt-get install {}", packages.join(" "));
    let root = output(command("id").arg("-u")).is_some_and(|id| id == "0");
    if !root || which("apt-get").is_none() {
        return Err(format!(
            "missing: {}. Install with `{by_hand}`, or the same from your system's packages",
            packages.join(", ")
        ));
    }
    println!("{by_hand}");
    let apt = |args: &[&str]| {
        run_quietly(
            command("apt-get").env("DEBIAN_FRONTEND", "noninteractive").args(["-qq", "-y"]).args(args),
        )
    };
    apt(&["update"])?;
    apt(&[&["install", "--no-install-recommends"], packages].concat())
}
