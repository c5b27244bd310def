//! An acknowledgement means stored, whatever happens next.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)] // in helpers, too

mod common;
mod process;

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

use afterimage_collector::id::SessionId;
use afterimage_collector::journal::{Journal, SqliteJournal};
use common::*;
use process::*;

#[test]
fn killing_the_collector_loses_no_acknowledged_batch() {
    let data = tempfile::tempdir().unwrap();
    let acknowledged = Arc::new(Mutex::new(BTreeSet::new()));
    let next = Arc::new(AtomicU32::new(0));
    for round in 0..8 {
        let mut server = Server::start(data.path());
        let over = Arc::new(AtomicBool::new(false));
        let senders: Vec<_> = (0..4)
            .map(|_| {
                let (address, over) = (server.address.clone(), Arc::clone(&over));
                let (acknowledged, next) = (Arc::clone(&acknowledged), Arc::clone(&next));
                thread::spawn(move || {
                    while !over.load(Ordering::Relaxed) {
                        let sequence = next.fetch_add(1, Ordering::Relaxed);
                        if matches!(post(&address, &batch(sequence)), Some(200 | 204)) {
                            acknowledged.lock().unwrap().insert(sequence);
                        }
                    }
                })
            })
            .collect();
        // Not a wait for something to happen, but the moment of the accident: another one each round.
        thread::sleep(Duration::from_millis(40 + round * 17));
        server.kill();
        over.store(true, Ordering::Relaxed);
        senders.into_iter().for_each(|s| s.join().unwrap());
    }
    let acknowledged = acknowledged.lock().unwrap();
    assert!(acknowledged.len() > 20, "only {} were acknowledged", acknowledged.len());
    let stored = stored(data.path());
    let lost: Vec<_> = acknowledged.difference(&stored).collect();
    assert!(lost.is_empty(), "{} of {} are lost: {lost:?}", lost.len(), acknowledged.len());
    assert_eq!(run(&["sessions", "--data", &path(data.path())]).code, 0);
}

fn stored(directory: &std::path::Path) -> BTreeSet<u32> {
    let journal = SqliteJournal::open(directory, None).unwrap();
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    let entries = runtime.block_on(journal.read(SessionId(session()))).unwrap();
    for entry in &entries {
        assert_eq!(entry.body, batch(entry.sequence), "it is what was sent");
    }
    entries.into_iter().map(|e| e.sequence).collect()
}

#[test]
fn asked_to_end_it_ends() {
    let data = tempfile::tempdir().unwrap();
    let mut server = Server::start(data.path());
    assert_eq!(server.post(&batch(0)), 204);
    server.stop();
    assert_eq!(stored(data.path()), BTreeSet::from([0]));
}
