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
}

impl Sink {
    /// Listens on a free port.
    #[must_use]
    pub fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
        let sink = Self { port: listener.local_addr().expect("its address").port(), bodies: Arc::default() };
        let bodies = sink.bodies.clone();
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let bodies = bodies.clone();
                thread::spawn(move || {
                    let Ok((exchange, _)) = read_request(&stream) else { return };
                    // Known before the browser hears of it, so that a test that waits for the page sees it.
                    bodies.lock().expect("the bodies").entry(exchange.path).or_default().push(exchange.body);
                    let answer = "HTTP/1.1 204 No Content\r\naccess-control-allow-origin: *\r\nconnection: close\r\n\r\n";
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

    /// The bodies that arrived at a path so far.
    #[must_use]
    pub fn bodies(&self, path: &str) -> Vec<Vec<u8>> {
        self.bodies.lock().expect("the bodies").get(path).cloned().unwrap_or_default()
    }
}
