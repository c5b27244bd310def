//! A static web server for loopback: the demonstration site and the end-to-end tests' pages. Not for anything else.

use std::collections::HashMap;
use std::io::{BufRead, BufReader, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::{Component, Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

use crate::Result;

/// What a [`Site`] serves.
#[derive(Clone, Debug, Default)]
pub struct Pages {
    /// Folders and the path they are found under, such as `/`; searched in order.
    pub folders: Vec<(String, PathBuf)>,
    /// Files by path, taken before the folders; HTML unless the path's extension says otherwise.
    pub texts: HashMap<String, String>,
    /// Put at the end of every page's `<head>`.
    pub head: String,
    /// What stands in pages and is replaced, such as `{{collector}}`.
    pub replace: Vec<(String, String)>,
    /// Further response headers, of everything served.
    pub headers: Vec<(String, String)>,
}

/// A running server; dropping it stops it.
#[derive(Debug)]
pub struct Site {
    address: SocketAddr,
    requests: Arc<Mutex<Vec<String>>>,
    stopped: Arc<AtomicBool>,
}

impl Site {
    /// Serves pages on a loopback port, 0 for a free one.
    ///
    /// # Errors
    /// When the port is taken.
    pub fn start(port: u16, pages: Pages) -> Result<Self> {
        let listener =
            TcpListener::bind(("127.0.0.1", port)).map_err(|error| format!("port {port}: {error}"))?;
        let address = listener.local_addr().map_err(|error| error.to_string())?;
        let site = Self { address, requests: Arc::default(), stopped: Arc::default() };
        let (pages, requests, stopped) = (Arc::new(pages), site.requests.clone(), site.stopped.clone());
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                if stopped.load(Ordering::Relaxed) {
                    return;
                }
                let (pages, requests) = (pages.clone(), requests.clone());
                // A browser that hangs up early is no news.
                thread::spawn(move || answer(stream, &pages, &requests).ok());
            }
        });
        Ok(site)
    }

    /// The address of a path, which starts with a slash.
    #[must_use]
    pub fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }

    /// The paths asked for so far, with their queries, in order.
    #[must_use]
    pub fn requests(&self) -> Vec<String> {
        self.requests.lock().map(|requests| requests.clone()).unwrap_or_default()
    }
}

impl Drop for Site {
    fn drop(&mut self) {
        self.stopped.store(true, Ordering::Relaxed);
        // One more connection lets the listener notice.
        drop(TcpStream::connect(self.address));
    }
}

fn answer(stream: TcpStream, pages: &Pages, requests: &Mutex<Vec<String>>) -> std::io::Result<()> {
    stream.set_read_timeout(Some(Duration::from_secs(10)))?;
    let mut reader = BufReader::new(&stream);
    let mut request = String::new();
    reader.read_line(&mut request)?;
    let mut header = String::new();
    while reader.read_line(&mut header)? > 2 {
        header.clear();
    }
    let mut words = request.split_whitespace();
    let (method, target) = (words.next().unwrap_or_default(), words.next().unwrap_or_default());
    if target.is_empty() {
        return Ok(());
    }
    if let Ok(mut requests) = requests.lock() {
        requests.push(target.to_owned());
    }
    let path = target.split(['?', '#']).next().unwrap_or_default();
    let found = if matches!(method, "GET" | "HEAD") { pages.find(path) } else { None };
    let (status, kind, body) = match found {
        Some((kind, body)) => ("200 OK", kind, body),
        None => ("404 Not Found", "text/plain", b"not here".to_vec()),
    };
    let mut head = format!("HTTP/1.1 {status}\r\ncontent-type: {kind}\r\ncontent-length: {}\r\n", body.len());
    head.push_str("connection: close\r\ncache-control: no-cache\r\n");
    for (name, value) in &pages.headers {
        head.push_str(&format!("{name}: {value}\r\n"));
    }
    let mut stream = &stream;
    stream.write_all(head.as_bytes())?;
    stream.write_all(b"\r\n")?;
    stream.write_all(if method == "HEAD" { &[] } else { &body })
}

impl Pages {
    fn find(&self, path: &str) -> Option<(&'static str, Vec<u8>)> {
        if let Some(text) = self.texts.get(path) {
            let file = Path::new(path);
            return Some(self.finish(
                if file.extension().is_some() { file } else { Path::new("page.html") },
                text.clone().into(),
            ));
        }
        let mut candidates = self.folders.iter().filter_map(|(prefix, folder)| {
            let file = folder.join(inside(path.strip_prefix(prefix)?)?);
            Some(if file.is_dir() { file.join("index.html") } else { file })
        });
        let file = candidates.find(|file| file.is_file())?;
        let bytes = std::fs::read(&file).ok()?;
        Some(self.finish(&file, bytes))
    }

    /// The media type, and the content with what pages get in addition.
    fn finish(&self, file: &Path, bytes: Vec<u8>) -> (&'static str, Vec<u8>) {
        let kind = kind(file);
        if !kind.starts_with("text/html") {
            return (kind, bytes);
        }
        let html = String::from_utf8_lossy(&bytes).replacen("</head>", &format!("{}</head>", self.head), 1);
        (kind, self.replace.iter().fold(html, |html, (from, to)| html.replace(from, to)).into_bytes())
    }
}

/// A path that cannot leave its folder.
fn inside(path: &str) -> Option<&Path> {
    let path = Path::new(path);
    path.components().all(|part| matches!(part, Component::Normal(_))).then_some(path)
}

fn kind(file: &Path) -> &'static str {
    match file.extension().and_then(|extension| extension.to_str()).unwrap_or_default() {
        "html" => "text/html; charset=utf-8",
        "xhtml" => "application/xhtml+xml; charset=utf-8",
        "js" | "mjs" => "text/javascript; charset=utf-8",
        "css" => "text/css; charset=utf-8",
        "wasm" => "application/wasm",
        "json" => "application/json",
        "svg" => "image/svg+xml",
        "png" => "image/png",
        "jpg" | "jpeg" => "image/jpeg",
        "webp" => "image/webp",
        "woff2" => "font/woff2",
        _ => "application/octet-stream",
    }
}

#[cfg(test)]
mod tests {
    use super::{Pages, Site};
    use std::io::{Read, Write};
    use std::net::TcpStream;

    fn get(site: &Site, path: &str) -> String {
        let mut stream = TcpStream::connect(site.address).unwrap();
        write!(stream, "GET {path} HTTP/1.1\r\nhost: x\r\n\r\n").unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        answer
    }

    #[test]
    fn pages_get_the_head_and_nothing_outside_the_folders_is_served() {
        let src = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
        let texts = [("/", "<head></head>{{x}}"), ("/a.js", "</head>")];
        let texts = texts.map(|(path, text)| (path.to_owned(), text.to_owned())).into();
        let folders = vec![("/code/".to_owned(), src)];
        let replace = vec![("{{x}}".to_owned(), "y".to_owned())];
        let site = Site::start(0, Pages { folders, texts, head: "<b>".to_owned(), replace, headers: vec![] })
            .unwrap();
        assert!(get(&site, "/?q=1").ends_with("\r\n\r\n<head><b></head>y"));
        assert!(get(&site, "/a.js").ends_with("\r\n\r\n</head>"));
        assert!(get(&site, "/code/site.rs").contains("200 OK"));
        assert!(get(&site, "/code/../Cargo.toml").contains("404"));
        assert!(get(&site, "/code//etc/passwd").contains("404"));
        assert_eq!(
            site.requests(),
            ["/?q=1", "/a.js", "/code/site.rs", "/code/../Cargo.toml", "/code//etc/passwd"]
        );
    }
}
