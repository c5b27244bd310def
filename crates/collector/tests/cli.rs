//! The `afterimage` binary, run as people run it.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)] // in helpers, too

mod common;
mod process;

use std::fs;
use std::io::Write;
use std::process::Stdio;

use afterimage_wire::Header;
use afterimage_wire::batch::hex;
use common::*;
use process::*;

#[test]
fn sessions_are_listed_oldest_first_while_the_collector_runs() {
    let data = tempfile::tempdir().unwrap();
    let server = Server::start(data.path());
    let ids: Vec<[u8; 16]> = (0..3).map(|n| [n; 16]).collect();
    for id in &ids {
        assert_eq!(
            server.post(&body(Header { session: *id, ..header(0) }, |w| click(1, 1).encode(w, 0))),
            204
        );
    }
    let listed = run(&["sessions", "--data", &path(data.path())]);
    assert_eq!(listed.code, 0, "{}", listed.stderr);
    let first: Vec<&str> = listed.stdout.lines().map(|l| l.split('\t').next().unwrap()).collect();
    assert_eq!(first, ids.iter().map(|id| hex(id)).collect::<Vec<_>>());
}

#[test]
fn what_a_page_named_cannot_break_the_lines_of_the_list() {
    let data = tempfile::tempdir().unwrap();
    let server = Server::start(data.path());
    let nasty = Header { site: "a\n\u{1b}[2Jb\tc".into(), ..header(0) };
    server.post(&body(nasty, |w| page_view("https://a/\r\n", 1).encode(w, 0)));
    let listed = run(&["sessions", "--data", &path(data.path())]);
    assert_eq!(listed.stdout.lines().count(), 1);
    assert!(!listed.stdout.trim_end().contains(|c: char| c.is_control() && c != '\t'), "{:?}", listed.stdout);
}

#[test]
fn decode_prints_a_line_a_record_in_event_order() {
    let files = tempfile::tempdir().unwrap();
    let names: Vec<String> = [1, 0]
        .map(|sequence| {
            let file = files.path().join(format!("{sequence}.bin"));
            fs::write(&file, batch(sequence)).unwrap();
            path(&file)
        })
        .into();
    let decoded = run(&["decode", &names[0], &names[1]]);
    assert_eq!(decoded.code, 0, "{}", decoded.stderr);
    let lines: Vec<serde_json::Value> =
        decoded.stdout.lines().map(|l| serde_json::from_str(l).expect("one JSON object a line")).collect();
    let kinds: Vec<_> = lines.iter().map(|l| l["kind"].as_str().unwrap()).collect();
    assert_eq!(kinds, ["page_view", "pointer", "pointer"]);
    assert_eq!(lines[0]["url"], "https://shop.example/");
    assert_eq!((&lines[1]["x"], &lines[1]["y"]), (&10.into(), &20.into()));
}

#[test]
fn decode_reads_standard_input() {
    let mut child = command(&["decode", "-"]).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    child.stdin.take().unwrap().write_all(&batch(0)).unwrap();
    let output = child.wait_with_output().unwrap();
    assert!(output.status.success());
    assert_eq!(String::from_utf8(output.stdout).unwrap().lines().count(), 2);
}

#[test]
fn a_reader_that_has_seen_enough_is_no_error() {
    let files = tempfile::tempdir().unwrap();
    let file = files.path().join("large");
    let large = body(header(0), |w| (0..20_000).for_each(|n| click(n, n).encode(w, n.unsigned_abs())));
    fs::write(&file, large).unwrap();
    let mut child =
        command(&["decode", &path(&file)]).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    drop(child.stdout.take());
    let output = child.wait_with_output().unwrap();
    assert_eq!((output.status.code(), String::from_utf8(output.stderr).unwrap().as_str()), (Some(0), ""));
}

#[test]
fn what_is_refused_says_why_and_exits_2() {
    let files = tempfile::tempdir().unwrap();
    let corrupt = files.path().join("corrupt.bin");
    let mut bytes = batch(0);
    *bytes.last_mut().unwrap() ^= 1;
    fs::write(&corrupt, bytes).unwrap();
    let text = files.path().join("text");
    fs::write(&text, "hello").unwrap();
    let nowhere = path(&files.path().join("nowhere"));
    let empty = path(&files.path().join("empty"));
    fs::create_dir(&empty).unwrap();
    let data = path(&files.path().join("data"));
    drop(Server::start(data.as_ref()));
    let id = "0".repeat(32);

    let cases: &[(&[&str], &[&str])] = &[
        (&["decode", &path(&corrupt)], &["corrupt.bin", "digest", "code 10", "byte"]),
        (&["decode", &path(&text)], &["text", "not an afterimage batch", "code 1"]),
        (&["decode", &nowhere], &["nowhere", "No such file"]),
        (&["decode"], &["FILE"]),
        (&["sessions", "--data", &nowhere], &["nowhere", "no recordings"]),
        (&["sessions", "--data", &empty], &["empty", "no recordings"]),
        (&["sessions"], &["--data"]),
        (&["export", "--format", "ndjson", &id, "--data", &data], &[&id, "no such session"]),
        (&["export", "--format", "ndjson", "xyz", "--data", &data], &["xyz", "32 hexadecimal digits"]),
        (
            &["export", "--format", "pdf", &id, "--data", &data],
            &["pdf", "rrweb", "ndjson", "story", "heatmap"],
        ),
        (&["erase", &id, "--data", &data], &[&id, "no such session"]),
        (&["reindex", "--data", &nowhere], &["nowhere", "no recordings"]),
        (&["serve", "--data", &data, "--allow-origin", "shop.example"], &["shop.example", "https://"]),
        (&["serve", "--data", &data, "--listen", "here"], &["here"]),
        (&["serve", "--data", &path(&corrupt)], &["corrupt.bin"]),
        (&["frobnicate"], &["frobnicate"]),
    ];
    for (arguments, words) in cases {
        let refused = run(arguments);
        assert_eq!(refused.code, 2, "{arguments:?}");
        assert_eq!(refused.stdout, "", "{arguments:?}");
        for word in *words {
            assert!(refused.stderr.contains(word), "{arguments:?} says {:?}, not {word:?}", refused.stderr);
        }
    }
    assert!(!std::path::Path::new(&nowhere).exists(), "asking made it");
}

#[test]
fn a_port_that_is_taken_is_named() {
    let data = tempfile::tempdir().unwrap();
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    let refused = run(&["serve", "--data", &path(data.path()), "--listen", &address]);
    assert_eq!(refused.code, 2);
    assert!(refused.stderr.contains(&address) && refused.stderr.contains("in use"), "{}", refused.stderr);
}

#[test]
fn exports_are_written_in_every_format() {
    let data = tempfile::tempdir().unwrap();
    let server = Server::start(data.path());
    server.post(&batch(0));
    server.post(&batch(1));
    let export = |format: &str| {
        let done = run(&["export", "--format", format, &hex(&session()), "--data", &path(data.path())]);
        assert_eq!(done.code, 0, "{format}: {}", done.stderr);
        done.stdout
    };
    assert_eq!(export("ndjson").lines().count(), 3);
    let events: Vec<serde_json::Value> = serde_json::from_str(&export("rrweb")).unwrap();
    assert!(events.iter().all(|e| e["timestamp"].is_u64() && e["type"].is_u64()));
    assert!(export("story").contains("shop.example"));
    assert!(export("heatmap").lines().all(|line| serde_json::from_str::<serde_json::Value>(line).is_ok()));
}

#[test]
fn erasing_is_seen_by_the_collector_that_runs() {
    let data = tempfile::tempdir().unwrap();
    let server = Server::start(data.path());
    assert_eq!(server.post(&batch(0)), 204);
    let erased = run(&["erase", &hex(&session()), "--data", &path(data.path())]);
    assert_eq!(erased.code, 0, "{}", erased.stderr);
    assert_eq!(server.post(&batch(1)), 410);
    assert_eq!(run(&["sessions", "--data", &path(data.path())]).stdout, "");
}

#[test]
fn the_index_can_be_built_again() {
    let data = tempfile::tempdir().unwrap();
    let server = Server::start(data.path());
    server.post(&batch(0));
    server.post(&batch(1));
    let list = || run(&["sessions", "--data", &path(data.path())]).stdout;
    let before = list();
    assert_eq!(run(&["reindex", "--data", &path(data.path())]).code, 0);
    assert_eq!(list(), before);
    drop(server);
    for entry in fs::read_dir(data.path()).unwrap() {
        let file = entry.unwrap().path();
        if file.file_name().unwrap().to_str().unwrap().starts_with("index.db") {
            fs::remove_file(file).unwrap();
        }
    }
    assert_eq!(list(), before, "also when it is lost");
}

#[test]
fn nothing_recorded_reaches_the_log() {
    let data = tempfile::tempdir().unwrap();
    let mut server = Server::start_with(data.path(), &[], Some("trace"));
    server.post(&batch(0));
    server.post(b"AFI\x01junk-from-shop.example");
    let log = server.stop();
    assert!(log.contains(&hex(&session())), "ids are logged: {log}");
    assert!(!log.contains("shop.example") && !log.contains("127.0.0.1"), "{log}");
}

#[test]
fn promise_k05_verify_says_what_did_not_come_and_what_was_altered() {
    let data = tempfile::tempdir().unwrap();
    let mut server = Server::start(data.path());
    let chained = |sequence: u32, previous: [u8; 16]| {
        let body = body(Header { previous, ..header(sequence) }, |w| click(1, sequence as i32).encode(w, 0));
        assert_eq!(server.post(&body), 204);
        Header::decode(&body).unwrap().0.digest
    };
    let mut last = [0; 16];
    for sequence in 0..4 {
        last = chained(sequence, last);
    }
    chained(7, [3; 16]);
    let verify = || run(&["verify", "--data", &path(data.path())]);
    let whole = verify();
    assert_eq!((whole.code, whole.stderr.as_str()), (0, ""), "a gap is no damage: {}", whole.stdout);
    assert!(
        whole.stdout.contains("4 to 6 did not come\n1 sessions, 1 page views, 5 batches"),
        "{}",
        whole.stdout
    );
    assert!(
        whole.stdout.ends_with("3 batches of 1 page views did not come\nall of it is as it came\n"),
        "{}",
        whole.stdout
    );
    server.stop();

    let journal = rusqlite::Connection::open(data.path().join("journal.db")).unwrap();
    let mut stored: Vec<u8> =
        journal.query_row("SELECT body FROM journal WHERE sequence = 2", [], |row| row.get(0)).unwrap();
    *stored.last_mut().unwrap() ^= 1;
    journal.execute("UPDATE journal SET body = ?1 WHERE sequence = 2", [&stored]).unwrap();
    journal.execute("UPDATE journal SET sequence = 9 WHERE sequence = 1", []).unwrap();
    let altered = verify();
    assert_eq!(altered.code, 2);
    assert!(altered.stdout.contains(" 2: does not decode"), "{}", altered.stdout);
    assert!(altered.stdout.contains(" 9: stored under another name or digest"), "{}", altered.stdout);
    assert!(altered.stderr.contains("2 problems with what is stored"), "{}", altered.stderr);
    drop(journal);

    // What the disk has changed below SQLite.
    let file = data.path().join("journal.db");
    let mut bytes = fs::read(&file).unwrap();
    let pages = bytes.len() / 4096;
    assert!(pages > 2, "{pages} pages");
    for at in 0..600 {
        bytes[4096 + at] = 0xEE;
    }
    fs::write(&file, bytes).unwrap();
    assert_eq!(verify().code, 2);
}

#[test]
fn whoever_sends_half_a_head_is_hung_up_on_and_others_are_served() {
    let data = tempfile::tempdir().unwrap();
    let server = Server::start(data.path());
    let mut slow: Vec<std::net::TcpStream> = (0..50)
        .map(|_| {
            let mut stream = std::net::TcpStream::connect(&server.address).unwrap();
            stream.write_all(b"POST /collect HTTP/1.1\r\nhost: x\r\n").unwrap();
            stream.set_read_timeout(Some(std::time::Duration::from_secs(20))).unwrap();
            stream
        })
        .collect();
    assert_eq!(server.post(&batch(0)), 204);
    let begun = std::time::Instant::now();
    for stream in &mut slow {
        let mut answer = Vec::new();
        let _ = std::io::Read::read_to_end(stream, &mut answer);
        assert!(!answer.starts_with(b"HTTP/1.1 2"));
    }
    assert!(begun.elapsed().as_secs() < 15, "{:?}", begun.elapsed());
}
