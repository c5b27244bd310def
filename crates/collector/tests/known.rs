//! Blocks that the collector knows: who is told of them, and what becomes of batches that name them.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)] // in helpers, too

mod common;
mod process;

use std::io::Write;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use afterimage_collector::config::Config;
use afterimage_collector::id::SessionId;
use afterimage_wire::batch::{hex, sha256};
use afterimage_wire::blocks::{abridge, names};
use afterimage_wire::record::Title;
use afterimage_wire::{Batch, Compression, Header};
use axum::body::Body;
use axum::http::{Method, Request, StatusCode};
use common::*;

/// A page's first batch in a session of its own: what all visitors see, and a little of each.
fn visit(visitor: u8) -> Vec<u8> {
    visit_of(visitor, 0..6000)
}

fn visit_of(visitor: u8, items: std::ops::Range<u32>) -> Vec<u8> {
    let words: Vec<String> =
        items.map(|n| format!("<li>{} wool", n.wrapping_mul(0x9e37_79b1) >> 9)).collect();
    body(Header { session: sha256(&[visitor; 16]), ..header(0) }, |w| {
        page_view("https://shop.example/", 1).encode(w, 0);
        Title { title: format!("Visitor {visitor}").as_str() }.encode(w, u32::from(visitor));
        Title { title: words.concat().as_str() }.encode(w, u32::from(visitor));
    })
}

fn deflated(body: &[u8]) -> Vec<u8> {
    let (mut header, payload) = Header::decode(body).unwrap();
    header.compression = Compression::DeflateRaw;
    [header.encode(), deflate(payload)].concat()
}

fn deflate(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::DeflateEncoder::new(Vec::new(), flate2::Compression::best());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

/// The names of the blocks of a body that is not compressed.
fn names_of(body: &[u8]) -> Vec<u8> {
    let (header, payload) = Header::decode(body).unwrap();
    names(&header.site, payload)
}

/// Of names those for which `known` has a `1`, of the others they begin with a zero.
fn only(mut names: Vec<u8>, known: &[u8]) -> Vec<u8> {
    for (name, known) in names.chunks_mut(8).zip(known) {
        if *known != b'1' {
            name[0] = 0;
        }
    }
    names
}

fn abridged(body: &[u8], known: &[u8]) -> Vec<u8> {
    let (header, payload) = Header::decode(body).unwrap();
    travelling(header, &abridge(payload, &only(names_of(body), known)))
}

fn travelling(header: Header, parts: &[u8]) -> Vec<u8> {
    let mut sent = Header { compression: Compression::Abridged, ..header }.encode();
    sent.extend(deflate(parts));
    sent
}

async fn ask(bed: &Bed, body: &[u8]) -> Vec<u8> {
    let reply = bed.send(request(Method::POST, "/collect/known", names_of(body))).await;
    assert_eq!(
        (reply.status, &reply.headers["cache-control"]),
        (StatusCode::OK, &"no-store".parse().unwrap())
    );
    assert_eq!(reply.headers["access-control-allow-origin"], "*");
    reply.body
}

fn count(known: &[u8]) -> usize {
    known.iter().filter(|known| **known == b'1').count()
}

/// A collector that three visitors have told the page.
async fn taught(config: Config) -> Bed {
    let bed = Bed::with(config, None);
    for visitor in 1..=3 {
        assert_eq!(count(&ask(&bed, &visit(visitor)).await), 0, "what {} visitors saw", visitor - 1);
        assert_eq!(bed.post(visit(visitor)).await.status, StatusCode::NO_CONTENT);
        // The same visitor is no other one.
        assert_eq!(bed.post(visit(visitor)).await.status, StatusCode::NO_CONTENT);
    }
    bed
}

#[tokio::test]
async fn what_three_visitors_brought_the_fourth_need_not() {
    let bed = taught(Config::default()).await;
    let whole = visit(4);
    let known = ask(&bed, &whole).await;
    let all = names_of(&whole).len() / 8;
    assert!(
        count(&known) + 6 > all && count(&known) < all,
        "{} of {all}: not what is different",
        count(&known)
    );
    let sent = abridged(&whole, &known);
    assert!(sent.len() * 8 < deflate(&whole).len(), "{} bytes", sent.len());
    assert_eq!(bed.post(sent.clone()).await.status, StatusCode::NO_CONTENT);
    let stored = bed.journal.read(SessionId(sha256(&[4; 16]))).await.unwrap();
    let [entry] = &stored[..] else { panic!("{} batches", stored.len()) };
    let mut expected = Batch::decode(&whole, 1 << 20).unwrap();
    expected.header.compression = Compression::DeflateRaw;
    assert_eq!(Batch::decode(&entry.body, 1 << 20).unwrap(), expected, "it is stored whole");
    // However it comes again, it is the same batch.
    for again in [sent, whole] {
        assert_eq!(bed.post(again).await.status, StatusCode::NO_CONTENT);
    }
    assert_eq!(bed.stored().await, 4);
}

#[tokio::test]
async fn a_block_that_is_not_known_any_more_is_sent_after_all() {
    let (bed, whole) = (Bed::new(), visit(4));
    let everything = vec![b'1'; 1000];
    let reply = bed.post(abridged(&whole, &everything)).await;
    assert_eq!(reply.refusal(), (409, "unknown_block".into()));
    assert_eq!(bed.stored().await, 0);
    assert_eq!(bed.post(whole).await.status, StatusCode::NO_CONTENT);
    assert_eq!(bed.stored().await, 1);
}

#[tokio::test]
async fn a_wrong_block_is_refused() {
    let bed = taught(Config::default()).await;
    let whole = visit(4);
    let (mut named, known) = (names_of(&whole), ask(&bed, &whole).await);
    let two = (1..named.len()).find(|n| known[n - 1..=*n] == *b"11").unwrap();
    named[two * 8 - 8..two * 8 + 8].rotate_left(8);
    let (header, payload) = Header::decode(&whole).unwrap();
    let sent = travelling(header, &abridge(payload, &only(named, &known)));
    assert_eq!(bed.post(sent).await.refusal(), (422, "bad_digest".into()));
    assert_eq!(bed.stored().await, 3);
}

#[tokio::test]
async fn what_would_become_too_large_is_refused() {
    let whole = visit(4);
    let payload = Header::decode(&whole).unwrap().1.len();
    let bed = taught(Config::default()).await;
    let sent = abridged(&whole, &ask(&bed, &whole).await);
    let bed = Bed::with(Config { payload_bytes: payload - 1, ..Config::default() }, None);
    assert_eq!(bed.post(sent).await.refusal(), (413, "payload_too_large".into()));

    // Halves of it are not too large.
    let half = deflated(&visit_of(1, 0..3000)).len();
    let bed = Bed::with(Config { body_bytes: half * 3 / 2, ..Config::default() }, None);
    for visitor in 1..=6 {
        let items = if visitor <= 3 { 0..3000 } else { 3000..6000 };
        assert_eq!(bed.post(deflated(&visit_of(visitor, items))).await.status, StatusCode::NO_CONTENT);
    }
    let whole = visit(7);
    let sent = abridged(&whole, &ask(&bed, &whole).await);
    assert!(sent.len() < half, "{}", sent.len());
    assert_eq!(bed.post(sent).await.refusal(), (413, "body_too_large".into()));
    assert_eq!(bed.stored().await, 6);
}

/// A little that names one block again and again.
#[tokio::test]
async fn a_block_named_a_thousand_times_takes_no_more_room_than_a_payload_may() {
    let bed = taught(Config::default()).await;
    let whole = visit(4);
    let (named, known) = (names_of(&whole), ask(&bed, &whole).await);
    let one = known.iter().position(|known| *known == b'1').unwrap();
    let parts = [&[0], &named[one * 8..][..8]].concat().repeat(60_000);
    let sent = travelling(Header { payload_bytes: 8 << 20, ..header(0) }, &parts);
    assert_eq!(bed.post(sent).await.refusal(), (413, "payload_too_large".into()));
}

#[tokio::test]
async fn an_erased_session_is_no_longer_known_of() {
    let bed = taught(Config::default()).await;
    let reply = bed.send(request(Method::POST, "/collect/erase", vec![2; 16])).await;
    assert_eq!(reply.status, StatusCode::NO_CONTENT);
    assert_eq!(count(&ask(&bed, &visit(4)).await), 0);
}

/// Retention, and whoever holds the data: other processes, too. What was asked before does not come after it, either.
#[tokio::test]
async fn promise_v05_a_running_collector_hears_of_what_others_erased() {
    let bed = taught(Config::default()).await;
    let sent = abridged(&visit(4), &ask(&bed, &visit(4)).await);
    let data = process::path(bed.directory.path());
    let erased = process::run(&["erase", &hex(&sha256::<16>(&[2; 16])), "--data", &data]);
    assert_eq!(erased.code, 0, "{}", erased.stderr);
    assert_eq!(bed.post(sent).await.refusal(), (409, "unknown_block".into()));
    assert_eq!(count(&ask(&bed, &visit(4)).await), 0);

    let bed = taught(Config::default()).await;
    let later = SystemTime::now() + Duration::from_secs(2 * 86_400);
    let later = u64::try_from(later.duration_since(UNIX_EPOCH).unwrap().as_millis()).unwrap();
    assert_eq!(bed.collector.expire(1, later).await.unwrap(), 3);
    assert!(bed.collector.known.is_empty(), "at once, without being asked");
    assert_eq!(count(&ask(&bed, &visit(4)).await), 0);
}

#[tokio::test]
async fn sites_do_not_hear_of_each_other() {
    let bed = taught(Config::default()).await;
    let (header, payload) =
        Header::decode(&visit(4)).map(|(header, payload)| (header, payload.to_vec())).unwrap();
    let mut other = Header { site: "bank".into(), ..header };
    other.seal(&payload);
    assert_eq!(count(&ask(&bed, &[other.encode(), payload].concat()).await), 0);
}

#[tokio::test]
async fn what_is_asked_has_a_form_and_an_origin() {
    let bed = Bed::with(
        Config { origins: vec!["https://shop.example".parse().unwrap()], ..Config::default() },
        None,
    );
    let ask = |origin: &str, body: Vec<u8>| {
        let request = Request::post("/collect/known").header("origin", origin);
        bed.send(request.body(Body::from(body)).unwrap())
    };
    let shop = "https://shop.example";
    let reply = ask(shop, vec![1; 72]).await;
    assert_eq!((reply.status, reply.body), (StatusCode::OK, b"000000000".to_vec()));
    assert_eq!(ask(shop, vec![1; 71]).await.refusal(), (400, "bad_names".into()));
    assert_eq!(ask(shop, vec![]).await.refusal(), (400, "empty_body".into()));
    assert_eq!(ask(shop, vec![1; 1 << 20]).await.refusal(), (413, "body_too_large".into()));
    assert_eq!(ask("https://other.example", vec![1; 72]).await.refusal(), (403, "origin_refused".into()));
}
