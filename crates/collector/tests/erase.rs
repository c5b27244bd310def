//! Erasing what was recorded of a visitor.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)] // in helpers, too

mod common;

use afterimage_collector::config::Config;
use afterimage_collector::id::SessionId;
use afterimage_wire::Header;
use afterimage_wire::batch::hex;
use axum::body::Body;
use axum::http::{Method, StatusCode};
use common::*;

/// `DELETE /collect/sessions/ID` with a secret.
fn delete(id: &str, secret: Option<&str>) -> axum::http::Request<Body> {
    let mut request = request(Method::DELETE, &format!("/collect/sessions/{id}"), Body::empty());
    if let Some(secret) = secret {
        request.headers_mut().insert("authorization", format!("Secret {secret}").parse().unwrap());
    }
    request
}

async fn two_sessions() -> Bed {
    let bed = Bed::new();
    bed.post(batch(0)).await;
    bed.post(body(Header { session: [5; 16], ..header(0) }, |w| click(1, 1).encode(w, 0))).await;
    bed
}

/// Everything of the one session is gone, the other is there.
async fn assert_only_the_other_is_left(bed: &Bed) {
    let listed = bed.get("/api/sessions").await.json();
    assert_eq!(listed["total"], 1);
    assert_eq!(listed["sessions"][0]["id"], hex(&[5; 16]));
    for path in ["", "/batches"] {
        let gone = bed.get(&format!("/api/sessions/{}{path}", hex(&session()))).await;
        assert_eq!(gone.refusal(), (404, "unknown_session".into()));
    }
    assert_eq!(bed.post(batch(1)).await.refusal(), (410, "session_ended".into()));
    assert_eq!(
        bed.post(batch(0)).await.refusal(),
        (410, "session_ended".into()),
        "also one that was stored before"
    );
    assert!(bed.journal.read(SessionId(session())).await.unwrap().is_empty());
}

#[tokio::test]
async fn promise_v05_the_secret_erases_its_session_for_good() {
    let bed = two_sessions().await;
    for _ in 0..2 {
        let reply = bed.send(request(Method::POST, "/collect/erase", SECRET.to_vec())).await;
        assert_eq!(reply.status, StatusCode::NO_CONTENT);
        assert_eq!(reply.headers["access-control-allow-origin"], "*");
    }
    assert_only_the_other_is_left(&bed).await;
}

#[tokio::test]
async fn promise_v05_the_session_can_be_deleted_by_its_id_and_secret() {
    let bed = two_sessions().await;
    assert_eq!(bed.send(delete(&hex(&session()), Some(&hex(&SECRET)))).await.status, StatusCode::NO_CONTENT);
    assert_only_the_other_is_left(&bed).await;
}

#[tokio::test]
async fn promise_v05_nobody_else_can_erase_it() {
    let bed = two_sessions().await;
    let id = hex(&session());
    let cases = [
        (delete(&id, Some(&hex(&[1; 16]))), (403, "wrong_secret")),
        (delete(&hex(&[5; 16]), Some(&hex(&SECRET))), (403, "wrong_secret")),
        (delete(&id, None), (400, "bad_secret")),
        (delete(&id, Some("abc")), (400, "bad_secret")),
        (delete("abc", Some(&hex(&SECRET))), (400, "bad_session_id")),
        (request(Method::POST, "/collect/erase", vec![]), (400, "bad_secret")),
        (request(Method::POST, "/collect/erase", vec![1; 15]), (400, "bad_secret")),
        (request(Method::POST, "/collect/erase", vec![1; 17]), (400, "bad_secret")),
    ];
    for (request, (status, code)) in cases {
        let what = format!("{} {}", request.method(), request.uri());
        assert_eq!(bed.send(request).await.refusal(), (status, code.to_owned()), "{what}");
    }
    // Knowing the id, which everybody who can see the recording does, is not knowing the secret.
    let reply = bed.send(request(Method::POST, "/collect/erase", session().to_vec())).await;
    assert_eq!(reply.status, StatusCode::NO_CONTENT, "it is the secret of some session nobody has recorded");
    assert_eq!(bed.get("/api/sessions").await.json()["total"], 2);
}

#[tokio::test]
async fn promise_v05_a_session_erased_before_it_arrives_is_refused() {
    let bed = Bed::new();
    bed.send(request(Method::POST, "/collect/erase", SECRET.to_vec())).await;
    assert_eq!(bed.post(batch(0)).await.refusal(), (410, "session_ended".into()));
}

#[tokio::test]
async fn promise_v05_no_byte_of_it_stays_on_disk() {
    let bed = Bed::with(Config::default(), None);
    const MARK: &str = "https://shop.example/findme";
    bed.post(body(header(0), |w| page_view(MARK, 1).encode(w, 0))).await;
    bed.get("/api/sessions").await;
    let found = |bed: &Bed| {
        let files = std::fs::read_dir(bed.directory.path()).unwrap();
        let holds = |bytes: Vec<u8>| bytes.windows(MARK.len()).any(|w| w == MARK.as_bytes());
        files.filter(|f| holds(std::fs::read(f.as_ref().unwrap().path()).unwrap())).count()
    };
    assert!(found(&bed) >= 2, "in the journal and in the index");
    bed.send(request(Method::POST, "/collect/erase", SECRET.to_vec())).await;
    assert_eq!(found(&bed), 0);
}
