//! Golden vectors: bytes that were written once and must be read the same for ever.
//!
//! A new vector is a batch in `sample.rs` and `cargo test -p afterimage-wire --test suite bless -- --ignored`, which
//! writes the files that are missing and leaves those that are there alone.

use std::fs;
use std::path::PathBuf;

use afterimage_wire::batch::{Batch, Compression};

use serde_json::Value;

use crate::{any, json, sample};

pub fn folder() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/golden")
}

/// What a vector decodes to, as its file says.
pub fn expected(name: &str) -> Value {
    let file = folder().join(name).with_extension("json");
    serde_json::from_slice(&fs::read(file).unwrap()).unwrap()
}

#[test]
#[ignore = "writes the vectors that are missing"]
fn bless() {
    for (name, bytes) in sample::vectors() {
        let path = folder().join(name).with_extension("bin");
        if !path.exists() {
            let batch = Batch::decode(&bytes, 1 << 20).unwrap();
            fs::write(&path, bytes).unwrap();
            let text = serde_json::to_string_pretty(&json::value(&batch)).unwrap();
            fs::write(path.with_extension("json"), text + "\n").unwrap();
        }
    }
}

#[test]
fn every_vector_has_a_batch_and_the_other_way_round() {
    let mut named: Vec<String> =
        sample::vectors().iter().flat_map(|(n, _)| ["bin", "json"].map(|e| format!("{n}.{e}"))).collect();
    let mut there: Vec<String> = fs::read_dir(folder())
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    named.sort();
    there.sort();
    assert_eq!(named, there);
}

#[test]
fn old_bytes_decode_to_the_same_batch() {
    for (name, _) in sample::vectors() {
        let path = folder().join(name).with_extension("bin");
        let batch = Batch::decode(&fs::read(&path).unwrap(), 1 << 20).unwrap();
        assert_eq!(json::value(&batch), expected(name), "{name}");
    }
}

#[test]
fn the_encoder_still_writes_the_same_bytes() {
    for (name, bytes) in sample::vectors() {
        let golden = fs::read(folder().join(name).with_extension("bin")).unwrap();
        let (old, new) = (Batch::decode(&golden, 1 << 20).unwrap(), Batch::decode(&bytes, 1 << 20).unwrap());
        assert_eq!(old, new, "{name}");
        // A compressor may choose other bytes for the same payload: then the digest has said all there is to say.
        if old.header.compression == Compression::None {
            assert!(golden == bytes, "{name}");
        }
    }
}

/// Sealing makes strings equal that were not, and unknown sections are dropped: other batches have one encoding.
#[test]
fn decoded_vectors_encode_to_the_same_bytes() {
    for (name, bytes) in sample::vectors() {
        let batch = Batch::decode(&bytes, 1 << 20).unwrap();
        let again = any::encode(&batch);
        assert_eq!(Batch::decode(&again, 1 << 20).unwrap().records, batch.records, "{name}");
        let odd = name.starts_with("redacted") || name.starts_with("sections");
        if batch.header.compression == Compression::None {
            assert_eq!(again == bytes, !odd, "{name}");
        }
    }
}
