//! A collector that stores nothing and says yes: what tests want to look at byte by byte.

use std::collections::HashMap;
use std::io::Write;
use std::net::{Shutdown, TcpListener};
use std::sync::{Arc, Mutex};
use std::thread;

use crate::tap::read_request;

/// Listens on loopback for as long as the test runs.
#[derive(Debug)]
pub struct Sink {
    port: u16,
    bodies: Arc<Mutex<HashMap<String, Vec<Vec<u8>>>>>,
    answers: Arc<Mutex<HashMap<String, String>>>,
}

impl Sink {
    /// Listens on a free port.
    #[must_use]
    pub fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
        let port = listener.local_addr().expect("its address").port();
        let sink = Self { port, bodies: Arc::default(), answers: Arc::default() };
        let (bodies, answers) = (sink.bodies.clone(), sink.answers.clone());
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let (bodies, answers) = (bodies.clone(), answers.clone());
                thread::spawn(move || {
                    let Ok((exchange, _)) = read_request(&stream) else { return };
                    let said = answers.lock().expect("the answers").get(&exchange.path).cloned();
                    let body = said.unwrap_or_default();
                    // Who sends cookies along, as Clarity does, has to be named.
                    let origin = exchange.header("origin").unwrap_or("*");
                    let origin = format!(
                        "access-control-allow-origin: {origin}\r\naccess-control-allow-credentials: true"
                    );
                    let asked = exchange.header("access-control-request-headers").unwrap_or("*");
                    let headers = format!("access-control-allow-headers: {asked}");
                    let length = format!("content-type: application/json\r\ncontent-length: {}", body.len());
                    let answer = format!(
                        "HTTP/1.1 200 OK\r\n{origin}\r\n{headers}\r\n{length}\r\nconnection: close\r\n\r\n{body}"
                    );
                    // Known before the browser hears of it, so that a test that waits for the page sees it.
                    bodies.lock().expect("the bodies").entry(exchange.path).or_default().push(exchange.body);
                    // Browsers hang up on pages that are gone.
                    drop((&stream).write_all(answer.as_bytes()));
                    drop(stream.shutdown(Shutdown::Both));
                });
            }
        });
        sink
    }

    /// The address of a path, which starts with a slash.
    #[must_use]
    pub fn url(&self, path: &str) -> String {
        format!("http://127.0.0.1:{}{path}", self.port)
    }

    /// What is answered at a path from now on, JSON.
    pub fn answer(&self, path: &str, json: &str) {
        self.answers.lock().expect("the answers").insert(path.to_owned(), json.to_owned());
    }

    /// The bodies that arrived so far, wherever.
    #[must_use]
    pub fn all(&self) -> Vec<Vec<u8>> {
        self.bodies.lock().expect("the bodies").values().flatten().cloned().collect()
    }

    /// The bodies that arrived at a path so far.
    #[must_use]
    pub fn bodies(&self, path: &str) -> Vec<Vec<u8>> {
        self.bodies.lock().expect("the bodies").get(path).cloned().unwrap_or_default()
    }
}
