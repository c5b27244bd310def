//! Saved inputs: `tests/crashers` broke a decoder once, `fuzz/corpus` is what fuzzing starts from.

use std::fs;
use std::path::{Path, PathBuf};

use afterimage_wire::Batch;

#[path = "../../fuzz/checks.rs"]
pub mod checks;

fn files_in(folder: &str) -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join(folder);
    let mut files: Vec<PathBuf> = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.sort();
    files
}

pub fn files() -> Vec<PathBuf> {
    [files_in("tests/crashers"), files_in("fuzz/corpus/decode"), files_in("fuzz/corpus/header")].concat()
}

#[test]
fn crashers_are_refused() {
    let crashers = files_in("tests/crashers");
    assert!(!crashers.is_empty());
    for file in crashers {
        let bytes = fs::read(&file).unwrap();
        assert!(Batch::decode(&bytes, checks::LIMIT).is_err(), "{}", file.display());
    }
}

#[test]
fn the_corpus_passes_what_fuzzing_checks() {
    for file in files() {
        let bytes = fs::read(&file).unwrap();
        checks::decode(&checks::body(&bytes));
        checks::header(&bytes);
    }
    let open = files_in("fuzz/corpus/open");
    assert!(!open.is_empty());
    for file in open {
        checks::open(&fs::read(&file).unwrap());
    }
    let roundtrip = files_in("fuzz/corpus/roundtrip");
    assert!(!roundtrip.is_empty());
    for file in roundtrip {
        checks::roundtrip(&fs::read(&file).unwrap());
    }
}
