//! Files that are served: the drop-in, the viewer and the pages.
//!
//! Release builds carry them inside (`cargo xtask build` makes `dist/` first), so that the one file is enough. A
//! directory given at the start, or the `dist/` of the workspace that the binary was built in, comes first.

use std::collections::BTreeMap;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use afterimage_wire::batch::{hex, sha256};
use axum::body::Bytes;
use flate2::Compression;
use flate2::write::GzEncoder;
use rust_embed::RustEmbed;

/// The pages of the collector itself.
#[derive(RustEmbed)]
#[folder = "pages"]
#[include = "*.html"]
#[include = "*.css"]
#[include = "*.js"]
#[include = "*.svg"]
#[exclude = "node_modules/*"]
struct Pages;

/// What `cargo xtask build` makes, if it was there when this was compiled.
#[derive(RustEmbed)]
#[folder = "../../dist"]
#[allow_missing = true]
#[exclude = "npm/*"]
struct Dist;

/// What is taken of `dist/`: the folder holds more.
const DIST: [&str; 18] = [
    "afterimage.js",
    "core.js",
    "canvas.js",
    "canvas-worker.js",
    "developer.js",
    "frames.js",
    "afterimage.wasm",
    "disable.html",
    "recorded.html",
    "recorded.js",
    "recorded.css",
    "policy.html",
    "policy.js",
    "policy.css",
    "viewer.js",
    "viewer.wasm",
    "pages/rrweb-player.js",
    "pages/rrweb-player.css",
];

/// A file, ready to be served.
pub struct Asset {
    /// Its media type.
    pub mime: &'static str,
    /// Names its content.
    pub etag: String,
    plain: Bytes,
    brotli: OnceLock<Bytes>,
    gzip: OnceLock<Bytes>,
}

/// How an answer may be compressed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Coding {
    /// Not at all.
    Identity,
    /// gzip.
    Gzip,
    /// Brotli.
    Brotli,
}

impl Coding {
    /// The best that an `Accept-Encoding` header allows.
    pub fn accepted(header: &str) -> Self {
        let accepts = |name: &str| {
            header.split(',').any(|part| {
                let mut words = part.split(';').map(str::trim);
                words.next() == Some(name) && !words.any(|w| matches!(w, "q=0" | "q=0.0"))
            })
        };
        match () {
            () if accepts("br") => Self::Brotli,
            () if accepts("gzip") => Self::Gzip,
            () => Self::Identity,
        }
    }

    /// As `Content-Encoding` names it.
    pub fn name(self) -> Option<&'static str> {
        match self {
            Self::Identity => None,
            Self::Gzip => Some("gzip"),
            Self::Brotli => Some("br"),
        }
    }
}

impl Asset {
    fn new(name: &str, bytes: Bytes) -> Self {
        Self {
            mime: mime(name),
            etag: format!("\"{}\"", hex(&sha256::<8>(&bytes))),
            plain: bytes,
            brotli: OnceLock::new(),
            gzip: OnceLock::new(),
        }
    }

    /// The content in a coding. Compressed once.
    pub fn content(&self, coding: Coding) -> Bytes {
        match coding {
            Coding::Identity => &self.plain,
            Coding::Gzip => {
                self.gzip.get_or_init(|| gzip(&self.plain).map_or_else(|_| Bytes::new(), Bytes::from))
            }
            Coding::Brotli => self.brotli.get_or_init(|| brotli(&self.plain).into()),
        }
        .clone()
    }
}

fn gzip(bytes: &[u8]) -> io::Result<Vec<u8>> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
    encoder.write_all(bytes)?;
    encoder.finish()
}

fn brotli(bytes: &[u8]) -> Vec<u8> {
    let mut out = Vec::new();
    let params = brotli::enc::BrotliEncoderParams { quality: 9, ..Default::default() };
    // Both ends are in memory: there is nothing that could fail.
    let _ = brotli::BrotliCompress(&mut &*bytes, &mut out, &params);
    out
}

fn mime(name: &str) -> &'static str {
    match name.rsplit('.').next() {
        Some("html") => "text/html; charset=utf-8",
        Some("css") => "text/css; charset=utf-8",
        Some("js") => "text/javascript; charset=utf-8",
        Some("wasm") => "application/wasm",
        Some("svg") => "image/svg+xml",
        _ => "application/octet-stream",
    }
}

/// All files, by the path they are served under.
#[derive(Default)]
pub struct Assets {
    files: BTreeMap<String, Asset>,
}

impl Assets {
    /// Reads all files into memory: those of `dist/` from `directory` if one is given, else from where they were built,
    /// else as they are embedded. Missing ones are left out.
    pub fn load(directory: Option<&Path>) -> Self {
        let mut assets = Self::default();
        for name in Pages::iter() {
            if let Some(file) = Pages::get(&name) {
                assets.add(&format!("pages/{name}"), file.data.into_owned());
            }
        }
        let directory = directory.map(Path::to_owned).or_else(workspace_dist);
        for name in DIST {
            let bytes = match &directory {
                Some(directory) => std::fs::read(directory.join(name)).ok(),
                None => Dist::get(name).map(|file| file.data.into_owned()),
            };
            if let Some(bytes) = bytes {
                assets.add(name, bytes);
            }
        }
        assets
    }

    fn add(&mut self, name: &str, bytes: Vec<u8>) {
        self.files.insert(name.to_owned(), Asset::new(name, bytes.into()));
    }

    /// The file served under `path`, which has no slash in front.
    pub fn get(&self, path: &str) -> Option<&Asset> {
        self.files.get(path)
    }

    /// What is missing, because nobody built it.
    pub fn missing(&self) -> Vec<&'static str> {
        DIST.into_iter().filter(|name| !self.files.contains_key(*name)).collect()
    }
}

/// `dist/` beside the `target/` that the running binary lies in.
fn workspace_dist() -> Option<PathBuf> {
    let binary = std::env::current_exe().ok()?;
    let dist = binary.parent()?.parent()?.parent()?.join("dist");
    dist.join("afterimage.js").is_file().then_some(dist)
}

#[cfg(test)]
mod tests {
    use std::io::Read;

    use super::*;

    #[test]
    fn the_best_accepted_coding_is_taken() {
        assert_eq!(Coding::accepted("gzip, deflate, br, zstd"), Coding::Brotli);
        assert_eq!(Coding::accepted("gzip;q=0.5, br;q=0"), Coding::Gzip);
        assert_eq!(Coding::accepted("identity"), Coding::Identity);
        assert_eq!(Coding::accepted(""), Coding::Identity);
    }

    #[test]
    fn every_coding_holds_the_same_bytes() {
        let plain: Vec<u8> = (0..50_000u32).map(|i| (i % 251) as u8).collect();
        let asset = Asset::new("a.wasm", plain.clone().into());
        let (mut gzip, mut brotli) = (Vec::new(), Vec::new());
        flate2::read::GzDecoder::new(&*asset.content(Coding::Gzip)).read_to_end(&mut gzip).unwrap();
        brotli::Decompressor::new(&*asset.content(Coding::Brotli), 4096).read_to_end(&mut brotli).unwrap();
        assert_eq!(asset.content(Coding::Identity), plain);
        assert!(gzip == plain && brotli == plain);
    }

    #[test]
    fn files_of_a_given_directory_are_served_and_others_not() {
        let directory = tempfile::tempdir().unwrap();
        std::fs::write(directory.path().join("afterimage.js"), "1").unwrap();
        std::fs::write(directory.path().join("secret.txt"), "2").unwrap();
        let assets = Assets::load(Some(directory.path()));
        assert_eq!(assets.get("afterimage.js").unwrap().content(Coding::Identity), "1");
        assert!(assets.get("secret.txt").is_none());
        assert!(assets.missing().contains(&"viewer.wasm"));
        assert!(assets.get("pages/index.html").is_some(), "the collector's own pages are always there");
    }
}
