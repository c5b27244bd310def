//! Skipping steps whose inputs did not change.

use std::hash::{DefaultHasher, Hash, Hasher};
use std::path::PathBuf;

use crate::Result;
use crate::sh::{files, target, write};

/// Runs `work` unless the contents of `inputs` (files or folders), `recipe` and this program are those of the last time it
/// succeeded and every output is still there.
///
/// # Errors
/// Those of `work`.
pub(crate) fn step(
    name: &str,
    recipe: &str,
    inputs: &[PathBuf],
    outputs: &[PathBuf],
    work: impl FnOnce() -> Result,
) -> Result {
    let stamp = target().join("xtask").join(name).with_extension("stamp");
    let now = fingerprint(recipe, inputs).to_string();
    let unchanged = std::fs::read_to_string(&stamp).is_ok_and(|before| before == now);
    if unchanged && outputs.iter().all(|output| output.exists()) {
        return Ok(());
    }
    println!("build: {name}");
    work()?;
    write(&stamp, now)
}

fn fingerprint(recipe: &str, inputs: &[PathBuf]) -> u64 {
    let mut hasher = DefaultHasher::new();
    recipe.hash(&mut hasher);
    for file in inputs.iter().flat_map(|input| files(input)) {
        file.hash(&mut hasher);
        std::fs::read(&file).ok().hash(&mut hasher);
    }
    hasher.finish()
}
