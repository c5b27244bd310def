//! The tap: what it keeps and what it breaks.

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::thread;

use afterimage_e2e::{Fault, Tap};

/// A server that answers everything with 204, and says how often it was asked.
fn upstream() -> (u16, std::sync::mpsc::Receiver<()>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    let (asked, times) = std::sync::mpsc::channel();
    thread::spawn(move || {
        for mut stream in listener.incoming().flatten() {
            drop(stream.read(&mut [0; 4096]));
            let _ = asked.send(());
            drop(stream.write_all(b"HTTP/1.1 204 No Content\r\nconnection: close\r\n\r\n"));
        }
    });
    (port, times)
}

fn post(tap: &Tap) -> String {
    let mut stream = TcpStream::connect(("127.0.0.1", tap.port)).unwrap();
    stream.write_all(b"POST /collect HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\n\r\nabc").unwrap();
    let mut answer = String::new();
    drop(stream.read_to_string(&mut answer));
    answer
}

#[test]
fn what_passes_is_kept_and_answered() {
    let (port, asked) = upstream();
    let tap = Tap::before(port);
    assert!(post(&tap).starts_with("HTTP/1.1 204"));
    asked.recv().unwrap();
    let [exchange] = &tap.posts()[..] else { panic!("one exchange") };
    assert_eq!(
        (exchange.path.as_str(), exchange.body.as_slice(), exchange.status),
        ("/collect", &b"abc"[..], 204)
    );
    assert_eq!(exchange.header("host"), Some("x"));
}

#[test]
fn faults_break_what_they_say() {
    let (port, asked) = upstream();
    let tap = Tap::before(port);
    tap.set_fault(Some(Fault::Refuse(503)));
    assert!(post(&tap).starts_with("HTTP/1.1 503"));
    tap.set_fault(Some(Fault::HangUp));
    assert_eq!(post(&tap), "");
    assert!(asked.try_recv().is_err(), "the collector heard of neither");
    tap.set_fault(Some(Fault::LoseAnswer));
    assert_eq!(post(&tap), "");
    asked.recv().unwrap();
    tap.set_fault(None);
    assert!(post(&tap).starts_with("HTTP/1.1 204"));
    let statuses: Vec<u16> = tap.posts().iter().map(|exchange| exchange.status).collect();
    assert_eq!(statuses, [503, 0, 0, 204]);
}
