//! How many batches a second the collector takes, how soon it answers, and what that is of SQLite alone on the same disk:
//! `cargo run --release -p afterimage-collector --example load [SECONDS] [CONNECTIONS]`, or `… load hour [VISITORS]`: what so many
//! visitors send in an hour, as fast as it is taken, and what memory the collector has after each tenth of it.
//!
//! Runs `target/release/afterimage` in a temporary folder below the current one. Meanwhile clients that send half a request,
//! one byte at a time, and bodies that inflate to far more than they say, have their turn.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)] // a measurement

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use afterimage_wire::batch::PolicyReport;
use afterimage_wire::record::{Custom, Pointer, Title};
use afterimage_wire::{BatchWriter, Compression, Header};
use flate2::Compression as Level;
use flate2::write::DeflateEncoder;
use rusqlite::{Connection, params};

fn main() {
    if std::env::args().nth(1).is_some_and(|arg| arg == "hour") {
        return hour(std::env::args().nth(2).map_or(100, |arg| arg.parse().expect("a number")));
    }
    let mut args = std::env::args().skip(1).map(|arg| arg.parse::<u64>().expect("a number"));
    let (seconds, connections) = (args.next().unwrap_or(10), args.next().unwrap_or(64));
    let folder = std::env::current_dir().unwrap().join(format!("load-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    println!("{connections} connections, {seconds} s each, batches of {} bytes", batch(0, 0).len());
    sqlite(&folder, seconds, 1);
    sqlite(&folder, seconds, connections as usize);
    let mut server = Server::start(&folder.join("data"));
    server.measure("alone", seconds, connections);
    let over = Arc::new(AtomicBool::new(false));
    let slow: Vec<_> = (0..200).map(|_| dribble(&server.address, &over)).collect();
    server.measure("beside 200 that send a byte a second", seconds, connections);
    let bombs: Vec<_> = (0..4).map(|_| bomb(&server.address, &over)).collect();
    server.measure("beside these and 4 that send bombs", seconds, connections);
    over.store(true, Ordering::Relaxed);
    let refused: u64 = bombs.into_iter().map(|sender| sender.join().unwrap()).sum();
    slow.into_iter().for_each(|sender| sender.join().unwrap());
    println!("{refused} bombs refused");
    server.measure("alone again", seconds, connections);
    drop(server);
    std::fs::remove_dir_all(&folder).unwrap();
}

/// Visitors stay for five minutes, and send a batch every five seconds; the first says what the page looks like, which the
/// collector remembers of three.
fn hour(visitors: u64) {
    let folder = std::env::current_dir().unwrap().join(format!("load-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    let server = Server::start(&folder.join("data"));
    let (stays, batches) = (12, 60);
    println!("{} batches of {} sessions, 8 connections", visitors * stays * batches, visitors * stays);
    let mut next = 1;
    for tenth in 1..=10 {
        let begun = Instant::now();
        let sessions = next..1 + visitors * stays * tenth / 10;
        let taken = Arc::new(AtomicU64::new(sessions.start));
        let senders: Vec<_> = (0..8)
            .map(|_| {
                let (address, taken, end) = (server.address.clone(), Arc::clone(&taken), sessions.end);
                thread::spawn(move || {
                    let mut stream = TcpStream::connect(address).unwrap();
                    loop {
                        let session = taken.fetch_add(1, Ordering::Relaxed);
                        if session >= end {
                            return;
                        }
                        for sequence in 0..batches {
                            let body =
                                if sequence == 0 { page(session) } else { batch(session, sequence as u32) };
                            assert!(matches!(post(&mut stream, &body), 200 | 204));
                        }
                    }
                })
            })
            .collect();
        senders.into_iter().for_each(|sender| sender.join().unwrap());
        let rate = ((sessions.end - sessions.start) * batches) as f64 / begun.elapsed().as_secs_f64();
        println!("{:>3} minutes  {rate:>6.0} batches/s  {:>4} MiB", tenth * 6, server.memory() >> 10);
        next = sessions.end;
    }
    drop(server);
    std::fs::remove_dir_all(&folder).unwrap();
}

/// What all visitors see first, and whose it is.
fn page(session: u64) -> Vec<u8> {
    let words: String = (0..9000u32).map(|n| format!("{} wool ", n.wrapping_mul(0x9e37_79b1) >> 9)).collect();
    finish(session, 0, |writer| {
        Custom { name: "page", payload: &*format!("{{\"of\":{session}}}") }.encode(writer, 0);
        Title { title: &*words }.encode(writer, 0);
    })
}

/// A batch of some session, as a busy page sends them.
fn batch(session: u64, sequence: u32) -> Vec<u8> {
    let mut seed = session.wrapping_mul(31).wrapping_add(u64::from(sequence)) | 1;
    finish(session, sequence, |writer| {
        for n in 0..150 {
            seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            let [x, y] = [(seed >> 40) as i32 % 1200, (seed >> 50) as i32 % 900];
            Pointer { action: 3, device: 0, button: 0, node: 1 + n, x, y, id: 0 }.encode(writer, n * 30);
            Custom { name: "step", payload: &*format!("{{\"n\":{seed}}}") }.encode(writer, n * 30);
        }
    })
}

fn finish(session: u64, sequence: u32, fill: impl FnOnce(&mut BatchWriter)) -> Vec<u8> {
    let mut writer = BatchWriter::default();
    fill(&mut writer);
    let mut id = [0; 16];
    id[..8].copy_from_slice(&session.to_le_bytes());
    let header = Header {
        session: id,
        page_view: [1; 8],
        sequence,
        epoch: 1,
        site: "load".into(),
        ..Header::default()
    };
    let whole = writer.finish_body(header, &PolicyReport::default());
    let (mut header, payload) = Header::decode(&whole).unwrap();
    let mut deflated = DeflateEncoder::new(Vec::new(), Level::new(4));
    deflated.write_all(payload).unwrap();
    header.compression = Compression::DeflateRaw;
    [header.encode(), deflated.finish().unwrap()].concat()
}

/// What SQLite does with the collector's table and settings, without anybody asking it.
fn sqlite(folder: &Path, seconds: u64, group: usize) {
    let path = folder.join(format!("raw-{group}.db"));
    let mut raw = Connection::open(path).unwrap();
    raw.query_row("PRAGMA journal_mode = WAL", [], |_| Ok(())).unwrap();
    raw.execute_batch("PRAGMA synchronous = FULL; PRAGMA secure_delete = ON;").unwrap();
    raw.execute_batch(include_str!("../src/journal/001.sql")).unwrap();
    raw.execute_batch(include_str!("../src/journal/002.sql")).unwrap();
    raw.execute_batch(include_str!("../src/journal/003.sql")).unwrap();
    let bodies: Vec<Vec<u8>> = (0..64).map(|n| batch(n, 0)).collect();
    let (begun, mut stored, mut longest) = (Instant::now(), 0usize, Vec::new());
    while begun.elapsed() < Duration::from_secs(seconds) {
        let at = Instant::now();
        let transaction = raw.transaction().unwrap();
        for _ in 0..group {
            let mut session = [0; 16];
            session[..8].copy_from_slice(&(stored as u64).to_le_bytes());
            transaction
                .prepare_cached("INSERT INTO journal (session, page_view, sequence, digest, received_ms, body) VALUES (?1, ?2, 0, ?3, 0, ?4)")
                .unwrap()
                .execute(params![session, [1u8; 8], [0u8; 16], bodies[stored % 64]])
                .unwrap();
            stored += 1;
        }
        transaction.commit().unwrap();
        longest.push(at.elapsed());
    }
    say(&format!("SQLite alone, {group} a commit"), stored, begun.elapsed(), &mut longest, "");
}

fn say(what: &str, count: usize, took: Duration, each: &mut [Duration], more: &str) {
    each.sort();
    let at = |share: f64| each[((each.len() - 1) as f64 * share) as usize].as_secs_f64() * 1e3;
    let rate = count as f64 / took.as_secs_f64();
    println!("{what:<40} {rate:>8.0} batches/s  p50 {:>6.1} ms  p99 {:>6.1} ms  {more}", at(0.5), at(0.99));
}

struct Server {
    child: Child,
    address: String,
    next: u64,
}

impl Server {
    fn start(data: &Path) -> Self {
        let program = concat!(env!("CARGO_MANIFEST_DIR"), "/../../target/release/afterimage");
        let mut command = Command::new(program);
        command.args(["serve", "--listen", "127.0.0.1:0", "--data"]).arg(data);
        let mut child =
            command.stdout(Stdio::piped()).stderr(Stdio::null()).spawn().expect("a built collector");
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
        let address = line.trim_end().trim_end_matches('/').rsplit('/').next().unwrap().to_owned();
        Self { child, address, next: 1 }
    }

    /// Memory that is the process's own, KiB.
    fn memory(&self) -> u64 {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.child.id())).unwrap();
        let line = status.lines().find(|line| line.starts_with("RssAnon:")).unwrap();
        line.split_whitespace().nth(1).unwrap().parse().unwrap()
    }

    fn measure(&mut self, what: &str, seconds: u64, connections: u64) {
        let before = self.memory();
        let begun = Instant::now();
        let senders: Vec<_> = (0..connections)
            .map(|n| {
                let (address, session) = (self.address.clone(), self.next + n);
                thread::spawn(move || send(&address, session, begun + Duration::from_secs(seconds)))
            })
            .collect();
        self.next += connections;
        let mut most = before;
        while begun.elapsed() < Duration::from_secs(seconds) {
            thread::sleep(Duration::from_millis(100));
            most = most.max(self.memory());
        }
        let (mut each, mut later) = (Vec::new(), 0);
        for sender in senders {
            let (took, refused) = sender.join().unwrap();
            each.extend(took);
            later += refused;
        }
        let more = format!(
            "{later} asked to come later; memory {} MiB, at most {}, then {}",
            before >> 10,
            most >> 10,
            self.memory() >> 10
        );
        say(what, each.len(), begun.elapsed(), &mut each, &more);
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Sends one batch after the other over one connection. Returns how long each took, and how many were asked to come later.
fn send(address: &str, session: u64, until: Instant) -> (Vec<Duration>, usize) {
    let mut stream = TcpStream::connect(address).unwrap();
    stream.set_nodelay(true).unwrap();
    let (mut each, mut later, mut sequence) = (Vec::new(), 0, 0);
    while Instant::now() < until {
        let body = batch(session, sequence);
        let begun = Instant::now();
        match post(&mut stream, &body) {
            200 | 204 => each.push(begun.elapsed()),
            429 => later += 1,
            status => panic!("answered with {status}"),
        }
        sequence += 1;
    }
    (each, later)
}

fn post(stream: &mut TcpStream, body: &[u8]) -> u16 {
    let head = format!("POST /collect HTTP/1.1\r\nhost: x\r\ncontent-length: {}\r\n\r\n", body.len());
    stream.write_all(&[head.as_bytes(), body].concat()).unwrap();
    let mut reader = BufReader::new(stream);
    let (mut status, mut length) = (0, 0);
    loop {
        let mut line = String::new();
        reader.read_line(&mut line).unwrap();
        if status == 0 {
            status = line.split(' ').nth(1).and_then(|code| code.parse().ok()).unwrap_or(1);
        }
        if let Some(value) = line.to_ascii_lowercase().strip_prefix("content-length:") {
            length = value.trim().parse().unwrap();
        }
        if line.trim().is_empty() {
            break;
        }
    }
    reader.read_exact(&mut vec![0; length]).unwrap();
    status
}

/// Promises a megabyte, and sends a byte of it a second; begins anew when it is hung up on.
fn dribble(address: &str, over: &Arc<AtomicBool>) -> thread::JoinHandle<()> {
    let (address, over) = (address.to_owned(), Arc::clone(over));
    thread::spawn(move || {
        while !over.load(Ordering::Relaxed) {
            let Ok(mut stream) = TcpStream::connect(&address) else { continue };
            let _ = stream.write_all(b"POST /collect HTTP/1.1\r\nhost: x\r\ncontent-length: 1000000\r\n\r\n");
            while !over.load(Ordering::Relaxed) && stream.write_all(b"A").is_ok() {
                thread::sleep(Duration::from_secs(1));
            }
        }
    })
}

/// Sends batches that inflate to a gigabyte. Returns how many were refused.
fn bomb(address: &str, over: &Arc<AtomicBool>) -> thread::JoinHandle<u64> {
    let (address, over) = (address.to_owned(), Arc::clone(over));
    let header = Header {
        compression: Compression::DeflateRaw,
        payload_bytes: 8 << 20,
        site: "load".into(),
        ..Header::default()
    };
    let mut deflated = DeflateEncoder::new(Vec::new(), Level::best());
    let zeros = vec![0; 1 << 20];
    (0..900).for_each(|_| deflated.write_all(&zeros).unwrap());
    let body = [header.encode(), deflated.finish().unwrap()].concat();
    thread::spawn(move || {
        let (mut stream, mut refused) = (TcpStream::connect(&address).unwrap(), 0);
        while !over.load(Ordering::Relaxed) {
            let status = post(&mut stream, &body);
            assert!(status >= 400, "a bomb was answered with {status}");
            refused += 1;
        }
        refused
    })
}
