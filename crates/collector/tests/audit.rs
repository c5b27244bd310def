//! `afterimage audit`: what a recording proves of what was not recorded.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)] // in helpers, too

mod common;
mod process;

use afterimage_wire::batch::{PolicyReport, hex, sha256};
use afterimage_wire::record::Policy;
use afterimage_wire::{BatchWriter, Header};
use common::*;
use process::*;
use serde_json::{Value, json};

const POLICY: &str = r#"{"policy":"default","query":["page"],"selectors":[".private","","",""]}"#;

/// Batches of one page view that follow each other, as a recorder makes them.
struct Chain {
    next: u32,
    previous: [u8; 16],
}

impl Chain {
    fn new() -> Self {
        Self { next: 0, previous: [0; 16] }
    }

    fn batch(&mut self, withheld: &[(u32, u32)]) -> Vec<u8> {
        let mut writer = BatchWriter::default();
        if self.next == 0 {
            page_view("https://shop.example/", 1).encode(&mut writer, 0);
            Policy { json: POLICY }.encode(&mut writer, 0);
        }
        click(10, 20).encode(&mut writer, self.next * 100);
        let policy = PolicyReport { policy: sha256(POLICY.as_bytes()), withheld: withheld.to_vec() };
        let body = writer.finish_body(Header { previous: self.previous, ..header(self.next) }, &policy);
        self.previous = Header::decode(&body).unwrap().0.digest;
        self.next += 1;
        body
    }
}

/// What is printed of a session of these batches: in words, and as JSON with the exit status.
fn audited(bodies: &[Vec<u8>]) -> (Ran, Value) {
    let data = tempfile::tempdir().unwrap();
    let server = Server::start(data.path());
    for body in bodies {
        assert_eq!(server.post(body), 204);
    }
    let (id, directory) = (hex(&session()), path(data.path()));
    let json = run(&["audit", &id, "--json", "--data", &directory]);
    (run(&["audit", &id, "--data", &directory]), serde_json::from_str(&json.stdout).unwrap())
}

#[test]
fn promise_k05_policy_counts_and_chain_are_told_and_verified() {
    let mut chain = Chain::new();
    let bodies = [chain.batch(&[(1, 3), (5, 1)]), chain.batch(&[]), chain.batch(&[(1, 2), (300, 7)])];
    let (words, json) = audited(&bodies);
    assert_eq!((words.code, words.stderr.as_str()), (0, ""));
    for said in [
        "https://shop.example/",
        &hex(&sha256::<16>(POLICY.as_bytes())),
        "default: text is kept",
        "URL parameters kept: page",
        "masked by the owner: .private",
        "withheld: masked-value 3, url 1",
        "withheld: nothing",
        "withheld in all: masked-value 5, url 1, unknown-rule-300 7",
        "\nverified",
    ] {
        assert!(words.stdout.contains(said), "{said:?} in {}", words.stdout);
    }
    assert_eq!(json["verified"], true);
    let view = &json["page_views"][0];
    assert_eq!(view["policies"][0]["json"]["query"], json!(["page"]));
    assert_eq!(view["batches"].as_array().unwrap().len(), 3);
    assert_eq!(view["batches"][1]["previous"], view["batches"][0]["digest"]);
    let unknown = view["batches"][2]["withheld"][1].clone();
    assert_eq!(
        (&unknown["rule"], &unknown["name"], &unknown["count"]),
        (&json!(300), &json!("unknown-rule-300"), &json!(7))
    );
}

#[test]
fn promise_k05_what_is_missing_or_altered_is_told() {
    let mut chain = Chain::new();
    let first = chain.batch(&[]);
    let _lost = chain.batch(&[]);
    let third = chain.batch(&[]);
    let (words, json) = audited(&[first.clone(), third]);
    assert_eq!(words.code, 2);
    assert!(
        words.stdout.contains("batch 1 is missing") && words.stdout.contains("NOT verified"),
        "{}",
        words.stdout
    );
    assert!(words.stderr.contains("not all of it"), "{}", words.stderr);
    assert_eq!(
        (&json["verified"], &json["page_views"][0]["problems"]),
        (&json!(false), &json!(["batch 1 is missing"]))
    );

    // Another recorder's second batch, whole in itself.
    let mut other = Chain { next: 1, previous: [9; 16] };
    let (words, _) = audited(&[first, other.batch(&[])]);
    assert_eq!(words.code, 2);
    assert!(words.stdout.contains("batch 1 does not name the batch before it"), "{}", words.stdout);
}

#[test]
fn a_policy_that_was_not_recorded_is_a_digest() {
    let (words, json) = audited(&[batch(0)]);
    assert_eq!(words.code, 0, "{}", words.stdout);
    assert!(words.stdout.contains(&hex(&[7; 16])) && words.stdout.contains("not in what was recorded"));
    assert_eq!(json["page_views"][0]["policies"], json!([]));
}

#[test]
fn another_policy_than_the_recorded_one_is_told() {
    let forged = |policy| {
        let mut writer = BatchWriter::default();
        Policy { json: POLICY }.encode(&mut writer, 0);
        writer.finish_body(header(0), &PolicyReport { policy, withheld: Vec::new() })
    };
    assert_eq!(audited(&[forged(sha256(POLICY.as_bytes()))]).0.code, 0);
    let (words, _) = audited(&[forged([1; 16])]);
    assert_eq!(words.code, 2);
    assert!(
        words.stdout.contains("batch 0: its policy is not the one that was recorded"),
        "{}",
        words.stdout
    );
}

#[test]
fn what_was_altered_in_the_store_does_not_verify() {
    let data = tempfile::tempdir().unwrap();
    let server = Server::start(data.path());
    assert_eq!(server.post(&Chain::new().batch(&[(1, 1)])), 204);
    drop(server);
    let store = rusqlite::Connection::open(data.path().join("journal.db")).unwrap();
    let mut body: Vec<u8> = store.query_row("SELECT body FROM journal", [], |row| row.get(0)).unwrap();
    *body.last_mut().unwrap() ^= 1;
    assert_eq!(store.execute("UPDATE journal SET body = ?", [body]).unwrap(), 1);
    drop(store);
    let words = run(&["audit", &hex(&session()), "--data", &path(data.path())]);
    assert_eq!(words.code, 2, "{}", words.stdout);
    assert!(words.stdout.contains("batch 0 does not decode"), "{} {}", words.stdout, words.stderr);
}

#[test]
fn what_is_not_there_is_refused() {
    let data = tempfile::tempdir().unwrap();
    drop(Server::start(data.path()));
    let id = "0".repeat(32);
    for (arguments, word) in [
        (vec!["audit", &id, "--data", &path(data.path())], "no such session"),
        (vec!["audit", "xyz", "--data", &path(data.path())], "32 hexadecimal digits"),
        (vec!["audit", &id], "--data"),
    ] {
        let refused = run(&arguments);
        assert_eq!((refused.code, refused.stdout.as_str()), (2, ""), "{arguments:?}");
        assert!(refused.stderr.contains(word), "{}", refused.stderr);
    }
}
