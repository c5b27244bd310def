//! A collector in a temporary directory, called without a network, and batches to send it.
#![allow(dead_code, unreachable_pub)] // every test file uses a part of it

use std::sync::Arc;

use afterimage_collector::assets::Assets;
use afterimage_collector::config::Config;
use afterimage_collector::index::Index;
use afterimage_collector::journal::{Journal, SqliteJournal};
use afterimage_collector::router;
use afterimage_collector::state::Collector;
use afterimage_wire::batch::{PolicyReport, sha256};
use afterimage_wire::record::{PageView, Pointer};
use afterimage_wire::{BatchWriter, Header};
use axum::Router;
use axum::body::Body;
use axum::http::{HeaderMap, Method, Request, StatusCode};
use http_body_util::BodyExt;
use tempfile::TempDir;
use tower::ServiceExt;

pub const SECRET: [u8; 16] = *b"sixteen bytes!!!";
pub const VIEW: [u8; 8] = *b"pageview";
/// Some moment in 2026.
pub const ORIGIN_MS: u64 = 1_777_777_777_000;

pub struct Bed {
    pub router: Router,
    pub collector: Arc<Collector>,
    pub journal: Arc<dyn Journal>,
    pub directory: TempDir,
}

pub struct Reply {
    pub status: StatusCode,
    pub headers: HeaderMap,
    pub body: Vec<u8>,
}

impl Reply {
    pub fn json(&self) -> serde_json::Value {
        serde_json::from_slice(&self.body).unwrap()
    }

    /// Status and code of a refusal.
    pub fn refusal(&self) -> (u16, String) {
        (self.status.as_u16(), self.json()["code"].as_str().unwrap().to_owned())
    }
}

impl Bed {
    pub fn new() -> Self {
        Self::with(Config::default(), None)
    }

    pub fn with(config: Config, max_bytes: Option<u64>) -> Self {
        let directory = tempfile::tempdir().unwrap();
        let journal: Arc<dyn Journal> = Arc::new(SqliteJournal::open(directory.path(), max_bytes).unwrap());
        let index = Index::open(directory.path()).unwrap();
        let assets = Assets::load(Some(directory.path()));
        let collector = Arc::new(Collector::new(config, Arc::clone(&journal), index, assets));
        Self { router: router(Arc::clone(&collector)), collector, journal, directory }
    }

    pub async fn send(&self, request: Request<Body>) -> Reply {
        let response = self.router.clone().oneshot(request).await.unwrap();
        let (parts, body) = response.into_parts();
        let body = body.collect().await.unwrap().to_bytes().to_vec();
        Reply { status: parts.status, headers: parts.headers, body }
    }

    pub async fn post(&self, body: impl Into<Body>) -> Reply {
        self.send(request(Method::POST, "/collect", body)).await
    }

    pub async fn get(&self, path: &str) -> Reply {
        self.send(request(Method::GET, path, Body::empty())).await
    }

    /// How many batches are stored, by what the journal itself holds.
    pub async fn stored(&self) -> usize {
        self.journal.tail(0, 1000).await.unwrap().len()
    }
}

pub fn request(method: Method, path: &str, body: impl Into<Body>) -> Request<Body> {
    Request::builder().method(method).uri(path).body(body.into()).unwrap()
}

/// The session that [`SECRET`] opens.
pub fn session() -> [u8; 16] {
    sha256(&SECRET)
}

pub fn header(sequence: u32) -> Header {
    Header {
        session: session(),
        page_view: VIEW,
        sequence,
        epoch: 1,
        origin_ms: ORIGIN_MS,
        sealed_ms: ORIGIN_MS + 1000,
        site: "shop".into(),
        ..Header::default()
    }
}

/// A batch: the first of a page view says so, all hold one click.
pub fn batch(sequence: u32) -> Vec<u8> {
    body(header(sequence), |w| {
        if sequence == 0 {
            page_view("https://shop.example/", 1).encode(w, 0);
        }
        click(10, 20).encode(w, sequence * 100);
    })
}

pub fn body(header: Header, fill: impl FnOnce(&mut BatchWriter)) -> Vec<u8> {
    let mut writer = BatchWriter::default();
    fill(&mut writer);
    writer.finish_body(header, &PolicyReport { policy: [7; 16], withheld: vec![(1, 2), (4, 1)] })
}

pub fn page_view(url: &str, index: u32) -> PageView<&str> {
    PageView { url, referrer: "", title: "Shop", index, width: 800, height: 600, visits: 0 }
}

pub fn click(x: i32, y: i32) -> Pointer {
    Pointer { action: 3, device: 0, button: 0, node: 1, x, y, id: 0 }
}
