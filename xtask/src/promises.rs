//! `cargo xtask promises`: which test proves which promise.

use std::collections::BTreeMap;
use std::path::Path;

use crate::Result;
use crate::sh::{files, root};

/// The promises that are kept in the visitor's browser. A test that proves one bears its id: `promise_n03_…`.
const CLIENT: &str = "r01 r02 r03 r04 r05 r06 r08 r11 r12 r13 \
    n01 n02 n03 n04 n05 n06 n07 n08 n09 n10 v01 v02 v03 v04 v05 v06 v07";

/// Where tests are.
const FOLDERS: [&str; 3] = ["src", "tests", "crates"];

/// Prints every promise with its tests.
///
/// # Errors
/// When a promise that the client keeps has none.
pub fn promises(_: &[String]) -> Result {
    for (id, tests) in &proofs(&root()) {
        println!("{}  {}", id.to_uppercase(), tests.join("\n     "));
    }
    kept()
}

/// Whether every promise that the client keeps has a test.
pub(crate) fn kept() -> Result {
    let proofs = proofs(&root());
    let missing: Vec<&str> = CLIENT.split_whitespace().filter(|id| !proofs.contains_key(*id)).collect();
    if missing.is_empty() { Ok(()) } else { Err(format!("no test proves {}", missing.join(", "))) }
}

/// Tests by the promise they bear in their name.
fn proofs(root: &Path) -> BTreeMap<String, Vec<String>> {
    let mut proofs: BTreeMap<String, Vec<String>> = BTreeMap::new();
    let sources = FOLDERS.iter().flat_map(|folder| files(&root.join(folder)));
    for file in sources.filter(|file| is_ours(file)) {
        let text = std::fs::read_to_string(&file).unwrap_or_default();
        let name = file.strip_prefix(root).unwrap_or(&file).display();
        for test in text.lines().filter_map(test) {
            for id in ids(test) {
                proofs.entry(id.to_owned()).or_default().push(format!("{name}: {test}"));
            }
        }
    }
    proofs
}

fn is_ours(file: &Path) -> bool {
    let ours = file.extension().is_some_and(|extension| extension == "rs" || extension == "mjs");
    ours && !file.components().any(|part| part.as_os_str() == "node_modules")
}

/// The ids at the beginning of a test's name; `promise` may stand before each.
fn ids(test: &str) -> impl Iterator<Item = &str> {
    let is_id = |part: &&str| matches!(part.as_bytes(), [b'a'..=b'z', d, e] if d.is_ascii_digit() && e.is_ascii_digit());
    test.split(['_', ' ']).filter(|part| *part != "promise").take_while(is_id)
}

/// The name of the test that a line begins, if it bears a promise.
fn test(line: &str) -> Option<&str> {
    let named = ["fn promise_", "test(\"promise_"].iter().find_map(|begins| {
        let at = line.find(begins)? + begins.len() - "promise_".len();
        line.get(at..)
    })?;
    Some(named.split(['(', '"', '<']).next().unwrap_or(named))
}

#[cfg(test)]
mod tests {
    use super::{ids, test};

    #[test]
    fn tests_are_found_in_both_languages() {
        assert_eq!(test("    async fn promise_r01_clicks() {"), Some("promise_r01_clicks"));
        assert_eq!(test("    fn promise_n03_none(steps in any()) {"), Some("promise_n03_none"));
        assert_eq!(
            test("test(\"promise_v01 a flag costs nothing\", async () => {"),
            Some("promise_v01 a flag costs nothing")
        );
        assert_eq!(test("// as promise_r01_clicks says"), None);
    }

    #[test]
    fn a_test_may_bear_several() {
        let all = |name| ids(name).collect::<Vec<_>>();
        assert_eq!(all("promise_n05_n07_one_cookie_a01"), ["n05", "n07"]);
        assert_eq!(all("promise_v01 promise_v06 at once"), ["v01", "v06"]);
    }
}
