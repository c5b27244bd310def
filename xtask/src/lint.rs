//! `cargo xtask lint`: what a reviewer should not have to say.

use std::path::Path;

use crate::sh::{cargo, files, output, root, run, run_quietly};
use crate::{Result, promises, setup};

/// Words that belong to a folder: the browser's bindings stay where they can be seen.
const BORDERS: &[Border] = &[
    Border { below: "src", but: "src/web", words: &["wasm_bindgen", "web_sys", "js_sys", "gloo_timers"] },
    Border { below: "crates", but: "crates/replay/src/viewer", words: &["web_sys", "js_sys"] },
];

struct Border {
    below: &'static str,
    but: &'static str,
    words: &'static [&'static str],
}

/// Runs all lints, the quick ones first.
///
/// # Errors
/// When one of them finds something or a tool is missing.
pub fn lint(_: &[String]) -> Result {
    run(cargo().args(["fmt", "--all", "--check"]))?;
    borders()?;
    promises::kept()?;
    types()?;
    clippy(&["--workspace", "--all-targets"])?;
    setup::wasm_target()?;
    let wasm = ["--target", "wasm32-unknown-unknown", "--package"];
    clippy(&[&wasm[..], &["afterimage-recorder", "--lib"]].concat())?;
    clippy(&[&wasm[..], &["afterimage-replay", "--lib", "--features", "viewer"]].concat())?;
    licences()
}

fn clippy(args: &[&str]) -> Result {
    run(cargo().arg("clippy").args(args).args(["--", "--deny", "warnings"]))
}

fn borders() -> Result {
    let crossings: Vec<String> = BORDERS.iter().flat_map(|border| border.crossings(&root())).collect();
    if crossings.is_empty() { Ok(()) } else { Err(crossings.join("\n")) }
}

impl Border {
    fn crossings(&self, root: &Path) -> Vec<String> {
        let inside = root.join(self.but);
        let sources = files(&root.join(self.below)).into_iter().filter(|file| !file.starts_with(&inside));
        let rust = sources.filter(|file| file.extension().is_some_and(|extension| extension == "rs"));
        rust.flat_map(|file| self.crossings_in(root, &file)).collect()
    }

    fn crossings_in(&self, root: &Path, file: &Path) -> Vec<String> {
        let text = std::fs::read_to_string(file).unwrap_or_default();
        let code = text.lines().enumerate().filter(|(_, line)| !line.trim_start().starts_with("//"));
        let crossed =
            code.filter_map(|(at, line)| Some((at, self.words.iter().find(|word| line.contains(**word))?)));
        let name = file.strip_prefix(root).unwrap_or(file).display().to_string();
        crossed.map(|(at, word)| format!("{name}:{}: {word} belongs in {}", at + 1, self.but)).collect()
    }
}

/// The types that the JavaScript's comments claim.
fn types() -> Result {
    for project in ["www", "crates/collector/pages"] {
        run(setup::node_tool("tsc")?.args(["--project", project]))?;
    }
    Ok(())
}

/// Licences and duplicates, where cargo-deny is installed: building it takes longer than everything else here.
fn licences() -> Result {
    if output(cargo().args(["deny", "--version"])).is_none() {
        println!("cargo-deny is not installed: licences not checked (cargo install cargo-deny)");
        return Ok(());
    }
    run_quietly(cargo().args(["deny", "--offline", "check", "licenses", "bans", "sources"]))
}

#[cfg(test)]
mod tests {
    use super::Border;

    #[test]
    fn a_crossing_is_named_with_its_line() {
        let root = std::env::temp_dir().join(format!("afterimage-lint-{}", std::process::id()));
        let border = Border { below: "src", but: "src/web", words: &["web_sys"] };
        for (name, text) in
            [("src/a.rs", "// web_sys\nuse web_sys::Node;\n"), ("src/web/b.rs", "use web_sys::Node;")]
        {
            crate::sh::write(&root.join(name), text).unwrap();
        }
        let crossings = border.crossings(&root);
        std::fs::remove_dir_all(&root).unwrap();
        assert_eq!(crossings, ["src/a.rs:2: web_sys belongs in src/web"]);
    }
}
