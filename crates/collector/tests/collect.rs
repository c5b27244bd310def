//! What becomes of a body that is posted.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)] // in helpers, too

mod common;

use std::collections::{BTreeSet, VecDeque};
use std::io::{self, Write};
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use afterimage_collector::config::Config;
use afterimage_collector::id::SessionId;
use afterimage_wire::batch::hex;
use afterimage_wire::{Compression, Header};
use axum::body::{Body, Bytes};
use axum::http::{Method, StatusCode};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use common::*;
use http_body::Frame;

#[tokio::test]
async fn a_batch_sent_three_times_is_stored_once() {
    let bed = Bed::new();
    for _ in 0..3 {
        assert_eq!(bed.post(batch(0)).await.status, StatusCode::NO_CONTENT);
    }
    assert_eq!(bed.stored().await, 1);
    let health = bed.get("/healthz").await.json();
    assert_eq!(health["batches"]["stored"], 1);
    assert_eq!(health["batches"]["duplicates"], 2);
    let listed = bed.get("/api/sessions").await.json();
    assert_eq!(
        (&listed["sessions"][0]["repeated"], &listed["sessions"][0]["missing"]),
        (&2.into(), &0.into())
    );
}

#[tokio::test]
async fn promise_r14_a_batch_in_the_address_of_an_image_is_stored_once() {
    let bed = Bed::new();
    let address = format!("/collect/pixel?{}", URL_SAFE_NO_PAD.encode(batch(0)));
    for _ in 0..2 {
        let reply = bed.get(&address).await;
        assert_eq!(
            (reply.status, &reply.headers["content-type"]),
            (StatusCode::OK, &"image/gif".parse().unwrap())
        );
        assert_eq!(reply.headers["access-control-allow-origin"], "*");
        assert_eq!(reply.headers["cache-control"], "no-store");
    }
    assert_eq!(bed.stored().await, 1);
    assert_eq!(bed.get("/collect/pixel?~").await.refusal(), (400, "bad_address".into()));
    assert_eq!(bed.get("/collect/pixel").await.refusal(), (400, "empty_body".into()));
    assert_eq!(bed.get("/collect/pixel?anVuaw").await.refusal(), (400, "not_a_batch".into()));
    assert_eq!(bed.stored().await, 1);
}

#[tokio::test]
async fn the_same_batch_at_the_same_time_is_stored_once() {
    let bed = Bed::new();
    let replies = futures(16, |_| bed.post(batch(0))).await;
    assert!(replies.iter().all(|r| r.status == StatusCode::NO_CONTENT));
    assert_eq!(bed.stored().await, 1);
}

#[tokio::test]
async fn many_batches_at_the_same_time_are_all_stored() {
    let bed = Bed::new();
    let replies = futures(100, |n| bed.post(batch(n))).await;
    assert!(replies.iter().all(|r| r.status == StatusCode::NO_CONTENT));
    assert_eq!(bed.stored().await, 100);
}

#[tokio::test]
async fn too_many_bytes_at_once_are_asked_to_come_later_and_nobody_loses_room_to_who_only_promises() {
    let first = batch(0);
    // Room for one batch, and a little.
    let bed = Bed::with(Config { waiting_bytes: first.len() + 100, ..Config::default() }, None);
    let promised = request(Method::POST, "/collect", Body::new(Slow::new(&[b"AF"], 900_000)));
    let begun = request(Method::POST, "/collect", Body::new(Slow::new(&[&first], 0)));
    let begun_too = request(Method::POST, "/collect", Body::new(Slow::new(&[b"AF"], 0)));
    let waiting = async {
        let all = tokio::join!(bed.send(promised), bed.send(begun), bed.send(begun_too));
        drop(all);
    };
    tokio::select! {
        () = waiting => panic!("bodies that never end were answered"),
        reply = async { tokio::time::sleep(Duration::from_millis(50)).await; bed.post(batch(1)).await } => {
            assert_eq!(reply.refusal(), (429, "too_many_at_once".into()));
            assert_eq!(reply.headers["retry-after"], "5");
            assert_eq!(reply.headers["access-control-expose-headers"], "retry-after");
            assert_eq!(bed.send(request(Method::POST, "/collect/erase", SECRET.to_vec())).await.status, 204, "a visitor's no is heard");
        }
    }
    // Whoever waited is gone, and the room is free again.
    for sequence in 2..20 {
        let other = Header { session: [9; 16], ..header(sequence) };
        assert_eq!(bed.post(body(other, |w| click(1, 2).encode(w, 0))).await.status, 204);
    }
}

/// A body whose first chunks come at once, and the rest never.
struct Slow {
    chunks: VecDeque<Bytes>,
    more: u64,
}

impl Slow {
    fn new(chunks: &[&[u8]], more: u64) -> Self {
        Self { chunks: chunks.iter().map(|chunk| Bytes::copy_from_slice(chunk)).collect(), more }
    }
}

impl http_body::Body for Slow {
    type Data = Bytes;
    type Error = io::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, io::Error>>> {
        self.chunks.pop_front().map_or(Poll::Pending, |chunk| Poll::Ready(Some(Ok(Frame::data(chunk)))))
    }

    fn size_hint(&self) -> http_body::SizeHint {
        if self.more == 0 {
            http_body::SizeHint::default()
        } else {
            http_body::SizeHint::with_exact(self.more)
        }
    }
}

/// Polls them all together.
async fn futures<F: Future>(count: u32, make: impl Fn(u32) -> F) -> Vec<F::Output> {
    let mut running: Vec<_> = (0..count).map(|n| Box::pin(make(n))).collect();
    let mut outputs: Vec<Option<F::Output>> = (0..count).map(|_| None).collect();
    std::future::poll_fn(|cx| {
        for (future, output) in running.iter_mut().zip(&mut outputs) {
            if output.is_none()
                && let Poll::Ready(done) = future.as_mut().poll(cx)
            {
                *output = Some(done);
            }
        }
        if outputs.iter().all(Option::is_some) { Poll::Ready(()) } else { Poll::Pending }
    })
    .await;
    outputs.into_iter().flatten().collect()
}

#[tokio::test]
async fn other_bytes_under_the_same_key_are_a_conflict_and_change_nothing() {
    let bed = Bed::new();
    bed.post(batch(0)).await;
    let other = body(header(0), |w| click(99, 99).encode(w, 0));
    assert_eq!(bed.post(other).await.refusal(), (422, "sequence_conflict".into()));
    assert_eq!(bed.get("/healthz").await.json()["batches"]["conflicts"], 1);
    let stored = bed.journal.read(SessionId(session())).await.unwrap();
    assert_eq!(stored.iter().map(|e| e.body.to_vec()).collect::<Vec<_>>(), [batch(0)]);
}

#[tokio::test]
async fn the_same_batch_compressed_otherwise_is_a_repetition() {
    let bed = Bed::new();
    bed.post(batch(0)).await;
    assert_eq!(bed.post(deflated(&batch(0))).await.status, StatusCode::NO_CONTENT);
    assert_eq!(bed.stored().await, 1);
}

/// The same batch with its payload compressed.
fn deflated(body: &[u8]) -> Vec<u8> {
    let (mut header, payload) = Header::decode(body).unwrap();
    header.compression = Compression::DeflateRaw;
    let mut encoder = flate2::write::DeflateEncoder::new(header.encode(), flate2::Compression::best());
    encoder.write_all(payload).unwrap();
    encoder.finish().unwrap()
}

#[tokio::test]
async fn batches_out_of_order_are_read_in_order() {
    let bed = Bed::new();
    for sequence in [3, 0, 2, 1] {
        assert_eq!(bed.post(batch(sequence)).await.status, StatusCode::NO_CONTENT);
    }
    let stored = bed.journal.read(SessionId(session())).await.unwrap();
    assert_eq!(stored.iter().map(|e| e.sequence).collect::<Vec<_>>(), [0, 1, 2, 3]);
}

#[tokio::test]
async fn a_lost_batch_makes_the_collector_ask_for_a_snapshot_until_one_comes() {
    let bed = Bed::new();
    for sequence in [0, 2] {
        assert_eq!(bed.post(batch(sequence)).await.status, StatusCode::NO_CONTENT);
    }
    bed.get("/api/sessions").await; // brings the index up to date, which `serve` does by itself
    let reply = bed.post(batch(3)).await;
    assert_eq!((reply.status, reply.json()["snapshot"].as_bool()), (StatusCode::OK, Some(true)));
    let snapshot = Header { flags: 1, epoch: 2, ..header(4) };
    assert_eq!(bed.post(body(snapshot, |_| {})).await.status, StatusCode::NO_CONTENT);
    bed.get("/api/sessions").await;
    for sequence in 5..20 {
        assert_eq!(bed.post(batch(sequence)).await.status, StatusCode::NO_CONTENT, "{sequence}");
    }
}

#[tokio::test]
async fn a_page_view_that_begins_is_told_what_is_stored_of_those_before_it() {
    let bed = Bed::new();
    let digest = |body: &[u8]| hex(&Header::decode(body).unwrap().0.digest);
    let before: BTreeSet<_> = [batch(0), batch(1)].iter().map(|body| digest(body)).collect();
    for sequence in [0, 1] {
        assert_eq!(bed.post(batch(sequence)).await.status, StatusCode::NO_CONTENT, "there is none before it");
    }
    let next = |sequence| body(Header { page_view: [9; 8], ..header(sequence) }, |_| {});
    for _ in 0..2 {
        let told = bed.post(next(0)).await.json()["stored"].clone();
        assert_eq!(
            serde_json::from_value::<BTreeSet<String>>(told).unwrap(),
            before,
            "also when it comes again"
        );
    }
    assert_eq!(bed.post(next(1)).await.status, StatusCode::NO_CONTENT, "once is enough");
    let stranger = Header { session: [7; 16], ..header(0) };
    assert_eq!(
        bed.post(body(stranger, |_| {})).await.status,
        StatusCode::NO_CONTENT,
        "what is another's is not told"
    );
}

#[tokio::test]
async fn each_kind_of_bad_body_has_its_own_code_and_is_not_stored() {
    let bed = Bed::new();
    let good = batch(0);
    let change = |at: usize, to: u8| {
        let mut bytes = good.clone();
        bytes[at] = to;
        bytes
    };
    let last = good.len() - 1;
    let garbage = Header { compression: Compression::DeflateRaw, payload_bytes: 9, ..header(0) };
    let bomb = Header { payload_bytes: 8 << 20 | 1, ..header(0) };
    let long_site = Header { site: "s".repeat(65), ..header(0) };
    let cases: [(&str, Vec<u8>, (u16, &str)); 10] = [
        ("empty", vec![], (400, "empty_body")),
        ("no batch", b"{\"hello\": 1}".to_vec(), (400, "not_a_batch")),
        ("half a magic number", b"AF".to_vec(), (400, "not_a_batch")),
        ("version", change(3, 2), (422, "unknown_version")),
        ("compression", change(4, 9), (422, "unknown_compression")),
        ("cut header", good[..20].to_vec(), (422, "truncated")),
        ("flipped bit", change(last, good[last] ^ 1), (422, "bad_digest")),
        ("no deflate", [garbage.encode(), vec![0xff; 9]].concat(), (422, "bad_compression")),
        ("too large inside", [bomb.encode(), vec![0]].concat(), (413, "payload_too_large")),
        ("site", body(long_site, |_| {}), (422, "site_too_long")),
    ];
    for (name, body, (status, code)) in cases {
        assert_eq!(bed.post(body).await.refusal(), (status, code.to_owned()), "{name}");
    }
    let cut = Header::decode(&good).unwrap();
    let cut = [cut.0.encode(), cut.1[..cut.1.len() - 1].to_vec()].concat();
    assert_eq!(bed.post(cut).await.refusal(), (422, "truncated".into()), "cut payload");
    assert_eq!(bed.stored().await, 0);
}

#[tokio::test]
async fn a_payload_that_its_digest_covers_is_still_decoded() {
    // Whoever can hash can make a batch whose digest is right and whose records are not.
    let bed = Bed::new();
    let (mut header, payload) = Header::decode(&batch(0)).map(|(h, p)| (h, p.to_vec())).unwrap();
    let broken = [payload.as_slice(), &[1, 0]].concat(); // the strings a second time
    header.seal(&broken);
    assert_eq!(bed.post([header.encode(), broken].concat()).await.refusal(), (422, "bad_section".into()));
    assert_eq!(bed.stored().await, 0);
}

#[tokio::test]
async fn what_inflates_beyond_what_it_declares_is_refused() {
    let bed = Bed::new();
    let huge = body(header(0), |w| {
        page_view(&"x".repeat(1 << 20), 1).encode(w, 0);
    });
    let mut lying = Header::decode(&huge).unwrap().0;
    let sent = deflated(&huge);
    assert_eq!(bed.post(sent.clone()).await.status, StatusCode::NO_CONTENT, "{} bytes are fine", sent.len());
    let compressed = Header::decode(&sent).unwrap().1.to_vec();
    lying.compression = Compression::DeflateRaw;
    lying.sequence = 1;
    lying.payload_bytes = 1000;
    assert_eq!(
        bed.post([lying.encode(), compressed].concat()).await.refusal(),
        (413, "payload_too_large".into())
    );
    assert_eq!(bed.stored().await, 1);
}

#[tokio::test]
async fn a_body_that_says_it_is_too_large_is_refused_before_it_is_read() {
    let bed = Bed::new();
    let mut request = request(Method::POST, "/collect", streamed([Ok(b"AFI".to_vec())], false));
    request.headers_mut().insert("content-length", "1048577".parse().unwrap());
    let reply = tokio::time::timeout(Duration::from_secs(5), bed.send(request)).await.expect("it was read");
    assert_eq!(reply.refusal(), (413, "body_too_large".into()));
}

#[tokio::test]
async fn a_body_that_is_too_large_without_saying_so_is_refused_as_soon_as_it_is() {
    let bed = Bed::new();
    let halves = [Ok(vec![0; 600_000]), Ok(vec![0; 600_000])];
    let request = request(Method::POST, "/collect", streamed(halves, false));
    let reply =
        tokio::time::timeout(Duration::from_secs(5), bed.send(request)).await.expect("it was read on");
    assert_eq!(reply.refusal(), (413, "body_too_large".into()));
    assert_eq!(bed.stored().await, 0);
}

#[tokio::test]
async fn a_body_whose_connection_breaks_is_not_stored() {
    let bed = Bed::new();
    // All of the batch has come, but nobody said that this was all.
    let broken = [Ok(batch(0)), Err(io::ErrorKind::ConnectionReset.into())];
    let reply = bed.post(streamed(broken, true)).await;
    assert_eq!(reply.refusal(), (400, "interrupted_body".into()));
    assert_eq!(bed.stored().await, 0);
}

#[tokio::test]
async fn limits_are_as_configured() {
    let size = batch(0).len();
    let bed = Bed::with(Config { body_bytes: size, ..Config::default() }, None);
    assert_eq!(bed.post(batch(0)).await.status, StatusCode::NO_CONTENT);
    let bed = Bed::with(Config { body_bytes: size - 1, ..Config::default() }, None);
    assert_eq!(bed.post(batch(0)).await.refusal(), (413, "body_too_large".into()));
    let bed = Bed::with(Config { payload_bytes: 10, ..Config::default() }, None);
    assert_eq!(bed.post(batch(0)).await.refusal(), (413, "payload_too_large".into()));
}

/// A body in pieces, which then ends or does not.
struct Stream {
    pieces: VecDeque<io::Result<Vec<u8>>>,
    ends: bool,
}

fn streamed(pieces: impl IntoIterator<Item = io::Result<Vec<u8>>>, ends: bool) -> Body {
    Body::new(Stream { pieces: pieces.into_iter().collect(), ends })
}

impl http_body::Body for Stream {
    type Data = Bytes;
    type Error = io::Error;

    fn poll_frame(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Option<io::Result<Frame<Bytes>>>> {
        match self.pieces.pop_front() {
            Some(piece) => Poll::Ready(Some(piece.map(|p| Frame::data(p.into())))),
            None if self.ends => Poll::Ready(None),
            None => Poll::Pending,
        }
    }
}

#[tokio::test]
async fn names_that_sql_does_not_like_are_stored_as_they_are() {
    let names = [
        "'; DROP TABLE journal; --",
        "\"quoted\" `ticked` [bracketed]",
        "nul\0within",
        "Größe 店舗 🛍",
        "%_?:@$1",
        &"x".repeat(64),
        "",
    ];
    let bed = Bed::new();
    for (n, name) in names.iter().enumerate() {
        let header = Header { session: [n as u8; 16], site: (*name).into(), ..header(0) };
        assert_eq!(bed.post(body(header, |_| {})).await.status, StatusCode::NO_CONTENT, "{name:?}");
    }
    let listed = bed.get("/api/sessions").await.json();
    let listed: Vec<&str> =
        listed["sessions"].as_array().unwrap().iter().map(|s| s["site"].as_str().unwrap()).collect();
    assert_eq!(listed.into_iter().rev().collect::<Vec<_>>(), names);
}

#[tokio::test]
async fn only_sites_and_origins_of_the_lists_are_taken() {
    let config = Config {
        origins: vec!["https://shop.example".parse().unwrap()],
        sites: vec!["shop".into()],
        ..Config::default()
    };
    let bed = Bed::with(config, None);
    let from = |origin: &str, body: Vec<u8>| {
        let mut request = request(Method::POST, "/collect", body);
        request.headers_mut().insert("origin", origin.parse().unwrap());
        request
    };
    let refused = bed.send(from("https://evil.example", batch(0))).await;
    assert_eq!(refused.refusal(), (403, "origin_refused".into()));
    assert!(
        refused.headers.contains_key("access-control-allow-origin"),
        "the recorder must be able to read that"
    );
    assert_eq!(bed.post(batch(0)).await.refusal(), (403, "origin_refused".into()), "no origin");
    let other = body(Header { site: "other".into(), ..header(0) }, |_| {});
    assert_eq!(bed.send(from("https://shop.example", other)).await.refusal(), (403, "site_refused".into()));
    assert_eq!(bed.stored().await, 0);

    let taken = bed.send(from("https://shop.example", batch(0))).await;
    assert_eq!(taken.status, StatusCode::NO_CONTENT);
    assert_eq!(taken.headers["access-control-allow-origin"], "https://shop.example");
    assert_eq!(taken.headers["vary"], "origin");
    assert_eq!(bed.stored().await, 1);
}

#[tokio::test]
async fn pages_of_any_origin_may_read_the_answer_and_never_with_credentials() {
    let bed = Bed::new();
    for path in ["/collect", "/collect/"] {
        let reply = bed.send(request(Method::POST, path, batch(0))).await;
        assert_eq!(reply.status, StatusCode::NO_CONTENT, "{path}");
        assert_eq!(reply.headers["access-control-allow-origin"], "*");
        assert!(!reply.headers.contains_key("access-control-allow-credentials"));
        assert!(!reply.headers.contains_key("set-cookie"));
    }
    assert_eq!(bed.post("junk").await.headers["access-control-allow-origin"], "*");
    let preflight = bed.send(request(Method::OPTIONS, "/collect/sessions/00", Body::empty())).await;
    assert_eq!(preflight.status, StatusCode::NO_CONTENT);
    assert!(preflight.headers["access-control-allow-methods"].to_str().unwrap().contains("DELETE"));
    assert!(preflight.headers["access-control-allow-headers"].to_str().unwrap().contains("authorization"));
}

#[tokio::test]
async fn a_full_disk_is_a_503_and_loses_nothing_that_was_acknowledged() {
    let bed = Bed::with(Config::default(), Some(256 << 10));
    let large =
        |n| body(header(n), |w| page_view(&format!("https://a/{}", "x".repeat(20_000)), n).encode(w, 0));
    let mut acknowledged = 0;
    let refused = loop {
        let reply = bed.post(large(acknowledged)).await;
        if reply.status != StatusCode::NO_CONTENT {
            break reply;
        }
        acknowledged += 1;
        assert!(acknowledged < 100, "it never got full");
    };
    assert_eq!(refused.refusal(), (503, "storage_full".into()));
    assert_eq!(refused.headers["retry-after"], "30");
    assert!(acknowledged > 3);
    assert_eq!(bed.stored().await, acknowledged as usize);

    // Room is made: the batch that was refused is taken when it comes again.
    let erased = bed.send(request(Method::POST, "/collect/erase", SECRET.to_vec())).await;
    assert_eq!(erased.status, StatusCode::NO_CONTENT);
    let again = Header { session: [9; 16], ..header(0) };
    assert_eq!(bed.post(body(again, |w| click(1, 1).encode(w, 0))).await.status, StatusCode::NO_CONTENT);
}

#[tokio::test]
async fn when_one_of_a_group_does_not_fit_the_others_are_stored() {
    let bed = Bed::with(Config::default(), Some(128 << 10));
    let sized = |n: u32| {
        let size = if n == 5 { 200_000 } else { 100 };
        body(header(n), |w| page_view(&"x".repeat(size), n).encode(w, 0))
    };
    let replies = futures(10, |n| bed.post(sized(n))).await;
    let refused: Vec<usize> = (0..10).filter(|n| !replies[*n].status.is_success()).collect();
    assert_eq!(refused, [5]);
    assert_eq!(replies[5].refusal(), (503, "storage_full".into()));
    assert_eq!(bed.stored().await, 9);
}
