//! Whether a replayed page is the live page: both in the canonical form of `canonical.js`, compared node by node.

use serde_json::{Value, json};

use crate::Browser;

const CANONICAL: &str = include_str!("canonical.js");

/// What stands in a recording for what was withheld.
const MASK: char = '•';

/// Attributes that a rule may withhold whole: names and limits of fields, states that no style
/// depends on, tokens, hints for keyboards on screen.
fn may_be_missing(name: &str) -> bool {
    const NAMES: [&str; 13] = [
        "name",
        "content",
        "nonce",
        "integrity",
        "crossorigin",
        "srcset",
        "property",
        "referrerpolicy",
        "focusable",
        "minlength",
        "maxlength",
        "enterkeyhint",
        "autocapitalize",
    ];
    name.starts_with("data-") || name.starts_with("aria-") || NAMES.contains(&name)
}

/// Attributes that people read: they are withheld like text.
fn is_text(name: &str) -> bool {
    matches!(name, "title" | "alt" | "placeholder" | "aria-label" | "label")
}

/// The page shown, as a replay should show it. Text below `maskable` elements may be withheld.
#[must_use]
pub fn live_page(browser: &Browser, maskable: &str) -> Value {
    browser.ask(&format!("return ({CANONICAL})(document, false, arguments[0])"), json!([maskable]))
}

/// What the player of the replay page shows.
#[must_use]
pub fn replayed_page(browser: &Browser) -> Value {
    replayed_frame(browser, 0)
}

/// The same of the first frame, so many frames deep; null while it is not there.
#[must_use]
pub fn replayed_frame(browser: &Browser, depth: usize) -> Value {
    let inner = "?.querySelector('iframe')?.contentDocument".repeat(depth);
    let document = format!("afterimageReplay.replayer.iframe.contentDocument{inner}");
    browser.ask(&format!("return {document} ? ({CANONICAL})({document}, true, '') : null"), json!([]))
}

/// Whether a replay is scrolled as the page was, to the pixel that a zoomed player may be off.
#[must_use]
pub fn same_scroll(live: &Value, replayed: &Value) -> bool {
    let offset = |page: &Value, axis: usize| page["scroll"][axis].as_i64().expect("a scroll offset");
    [0, 1].into_iter().all(|axis| (offset(live, axis) - offset(replayed, axis)).abs() <= 1)
}

/// Everything in which a replay's nodes differ from the page's; empty when nothing does.
#[must_use]
pub fn difference(live: &Value, replayed: &Value) -> Vec<String> {
    let mut found = Vec::new();
    compare("", &live["nodes"], &replayed["nodes"], &mut found);
    found
}

fn compare(path: &str, live: &Value, replayed: &Value, found: &mut Vec<String>) {
    let Some(name) = live[0].as_str().filter(|_| live.get(3).is_some()) else {
        return compare_text(path, live, replayed, found);
    };
    let path =
        format!("{path} {name}{}", live[1]["id"].as_str().map_or_else(String::new, |id| format!("#{id}")));
    if live[0] != replayed[0] || replayed.get(3).is_none() {
        return found.push(format!("{path}: replayed as {}", shown(replayed)));
    }
    compare_attributes(&path, live, replayed, found);
    compare_states(&path, &live[2], &replayed[2], found);
    let (live, replayed) = (live[3].as_array().expect("children"), replayed[3].as_array().expect("children"));
    for (live, replayed) in live.iter().zip(replayed) {
        compare(&path, live, replayed, found);
    }
    for missing in live.iter().skip(replayed.len()) {
        found.push(format!("{path}: missing {}", shown(missing)));
    }
    for added in replayed.iter().skip(live.len()) {
        found.push(format!("{path}: added {}", shown(added)));
    }
}

fn compare_states(path: &str, live: &Value, replayed: &Value, found: &mut Vec<String>) {
    if let (Some(live), Some(replayed)) = (live.as_array(), replayed.as_array()) {
        // Rules of style sheets: the first that differs says enough.
        let longest = live.len().max(replayed.len());
        let differs = (0..longest).find(|at| live.get(*at) != replayed.get(*at));
        found.extend(differs.map(|at| {
            let rule = |rules: &[Value]| rules.get(at).map_or_else(|| "nothing".to_owned(), shown);
            format!("{path}: rule {at} is {} instead of {}", rule(replayed), rule(live))
        }));
        return;
    }
    let same = live == replayed
        || (live == "protected" && (replayed == "empty" || replayed == "masked"))
        || (replayed == "any" && (live == "masked" || live == "empty"));
    if !same {
        found.push(format!("{path}: state {} instead of {}", shown(replayed), shown(live)));
    }
}

fn compare_text(path: &str, live: &Value, replayed: &Value, found: &mut Vec<String>) {
    let text = live[0].as_str().expect("text");
    let same = match replayed[0].as_str().filter(|_| replayed.get(3).is_none()) {
        Some(shown) => shown == text || (live[1] == true && is_masked(text, shown)),
        None => false,
    };
    if !same {
        found.push(format!("{path}: {} instead of {}", shown(&replayed[0]), shown(&live[0])));
    }
}

fn compare_attributes(path: &str, live: &Value, replayed: &Value, found: &mut Vec<String>) {
    let (kept, given) =
        (live[1].as_object().expect("attributes"), replayed[1].as_object().expect("attributes"));
    let protected = live[2] == "protected";
    for (name, value) in kept {
        let same = match given.get(name) {
            Some(given) => {
                given == value || is_text(name) && is_masked(value.as_str().unwrap(), given.as_str().unwrap())
            }
            None => may_be_missing(name) || live[4] == true,
        };
        // Of a protected field not even its present type is told.
        let same = same || (protected && name == "type");
        if !same {
            let given = given.get(name).map_or_else(|| "nothing".to_owned(), shown);
            found.push(format!("{path}: {name} is {given} instead of {}", shown(value)));
        }
    }
    for (name, value) in given.iter().filter(|(name, _)| !kept.contains_key(*name)) {
        found.push(format!("{path}: has {name}={} of its own", shown(value)));
    }
}

/// Whether a text is another with parts of it withheld.
fn is_masked(text: &str, masked: &str) -> bool {
    if !masked.contains(MASK) {
        return false;
    }
    let mut rest = text;
    for part in masked.split(MASK).filter(|part| !part.is_empty()) {
        let Some(at) = rest.find(part) else { return false };
        rest = &rest[at + part.len()..];
    }
    true
}

fn shown(value: &Value) -> String {
    let text = value.to_string();
    let cut: String = text.chars().take(200).collect();
    if cut.len() < text.len() { format!("{cut}…") } else { text }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    fn page(nodes: serde_json::Value) -> serde_json::Value {
        json!({ "nodes": nodes, "scroll": [0, 0] })
    }

    #[test]
    fn differences_are_seen_and_masks_are_not() {
        let live = page(
            json!(["p", { "id": "a", "data-x": "1", "title": "call 0123" }, null, [["owes 12 pounds", true], ["b", {}, null, []]]]),
        );
        let same = page(
            json!(["p", { "id": "a", "title": "call •••••" }, null, [["owes ••••• pounds", false], ["b", {}, null, []]]]),
        );
        assert_eq!(super::difference(&live, &same), [""; 0]);
        let other = page(
            json!(["p", { "id": "b", "class": "new" }, "on", [["owes pounds", false], ["i", {}, null, []], ["more", false]]]),
        );
        assert_eq!(
            super::difference(&live, &other),
            [
                r#" p#a: id is "b" instead of "a""#,
                r#" p#a: title is nothing instead of "call 0123""#,
                r#" p#a: has class="new" of its own"#,
                r#" p#a: state "on" instead of null"#,
                r#" p#a: "owes pounds" instead of "owes 12 pounds""#,
                r#" p#a b: replayed as ["i",{},null,[]]"#,
                r#" p#a: added ["more",false]"#,
            ]
        );
    }
}
