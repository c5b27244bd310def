//! `cargo xtask build`: everything that is published or served.

use std::path::{Path, PathBuf};

use crate::sh::{cargo, command, copy, dist, files, read, root, run, run_quietly, target, write};
use crate::stamp::step;
use crate::wasm::{Module, copy_module};
use crate::{Result, setup};

/// The oldest browsers whose syntax the built JavaScript keeps to; wasm.rs names the same for WebAssembly.
const BROWSERS: &str = "--target=chrome96,firefox100,safari15.4";

/// Takes 0.9 kB gzip of what esbuild leaves of `core.js`, and adds no syntax that is newer.
const MINIFIER: [&str; 4] = ["--module", "--compress", "passes=4,inline=1", "--mangle"];

/// Has Chromium compile all of `core.js` while it arrives, off the page's thread, instead of each function when it is first
/// called: 4.5 of 27 ms on that thread until a small page is recorded.
/// <https://github.com/WICG/explicit-javascript-compile-hints-file-based>
const HINT: &str = "//# allFunctionsCalledOnLoad\n";

const RECORDER: Module<'_> = Module {
    package: "afterimage-recorder",
    features: "",
    name: "afterimage",
    bindgen: &["--omit-default-module-path"],
    small: true,
};

/// What [`RECORDER`] is measured against.
const UNRULED: Module<'_> = Module { features: "unruled", name: "unruled", ..RECORDER };

const VIEWER: Module<'_> =
    Module { package: "afterimage-replay", features: "viewer", name: "viewer", bindgen: &[], small: false };

/// Builds `dist/` and the collector, leaving what is up to date.
///
/// # Errors
/// When a tool is missing or fails.
pub fn build(_: &[String]) -> Result {
    published()?;
    run(cargo().args(["build", "--release", "--package", "afterimage-collector"]))
}

/// Everything but the collector, and the npm package of what a site needs of it.
fn published() -> Result {
    recorder()?;
    pages()?;
    npm_package()
}

/// Builds only what a visitor who is recorded downloads.
///
/// # Errors
/// When a tool is missing or fails.
pub fn recorder() -> Result {
    setup::wasm_target()?;
    setup::node_tools()?;
    RECORDER.build(&setup::bindgen()?)?;
    scripts()
}

/// Builds the recorder as visitors get it, and the same without its rules, which stays out of `dist/`. Returns the folder
/// of the second.
///
/// # Errors
/// When a tool is missing or fails.
pub fn unruled() -> Result<PathBuf> {
    recorder()?;
    UNRULED.build(&setup::bindgen()?)?;
    let folder = target().join("xtask/unruled/served");
    minified(&UNRULED, &root().join("www/core-entry.js"), &folder.join("core.js"), "--format=esm")?;
    copy(&UNRULED.wasm(), &folder.join("afterimage.wasm"))?;
    copy(&dist().join("afterimage.js"), &folder.join("afterimage.js"))?;
    Ok(folder)
}

/// Builds the npm package and packs it as it would be published.
///
/// # Errors
/// When a tool is missing or fails.
pub fn package(_: &[String]) -> Result {
    published()?;
    run(command("npm").current_dir(dist()).args(["pack", "./npm", "--pack-destination", "."]))
}

/// The loader and the core, minified.
fn scripts() -> Result {
    let www = root().join("www");
    let (loader, core) = (dist().join("afterimage.js"), dist().join("core.js"));
    let [canvas, worker, developer, frames] = FETCHED.map(|name| dist().join(name));
    let wasm = dist().join("afterimage.wasm");
    let served = [&loader, &core, &canvas, &worker, &developer, &frames, &wasm].map(Clone::clone);
    let outputs = [&served[..], &FETCHING.map(packaged)].concat();
    step(
        "scripts",
        &format!("{BROWSERS} {MINIFIER:?} {HINT}"),
        &[sources(&www), vec![RECORDER.glue(), RECORDER.wasm()]].concat(),
        &outputs,
        || {
            minified(&RECORDER, &www.join("snippet.js"), &loader, "--format=iife")?;
            minified(&RECORDER, &www.join("core-entry.js"), &core, "--format=esm")?;
            minified(&RECORDER, &www.join("canvas.js"), &canvas, "--format=esm")?;
            minified(&RECORDER, &www.join("canvas-worker.js"), &worker, "--format=iife")?;
            minified(&RECORDER, &www.join("developer.js"), &developer, "--format=esm")?;
            minified(&RECORDER, &www.join("frames.js"), &frames, "--format=esm")?;
            write(&core, [HINT.as_bytes(), &read(&core)?].concat())?;
            for name in FETCHING {
                let script = read(&dist().join(name))?;
                write(&packaged(name), &script)?;
                write(&dist().join(name), versioned(&String::from_utf8_lossy(&script)))?;
            }
            copy(&RECORDER.wasm(), &dist().join("afterimage.wasm"))
        },
    )
}

/// What is fetched where an option asks for it.
const FETCHED: [&str; 4] = ["canvas.js", "canvas-worker.js", "developer.js", "frames.js"];
/// Who fetches it.
const FETCHING: [&str; 2] = ["core.js", "canvas.js"];

/// Where a file of the package comes from: those of [`FETCHING`] are the package's own, since bundlers look for plain names.
fn packaged(name: &str) -> PathBuf {
    if FETCHING.contains(&name) { target().join("xtask/packaged").join(name) } else { dist().join(name) }
}

/// Has what a script fetches be of its own version, where its address names one: caches may hold another.
fn versioned(script: &str) -> String {
    FETCHED.iter().fold(script.to_owned(), |script, name| {
        let plain = format!("\"./{name}\"");
        script.replace(&plain, &format!("{plain}+new URL(import.meta.url).search"))
    })
}

/// What visitors open themselves: each page with its script and its style, of one name, found beside it.
const VISITOR_PAGES: [&str; 2] = ["recorded", "policy"];

/// The visitors' pages. The scripts share code with the collector's pages.
fn visitor_pages() -> Result {
    let (www, dist) = (root().join("www"), dist());
    let made =
        VISITOR_PAGES.map(|page| ["html", "js", "css"].map(|kind| dist.join(page).with_extension(kind)));
    let outputs = [made.as_flattened(), &[dist.join("disable.html")]].concat();
    let inputs = [sources(&www), files(&root().join("crates/collector/pages"))].concat();
    step("visitor pages", BROWSERS, &inputs, &outputs, || {
        for page in VISITOR_PAGES {
            let from = www.join("visitor").join(page);
            let external = ["--external:./viewer.js", "--external:./pages/rrweb-player.js"];
            let esm = [&["--format=esm", "--charset=utf8"][..], &external].concat();
            bundle(&from.with_extension("js"), &dist.join(page).with_extension("js"), &esm)?;
            bundle(&from.with_extension("css"), &dist.join(page).with_extension("css"), &[])?;
            copy(&from.with_extension("html"), &dist.join(page).with_extension("html"))?;
        }
        copy(&www.join("disable.html"), &dist.join("disable.html"))
    })
}

/// Everything in `www/` but the demonstration site.
fn sources(www: &Path) -> Vec<PathBuf> {
    files(www).into_iter().filter(|file| !file.starts_with(www.join("demo"))).collect()
}

/// Bundles and minifies; `#glue` in an import is what wasm-bindgen made for the recorder, `#nodes` what that takes of ours.
pub(crate) fn bundle(from: &Path, to: &Path, arguments: &[&str]) -> Result {
    bundle_around(&RECORDER, from, to, arguments)
}

/// A bundle that every visitor downloads: as small as it gets.
fn minified(module: &Module<'_>, from: &Path, to: &Path, format: &str) -> Result {
    let apart = ["--external:./canvas.js", "--external:./developer.js", "--external:./frames.js"];
    bundle_around(module, from, to, &[&[format], &apart[..]].concat())?;
    let mut uglify = setup::node_tool("uglifyjs")?;
    run_quietly(uglify.arg(to).args(MINIFIER).arg("--output").arg(to))
}

fn bundle_around(module: &Module<'_>, from: &Path, to: &Path, arguments: &[&str]) -> Result {
    let mut esbuild = setup::node_tool("esbuild")?;
    esbuild.arg(from).args([
        "--bundle",
        "--minify",
        "--legal-comments=none",
        "--log-level=warning",
        // Without the types' settings, of which one would put "use strict" into every script.
        "--tsconfig-raw={}",
        BROWSERS,
    ]);
    esbuild.arg(format!("--alias:#glue={}", module.glue().display()));
    esbuild.arg(format!("--alias:#nodes={}", root().join("www/nodes.js").display()));
    run_quietly(esbuild.args(arguments).arg(format!("--outfile={}", to.display())))
}

/// What the package holds of what is built.
const PACKAGED: [&str; 19] = [
    "core.js",
    "canvas.js",
    "canvas-worker.js",
    "developer.js",
    "frames.js",
    "afterimage.js",
    "afterimage.wasm",
    "disable.html",
    "recorded.html",
    "recorded.js",
    "recorded.css",
    "policy.html",
    "policy.js",
    "policy.css",
    "viewer.js",
    "viewer.wasm",
    "pages/rrweb-player.js",
    "pages/rrweb-player.css",
    "pages/rrweb-player.LICENSE",
];

/// `dist/npm/`: the package `@afterimage/recorder`.
fn npm_package() -> Result {
    let (www, npm) = (root().join("www"), dist().join("npm"));
    let texts = ["README.md", "LICENSE-MIT", "LICENSE-APACHE"].map(|name| root().join(name));
    let inputs = [sources(&www), texts.to_vec(), PACKAGED.map(packaged).to_vec()].concat();
    step("npm", env!("CARGO_PKG_VERSION"), &inputs, &[npm.join("package.json"), npm.join("index.js")], || {
        for entry in ["index.js", "slim.js"] {
            let esm = ["--format=esm", "--external:./core.js", "--external:./slim.js"];
            bundle(&www.join(entry), &npm.join(entry), &esm)?;
        }
        for text in texts.iter().filter(|text| text.exists()) {
            copy(text, &npm.join(text.file_name().unwrap_or_default()))?;
        }
        for made in PACKAGED {
            copy(&packaged(made), &npm.join(made))?;
        }
        for (types, published) in
            [("index.d.ts", "index.d.ts"), ("slim.d.ts", "slim.d.ts"), ("policy-page.d.ts", "policy.d.ts")]
        {
            copy(&www.join(types), &npm.join(published))?;
        }
        write(
            &npm.join("package.json"),
            with_version(&String::from_utf8_lossy(&read(&www.join("package.json"))?)),
        )
    })
}

/// The package's description with the version of Cargo.toml, which is the only place it is kept.
fn with_version(package: &str) -> String {
    let version = |line: &str| match line.trim_start().starts_with("\"version\"") {
        true => format!("  \"version\": \"{}\",\n", env!("CARGO_PKG_VERSION")),
        false => format!("{line}\n"),
    };
    package.lines().map(version).collect()
}

/// What the replay needs: the viewer's module, and the player from npm; and the visitors' pages, which show it, too.
fn pages() -> Result {
    visitor_pages()?;
    VIEWER.build(&setup::bindgen()?)?;
    copy_module(&VIEWER, &dist())?;
    let player = setup::node_packages(&root().join("crates/collector/pages"))?.join("rrweb-player/dist");
    copy(&player.join("rrweb-player.js"), &dist().join("pages/rrweb-player.js"))?;
    copy(&player.join("style.min.css"), &dist().join("pages/rrweb-player.css"))?;
    copy(
        &root().join("crates/collector/pages/rrweb-player.LICENSE"),
        &dist().join("pages/rrweb-player.LICENSE"),
    )
}

#[cfg(test)]
mod tests {
    use super::with_version;

    #[test]
    fn the_package_has_the_workspace_version() {
        let package =
            with_version("{\n  \"name\": \"x\",\n  \"version\": \"0.0.0\",\n  \"type\": \"module\"\n}\n");
        let wanted = format!(
            "{{\n  \"name\": \"x\",\n  \"version\": \"{}\",\n  \"type\": \"module\"\n}}\n",
            env!("CARGO_PKG_VERSION")
        );
        assert_eq!(package, wanted);
    }
}
