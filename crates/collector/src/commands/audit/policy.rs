//! A recorded policy, in words.

use afterimage_wire::batch::{hex, sha256};
use serde::Serialize;
use serde_json::Value;

/// What is said of a policy of which only the digest is there.
pub(super) const UNKNOWN: &str = "its text is not in what was recorded";

/// A policy as it was recorded.
#[derive(Debug, Serialize)]
pub(super) struct Policy {
    /// Of the JSON as it was recorded.
    pub digest: String,
    pub json: Value,
    pub words: Vec<String>,
}

impl Policy {
    pub(super) fn read(json: &str) -> Self {
        let digest = hex(&sha256::<16>(json.as_bytes()));
        let json: Value = serde_json::from_str(json).unwrap_or(Value::Null);
        let words = words(&json);
        Self { digest, json, words }
    }
}

fn words(json: &Value) -> Vec<String> {
    let name = json["policy"].as_str().unwrap_or_default();
    let meaning = match name {
        "strict" => "all text, values and media are masked, and nothing is unmasked",
        "default" => "text is kept without e-mail addresses and phone numbers, values of fields are masked",
        "open" => "text is kept, values of fields are masked",
        _ => "unknown to this version",
    };
    let mut words = vec![
        format!("{name}: {meaning}"),
        "in every policy: nothing of passwords, cards, codes, ids and tokens, nor of what repeats them"
            .into(),
    ];
    match list(&json["query"]) {
        query if query.is_empty() => words.push("values of URL parameters: none kept".into()),
        query => words.push(format!("values of URL parameters kept: {query}")),
    }
    for (i, does) in ["masked", "unmasked", "blocked", "ignored"].into_iter().enumerate() {
        let selector = json["selectors"].get(i).and_then(Value::as_str).unwrap_or_default();
        if !selector.is_empty() {
            words.push(format!("{does} by the owner: {selector}"));
        }
    }
    words
}

fn list(values: &Value) -> String {
    let each: Vec<&str> = values.as_array().into_iter().flatten().filter_map(Value::as_str).collect();
    each.join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_policy_is_told_in_words() {
        let json = r#"{"policy":"open","query":["page","q"],"selectors":["",".name",".ad",""]}"#;
        let policy = Policy::read(json);
        let all = policy.words.join("\n");
        for said in [
            "open: text is kept",
            "kept: page, q",
            "unmasked by the owner: .name",
            "blocked by the owner: .ad",
        ] {
            assert!(all.contains(said), "{said} in {all}");
        }
        assert!(!all.contains("ignored") && policy.digest.len() == 32);
    }

    #[test]
    fn what_is_no_policy_is_said_to_be_unknown() {
        assert!(Policy::read("{").words[0].contains("unknown"));
    }
}
