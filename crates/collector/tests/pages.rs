//! What browsers and the pages' scripts get.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)] // in helpers, too

mod common;

use afterimage_wire::Header;
use afterimage_wire::batch::hex;
use afterimage_wire::record::{Environment, Fault, Frame, Navigation};
use axum::body::Body;
use axum::http::{Method, StatusCode};
use common::*;
use serde_json::json;

/// Two page views, the second with a gap, posted out of order.
async fn visited() -> Bed {
    let bed = Bed::new();
    let second = |sequence| Header { page_view: [2; 8], origin_ms: ORIGIN_MS + 60_000, ..header(sequence) };
    let bodies = [
        body(second(3), |w| click(1, 2).encode(w, 9000)),
        body(second(0), |w| {
            page_view("https://shop.example/list", 2).encode(w, 0);
            let to = Navigation { how: 0, url: "https://shop.example/list/shoes" };
            to.encode(w, 500);
        }),
        batch(1),
        body(header(0), |w| {
            page_view("https://shop.example/", 1).encode(w, 0);
            Environment {
                browser: "Firefox 140",
                os: "Linux",
                languages: "de,en",
                time_zone: "Europe/Berlin",
                screen_width: 1920,
                screen_height: 1080,
                pixel_ratio: 100,
                flags: 0,
                recorder: "0.1.0",
            }
            .encode(w, 1);
            Fault { source: 0, message: "x is not a function", url: "", line: 1, column: 2 }.encode(w, 50);
        }),
    ];
    for body in bodies {
        assert!(bed.post(body).await.status.is_success());
    }
    bed
}

#[tokio::test]
async fn a_session_is_listed_with_what_happened_in_it() {
    let bed = visited().await;
    let listed = bed.get("/api/sessions").await;
    assert_eq!(listed.headers["cache-control"], "no-store");
    let listed = &listed.json()["sessions"][0];
    let wanted = json!({
        "id": hex(&session()),
        "site": "shop",
        "startedMs": ORIGIN_MS,
        "endedMs": ORIGIN_MS + 69_000,
        "pageViews": 2,
        "batches": 4,
        "missing": 2,
        "repeated": 0,
        "clicks": 2,
        "errors": 1,
        "browser": "Firefox 140",
        "os": "Linux",
        "languages": "de,en",
        "entryUrl": "https://shop.example/",
    });
    for (key, value) in wanted.as_object().unwrap() {
        assert_eq!(&listed[key], value, "{key}");
    }
    let urls = ["https://shop.example/", "https://shop.example/list", "https://shop.example/list/shoes"];
    assert_eq!(listed["urls"], json!(urls));
}

#[tokio::test]
async fn a_page_in_a_frame_is_no_page_of_its_own() {
    let bed = visited().await;
    let framed = Header { page_view: [3; 8], origin_ms: ORIGIN_MS - 5, ..header(0) };
    let body = body(framed, |w| {
        page_view("https://pay.example/", 0).encode(w, 0);
        Frame { node: 0, other: VIEW.into() }.encode(w, 1);
    });
    assert!(bed.post(body).await.status.is_success());
    let listed = &bed.get("/api/sessions").await.json()["sessions"][0];
    let urls = ["https://shop.example/", "https://shop.example/list", "https://shop.example/list/shoes"];
    assert_eq!((&listed["pageViews"], &listed["entryUrl"]), (&json!(2), &json!(urls[0])));
    assert_eq!(listed["urls"], json!(urls));
}

#[tokio::test]
async fn page_views_gaps_and_privacy_are_told_of_a_session() {
    let bed = visited().await;
    let whole = bed.get(&format!("/api/sessions/{}", hex(&session()))).await.json();
    let [first, second] = whole["views"].as_array().unwrap().as_slice() else { panic!("{whole}") };
    assert_eq!(first["number"], 1);
    assert_eq!(first["timeZone"], "Europe/Berlin");
    assert_eq!(first["gaps"], json!([]));
    assert_eq!(second["gaps"], json!([[1, 2]]));
    assert_eq!(second["navigations"][0]["timeMs"], ORIGIN_MS + 60_500);
    assert_eq!(whole["privacy"]["policies"], json!([hex(&[7; 16])]));
    assert_eq!(whole["privacy"]["withheld"], json!([[1, 8], [4, 4]]));
}

#[tokio::test]
async fn batches_are_given_out_as_they_came_each_after_its_length() {
    let bed = visited().await;
    let reply = bed.get(&format!("/api/sessions/{}/batches", hex(&session()))).await;
    let (mut rest, mut sequences) = (reply.body.as_slice(), Vec::new());
    while let Some((length, tail)) = rest.split_first_chunk() {
        let (body, tail) = tail.split_at(u32::from_le_bytes(*length) as usize);
        let header = afterimage_wire::Batch::decode(body, 1 << 20).unwrap().header;
        sequences.push((header.page_view, header.sequence));
        rest = tail;
    }
    assert_eq!(sequences, [([2; 8], 0), ([2; 8], 3), (VIEW, 0), (VIEW, 1)]);
}

#[tokio::test]
async fn unknown_and_malformed_ids_are_told_apart() {
    let bed = Bed::new();
    for path in ["", "/batches"] {
        let unknown = bed.get(&format!("/api/sessions/{}{path}", "0".repeat(32))).await;
        assert_eq!(unknown.refusal(), (404, "unknown_session".into()));
        assert_eq!(
            bed.get(&format!("/api/sessions/xyz{path}")).await.refusal(),
            (400, "bad_session_id".into())
        );
    }
    assert_eq!(bed.get("/session/xyz").await.status, StatusCode::NOT_FOUND);
    assert_eq!(bed.get("/nothing").await.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn recordings_are_for_the_pages_alone() {
    let bed = visited().await;
    let ask = async |site: &str, purpose: &str| {
        let mut request = request(Method::GET, "/api/sessions", Body::empty());
        request.headers_mut().insert("sec-fetch-site", site.parse().unwrap());
        request.headers_mut().insert("sec-fetch-dest", purpose.parse().unwrap());
        bed.send(request).await
    };
    assert_eq!(ask("same-origin", "empty").await.status, StatusCode::OK, "their scripts");
    assert_eq!(ask("none", "document").await.status, StatusCode::OK, "the address bar");
    assert_eq!(ask("same-origin", "image").await.status, StatusCode::FORBIDDEN, "a replayed document");
    assert_eq!(ask("same-origin", "style").await.status, StatusCode::FORBIDDEN);
    assert_eq!(ask("cross-site", "empty").await.status, StatusCode::FORBIDDEN, "another site");
    assert!(!ask("cross-site", "empty").await.headers.contains_key("access-control-allow-origin"));
}

#[tokio::test]
async fn pages_come_with_a_policy_that_lets_only_their_own_scripts_run() {
    let bed = visited().await;
    for path in ["/".to_owned(), format!("/session/{}", hex(&session()))] {
        let reply = bed.get(&path).await;
        assert_eq!(reply.status, StatusCode::OK);
        assert_eq!(reply.headers["content-type"], "text/html; charset=utf-8");
        assert_eq!(reply.headers["x-content-type-options"], "nosniff");
        assert_eq!(reply.headers["referrer-policy"], "no-referrer");
        let policy = reply.headers["content-security-policy"].to_str().unwrap();
        let directives: Vec<&str> = policy.split(';').map(str::trim).collect();
        assert!(directives.contains(&"default-src 'none'"), "{policy}");
        assert!(directives.contains(&"frame-ancestors 'none'"), "{policy}");
        let scripts = directives.iter().find(|d| d.starts_with("script-src")).unwrap();
        assert!(!scripts.contains("unsafe-inline") && !scripts.contains(" 'unsafe-eval'"), "{scripts}");
        let html = String::from_utf8(reply.body).unwrap();
        assert!(!html.contains("<style") && !html.contains(" style=") && !html.contains(" onclick="));
    }
}

#[tokio::test]
async fn files_are_compressed_when_accepted_and_not_sent_twice() {
    let bed = Bed::new();
    let plain = bed.get("/pages/style.css").await;
    assert_eq!(plain.headers["content-type"], "text/css; charset=utf-8");
    assert!(!plain.headers.contains_key("content-encoding"));
    let with = async |name: &'static str, value: &str| {
        let mut request = request(Method::GET, "/pages/style.css", Body::empty());
        request.headers_mut().insert(name, value.parse().unwrap());
        bed.send(request).await
    };
    let small = with("accept-encoding", "gzip, br").await;
    assert_eq!(small.headers["content-encoding"], "br");
    assert!(small.body.len() < plain.body.len() / 2);
    let same = with("if-none-match", plain.headers["etag"].to_str().unwrap()).await;
    assert_eq!((same.status, same.body.len()), (StatusCode::NOT_MODIFIED, 0));
}

#[tokio::test]
async fn the_drop_in_may_be_loaded_by_any_page() {
    let bed = Bed::new();
    assert_eq!(bed.get("/afterimage.js").await.status, StatusCode::NOT_FOUND, "not built");
    std::fs::write(bed.directory.path().join("afterimage.wasm"), "\0asm").unwrap();
    let assets = afterimage_collector::assets::Assets::load(Some(bed.directory.path()));
    let index = afterimage_collector::index::Index::open(bed.directory.path()).unwrap();
    let collector = afterimage_collector::state::Collector::new(
        afterimage_collector::config::Config::default(),
        std::sync::Arc::clone(&bed.journal),
        index,
        assets,
    );
    let bed = Bed { router: afterimage_collector::router(std::sync::Arc::new(collector)), ..bed };
    let reply = bed.get("/afterimage.wasm").await;
    assert_eq!(reply.status, StatusCode::OK);
    assert_eq!(reply.headers["content-type"], "application/wasm");
    assert_eq!(reply.headers["access-control-allow-origin"], "*");
    assert_eq!(reply.headers["cross-origin-resource-policy"], "cross-origin");
}
