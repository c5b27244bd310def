//! What visitors can see and count on: what was recorded of them, what the collector says of itself, how long it keeps.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)] // in helpers, too

mod common;
mod process;

use std::sync::Arc;

use afterimage_collector::assets::Assets;
use afterimage_collector::config::Config;
use afterimage_collector::id::SessionId;
use afterimage_collector::index::Index;
use afterimage_collector::journal::{Entry, Journal, SqliteJournal};
use afterimage_collector::state::Collector;
use afterimage_wire::Header;
use afterimage_wire::batch::{hex, sha256};
use axum::body::Body;
use axum::http::Method;
use common::*;
use serde_json::json;

const OTHER: [u8; 16] = *b"another secret!!";
const DAY_MS: u64 = 86_400_000;

fn mine(secret: &[u8]) -> axum::http::Request<Body> {
    request(Method::POST, "/collect/mine", secret.to_vec())
}

/// Two batches of the one session, one of the other.
async fn two_sessions() -> Bed {
    let bed = Bed::new();
    for body in [batch(0), batch(1), body(other(), |w| click(1, 1).encode(w, 0))] {
        assert!(bed.post(body).await.status.is_success());
    }
    bed
}

fn other() -> Header {
    Header { session: sha256(&OTHER), ..header(0) }
}

#[tokio::test]
async fn promise_v04_the_secret_opens_its_session_and_no_other() {
    let bed = two_sessions().await;
    let shown = bed.send(mine(&SECRET)).await;
    assert_eq!(shown.status, 200);
    assert_eq!(shown.headers["content-type"], "application/octet-stream");
    assert_eq!(shown.headers["cache-control"], "no-store");
    assert_eq!(shown.headers["access-control-allow-origin"], "*");
    let wanted: Vec<u8> =
        [batch(0), batch(1)].iter().flat_map(|b| [&(b.len() as u32).to_le_bytes()[..], b].concat()).collect();
    assert_eq!(shown.body, wanted);
    let others = bed.send(mine(&OTHER)).await.body;
    assert!(others.len() < wanted.len() && others.windows(16).any(|w| w == sha256::<16>(&OTHER)));
    assert!(!others.windows(16).any(|w| w == session()));
}

#[tokio::test]
async fn promise_v04_whoever_has_no_secret_of_a_session_sees_none() {
    let bed = two_sessions().await;
    let unknown = (404, "unknown_session".to_owned());
    assert_eq!(bed.send(mine(b"no such secret!!")).await.refusal(), unknown);
    // The id, which the owner can see, is not the secret.
    assert_eq!(bed.send(mine(&session())).await.refusal(), unknown);
    for wrong in [&b""[..], &SECRET[..15], b"sixteen bytes!!!!", hex(&SECRET).as_bytes(), &[0; 1 << 16]] {
        assert_eq!(
            bed.send(mine(wrong)).await.refusal(),
            (400, "bad_secret".into()),
            "{} bytes",
            wrong.len()
        );
    }
    for method in [Method::GET, Method::PUT, Method::DELETE] {
        let asked = bed.send(request(method.clone(), "/collect/mine", SECRET.to_vec())).await;
        assert_eq!(asked.status, 405, "{method}: a secret does not belong into an address");
    }
}

#[tokio::test]
async fn promise_v04_promise_v05_what_was_erased_is_answered_as_if_it_had_never_been() {
    let bed = two_sessions().await;
    let never = bed.send(mine(b"no such secret!!")).await;
    bed.send(request(Method::POST, "/collect/erase", SECRET.to_vec())).await;
    let erased = bed.send(mine(&SECRET)).await;
    assert_eq!((erased.status, erased.body), (never.status, never.body));
    assert_eq!(bed.send(mine(&OTHER)).await.status, 200);
}

#[tokio::test]
async fn promise_v07_the_collector_says_who_keeps_what_for_how_long() {
    let plain = Bed::new().get("/collect/policy.json").await;
    assert_eq!(
        plain.json(),
        json!({ "operator": null, "contact": null, "keepDays": null, "addressesStored": false })
    );
    let config = Config {
        keep_days: Some(30),
        operator: Some("Penwith & Co".into()),
        contact: Some("privacy@shop.example".parse().unwrap()),
        origins: vec!["https://shop.example".parse().unwrap()],
        ..Config::default()
    };
    let told = Bed::with(config, None).get("/collect/policy.json").await;
    assert_eq!(
        told.json(),
        json!({
            "operator": "Penwith & Co",
            "contact": "mailto:privacy@shop.example",
            "keepDays": 30,
            "addressesStored": false,
        })
    );
    assert_eq!(told.headers["access-control-allow-origin"], "*");
    assert_eq!(told.headers["cache-control"], "public, max-age=300");
    assert_eq!(told.headers["content-type"], "application/json");
}

#[tokio::test]
async fn promise_r07_no_address_is_stored() {
    let bed = Bed::new();
    let mut sent = request(Method::POST, "/collect", batch(0));
    for name in ["x-forwarded-for", "forwarded", "x-real-ip", "cf-connecting-ip"] {
        sent.headers_mut().insert(name, "203.0.113.77".parse().unwrap());
    }
    assert_eq!(bed.send(sent).await.status, 204);
    bed.get("/api/sessions").await;
    for (address, what) in [(&b"203.0.113.77"[..], "as text"), (&[203, 0, 113, 77], "as bytes")] {
        for file in std::fs::read_dir(bed.directory.path()).unwrap() {
            let bytes = std::fs::read(file.unwrap().path()).unwrap();
            assert!(!bytes.windows(address.len()).any(|w| w == address), "{what}");
        }
    }
}

/// A batch that came at that time.
fn entry(secret: &[u8; 16], sequence: u32, received_ms: u64) -> Entry {
    let header = Header { session: sha256(secret), ..header(sequence) };
    let body = body(header, |w| page_view("https://shop.example/findme", 1).encode(w, 0));
    let (header, _) = Header::decode(&body).unwrap();
    Entry::new(&header, received_ms, body.into())
}

#[tokio::test]
async fn promise_k03_sessions_are_deleted_when_their_days_are_over() {
    let directory = tempfile::tempdir().unwrap();
    let journal: Arc<dyn Journal> = Arc::new(SqliteJournal::open(directory.path(), None).unwrap());
    let now = ORIGIN_MS + 100 * DAY_MS;
    let secrets: Vec<[u8; 16]> = (0..40u8).map(|n| [n; 16]).collect();
    for (secret, age) in secrets.iter().zip(0..) {
        journal.append(entry(secret, 0, now - age * DAY_MS)).await.unwrap();
        // A later batch does not make a session younger.
        journal.append(entry(secret, 1, now)).await.unwrap();
    }
    let index = Index::open(directory.path()).unwrap();
    let assets = Assets::load(Some(directory.path()));
    let collector = Collector::new(Config::default(), Arc::clone(&journal), index, assets);
    collector.catch_up().await.unwrap();
    assert_eq!(collector.index.count().await.unwrap(), 40);

    assert_eq!(collector.expire(7, now).await.unwrap(), 32, "of 8 days and more");
    assert_eq!(collector.index.count().await.unwrap(), 8);
    for (secret, age) in secrets.iter().zip(0..) {
        let left = journal.read(SessionId::of_secret(secret)).await.unwrap().len();
        assert_eq!(left, if age <= 7 { 2 } else { 0 }, "{age} days old");
    }
    assert_eq!(collector.expire(7, now).await.unwrap(), 0);
    assert_eq!(collector.expire(1, now + DAY_MS).await.unwrap(), 7);
    assert_eq!(collector.expire(1, now + 2 * DAY_MS).await.unwrap(), 1);
    assert_eq!(collector.expire(36_500, now).await.unwrap(), 0, "longer than there are clocks");
    for file in std::fs::read_dir(directory.path()).unwrap() {
        let bytes = std::fs::read(file.unwrap().path()).unwrap();
        assert!(!bytes.windows(6).any(|w| w == b"findme"), "no byte of them stays on the disk");
    }
}

#[test]
fn promise_k03_serve_deletes_what_is_too_old_when_it_starts() {
    let data = tempfile::tempdir().unwrap();
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap().as_millis() as u64;
    let runtime = tokio::runtime::Runtime::new().unwrap();
    runtime.block_on(async {
        let journal = SqliteJournal::open(data.path(), None).unwrap();
        journal.append(entry(&SECRET, 0, now - 31 * DAY_MS)).await.unwrap();
        journal.append(entry(&OTHER, 0, now - 29 * DAY_MS)).await.unwrap();
    });
    let listed = || process::run(&["sessions", "--data", &process::path(data.path())]).stdout;
    assert_eq!(listed().lines().count(), 2);
    let server = process::Server::start_with(data.path(), &["--keep-days", "30"], None);
    for _ in 0..200 {
        if listed().lines().count() == 1 {
            break;
        }
        std::thread::sleep(std::time::Duration::from_millis(50));
    }
    assert!(listed().starts_with(&hex(&sha256::<16>(&OTHER))), "{}", listed());
    // What comes late of a session that is over is not taken in again.
    let late = body(header(1), |w| click(1, 1).encode(w, 0));
    assert_eq!(server.post(&late), 410);
}

#[test]
fn what_visitors_are_told_is_checked_before_it_serves() {
    let data = tempfile::tempdir().unwrap();
    for wrong in [["--keep-days", "0"], ["--keep-days", "soon"], ["--contact", "javascript:alert(1)"]] {
        let ran = process::run(&[&["serve", "--data", &process::path(data.path())], &wrong[..]].concat());
        assert_eq!(ran.code, 2, "{wrong:?}");
        assert!(ran.stderr.contains(wrong[0]), "{}", ran.stderr);
    }
}
