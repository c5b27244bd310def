//! One crate to a WebAssembly module and its JavaScript: cargo, wasm-bindgen, wasm-opt.

use std::path::{Path, PathBuf};

use crate::Result;
use crate::sh::{cargo, command, copy, output_or_error, run, run_quietly, target};
use crate::stamp::step;
use crate::{glue, names, order, setup, sh};

/// The WebAssembly features that the oldest supported browsers have (Chrome 96, Firefox 100, Safari 15.4). Named one by
/// one, so that a compiler that learns a new one fails here and not at a visitor.
const FEATURES: &[&str] = &[
    "bulk-memory",
    "multivalue",
    "mutable-globals",
    "nontrapping-float-to-int",
    "reference-types",
    "sign-ext",
];

/// A function that runs on and on stays as browsers first, and hastily, compile it, and only what is called again is fast: what
/// digests a block has to stay a function of its own (a payload of 300 kB takes 3.6 ms, and 17 where it is not).
const NEVER_INLINED: &str = "sha256::compress";

/// Chosen by what is left after gzip. Lower memory holds the end of the stack, which nothing that works ever reaches.
const OPTIMIZATIONS: &[&str] = &[
    "-Oz",
    "--flatten",
    "--rereloop",
    "-Oz",
    "--converge",
    "--generate-global-effects",
    "-Oz",
    "--low-memory-unused",
    "--zero-filled-memory",
    "--one-caller-inline-max-function-size=320",
    "--always-inline-max-function-size=3",
];

/// What leaves out of a module all that only serves a panic's message: about a quarter of the recorder. Takes effect in
/// the standard library too, so that is compiled along with it.
const WITHOUT_MESSAGES: &str =
    "-Cpanic=immediate-abort -Zunstable-options -Zlocation-detail=none -Zfmt-debug=none";

/// What to build.
pub(crate) struct Module<'a> {
    /// The package of the workspace.
    pub package: &'a str,
    /// Features of the package.
    pub features: &'a str,
    /// The name of the files made.
    pub name: &'a str,
    /// Further arguments of wasm-bindgen.
    pub bindgen: &'a [&'a str],
    /// Visitors download it: every byte counts, and nobody reads what it panics with.
    pub small: bool,
}

impl Module<'_> {
    /// Where the JavaScript glue is left; the module is beside it.
    pub(crate) fn glue(&self) -> PathBuf {
        self.folder().join(self.name).with_extension("js")
    }

    /// Where the finished module is left.
    pub(crate) fn wasm(&self) -> PathBuf {
        self.folder().join(self.name).with_extension("wasm")
    }

    fn folder(&self) -> PathBuf {
        target().join("xtask").join(self.name)
    }

    /// Builds what is out of date.
    ///
    /// # Errors
    /// When a tool is missing or fails.
    pub(crate) fn build(&self, bindgen: &Path) -> Result {
        let compiled = self.compile()?;
        let recipe = format!("{FEATURES:?} {NEVER_INLINED} {OPTIMIZATIONS:?} {:?}", self.bindgen);
        let ours = [
            "Cargo.lock",
            "xtask/tools/package-lock.json",
            "xtask/src/glue.rs",
            "xtask/src/names.rs",
            "xtask/src/order.rs",
        ];
        let inputs: Vec<_> =
            ours.iter().map(|file| sh::root().join(file)).chain([compiled.clone()]).collect();
        step(&format!("{}.wasm", self.name), &recipe, &inputs, &[self.glue(), self.wasm()], || {
            self.bind(bindgen, &compiled)?;
            self.optimize()
        })
    }

    fn compile(&self) -> Result<PathBuf> {
        // NOTE: cargo leaves link-time optimization out where an rlib is made too; without it a seventh is added.
        let mut build = cargo();
        build.args(["rustc", "--lib", "--crate-type", "cdylib", "--profile", "wasm-release"]);
        build.args(["--package", self.package, "--features", self.features]);
        build.args(["--target", "wasm32-unknown-unknown"]);
        let mut folder = target();
        if self.small && setup::std_source() {
            // Apart, so that neither build makes the other one compile everything again.
            folder.push("small");
            build.arg("--target-dir").arg(&folder);
            build.args(["-Zbuild-std=std,panic_abort", "-Zbuild-std-features=optimize_for_size"]);
            // The pinned toolchain's unstable options are as fixed as its stable ones.
            build.env("RUSTC_BOOTSTRAP", "1").env("RUSTFLAGS", WITHOUT_MESSAGES);
        }
        run(&mut build)?;
        let file = self.package.replace('-', "_");
        Ok(folder.join("wasm32-unknown-unknown/wasm-release").join(file).with_extension("wasm"))
    }

    fn bind(&self, bindgen: &Path, compiled: &Path) -> Result {
        let mut bind = command(bindgen);
        bind.args([
            "bindgen",
            "--target",
            "web",
            "--no-typescript",
            "--encode-into",
            "always",
            "--out-name",
            self.name,
        ]);
        run_quietly(bind.args(self.bindgen).arg("--out-dir").arg(self.folder()).arg(compiled))
    }

    fn optimize(&self) -> Result {
        let bound = self.folder().join(format!("{}_bg.wasm", self.name));
        let features = FEATURES.iter().map(|feature| format!("--enable-{feature}"));
        let options: Vec<_> = std::iter::once("--mvp-features".into()).chain(features).collect();
        let mut optimize = setup::node_tool("wasm-opt")?;
        // Before the passes it is for.
        optimize.args(&options).arg(format!("--no-inline=*{NEVER_INLINED}*")).args(OPTIMIZATIONS);
        optimize.args(["--strip-producers", "--strip-target-features", "--debuginfo"]);
        run_quietly(optimize.arg(&bound).arg("-o").arg(&bound))?;
        if self.small && !String::from_utf8_lossy(&sh::read(&bound)?).contains(NEVER_INLINED) {
            return Err(format!("{NEVER_INLINED} is no function of {} any more", self.name));
        }
        // Not in the same run, since all that converges is done, and printed, several times.
        let mut rename = setup::node_tool("wasm-opt")?;
        rename.args(&options).args(["--minify-imports-and-exports-and-modules", "--strip-debug"]);
        let names = output_or_error(rename.arg(&bound).arg("-o").arg(self.wasm()))?;
        if self.small {
            let named = order::named(&sh::read(&self.wasm())?)
                .ok_or("xtask/src/order.rs cannot read wasm-opt's module")?;
            sh::write(&bound, named)?;
            let mut sort = setup::node_tool("wasm-opt")?;
            sort.args(&options).args(["--reorder-functions-by-name", "--strip-debug"]);
            run_quietly(sort.arg(&bound).arg("-o").arg(self.wasm()))?;
        }
        let glue = String::from_utf8_lossy(&sh::read(&self.glue())?).into_owned();
        let glue = if self.small { glue::tightened(&glue)? } else { glue };
        let glue = names::shortened(&glue, &names);
        sh::write(&self.glue(), glue)?;
        std::fs::remove_file(&bound).map_err(|error| format!("{}: {error}", bound.display()))
    }
}

/// Copies a module and, under its final name, its glue.
///
/// # Errors
/// When a file cannot be read or written.
pub(crate) fn copy_module(module: &Module<'_>, folder: &Path) -> Result {
    let glue = String::from_utf8_lossy(&sh::read(&module.glue())?).replace("_bg.wasm", ".wasm");
    sh::write(&folder.join(module.name).with_extension("js"), glue)?;
    copy(&module.wasm(), &folder.join(module.name).with_extension("wasm"))
}
