//! The decoder in JavaScript, written from `FORMAT.md` alone, agrees with the one here.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use afterimage_wire::Batch;
use serde_json::Value;

use crate::{golden, json, sample, saved};

/// What the other decoder says about each file.
fn decode(files: &[PathBuf]) -> Vec<Value> {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/js/decode.mjs");
    let output = Command::new("node")
        .arg(script)
        .args(files)
        .output()
        .expect("node, at least version 20, runs this test");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let lines = String::from_utf8(output.stdout).unwrap();
    let values: Vec<Value> = lines.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(values.len(), files.len());
    values
}

#[test]
fn vectors_decode_to_the_same_batches() {
    let names: Vec<&str> = sample::vectors().into_iter().map(|(name, _)| name).collect();
    let files: Vec<PathBuf> =
        names.iter().map(|name| golden::folder().join(name).with_extension("bin")).collect();
    for (name, decoded) in names.into_iter().zip(decode(&files)) {
        assert_eq!(decoded, golden::expected(name), "{name}");
    }
}

/// What fuzzing found worth keeping: both read the same batches and refuse the others. Where several things are wrong,
/// each may name another one.
#[test]
fn saved_inputs_are_judged_alike() {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("saved");
    fs::create_dir_all(&folder).unwrap();
    let mut files = Vec::new();
    for (number, file) in saved::files().iter().enumerate() {
        files.push(folder.join(number.to_string()));
        fs::write(&files[number], saved::checks::body(&fs::read(file).unwrap())).unwrap();
    }
    for (file, decoded) in files.iter().zip(decode(&files)) {
        match Batch::decode(&fs::read(file).unwrap(), 1 << 20) {
            Ok(batch) => assert_eq!(decoded, json::value(&batch), "{}", file.display()),
            Err(error) => assert!(decoded["error"].is_string(), "{error}: {}", file.display()),
        }
    }
}
