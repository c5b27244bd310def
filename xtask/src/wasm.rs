//! One crate to a WebAssembly module and its JavaScript: cargo, wasm-bindgen, wasm-opt.

use std::path::{Path, PathBuf};

use crate::Result;
use crate::sh::{cargo, command, copy, run, run_quietly, target};
use crate::stamp::step;
use crate::{setup, sh};

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
        let recipe = format!("{FEATURES:?} {:?}", self.bindgen);
        let inputs = [
            compiled.clone(),
            sh::root().join("Cargo.lock"),
            sh::root().join("xtask/tools/package-lock.json"),
        ];
        step(&format!("{}.wasm", self.name), &recipe, &inputs, &[self.glue(), self.wasm()], || {
            self.bind(bindgen, &compiled)?;
            self.optimize()
        })
    }

    fn compile(&self) -> Result<PathBuf> {
        let mut build = cargo();
        build.args(["build", "--lib", "--target", "wasm32-unknown-unknown", "--profile", "wasm-release"]);
        run(build.args(["--package", self.package, "--features", self.features]))?;
        let file = self.package.replace('-', "_");
        Ok(target().join("wasm32-unknown-unknown/wasm-release").join(file).with_extension("wasm"))
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
        let mut optimize = setup::node_tool("wasm-opt")?;
        optimize.arg("--mvp-features").args(FEATURES.iter().map(|feature| format!("--enable-{feature}")));
        optimize.args(["-Oz", "--converge", "--strip-debug", "--strip-producers", "--strip-target-features"]);
        run_quietly(optimize.arg(&bound).arg("-o").arg(self.wasm()))?;
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
