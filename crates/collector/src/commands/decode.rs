//! `afterimage decode`: request bodies, as they were sent, as JSON.

use std::fs;
use std::io::{self, BufWriter, Read, Write};
use std::path::PathBuf;

use afterimage_replay::ndjson;
use afterimage_wire::Batch;

use super::Failure;

/// The largest payload that is decompressed.
const LIMIT: usize = 1 << 30;

pub(crate) fn decode(files: &[PathBuf]) -> Result<(), Failure> {
    let mut batches = files.iter().map(read).collect::<Result<Vec<Batch>, Failure>>()?;
    // In event order, whatever the order of the files: page views as they began, batches by sequence.
    batches.sort_by_key(|b| (b.header.origin_ms, b.header.page_view, b.header.sequence));
    let mut out = BufWriter::new(io::stdout().lock());
    let mut written = Ok(());
    for batch in &batches {
        ndjson::decode_lines(batch, |line| {
            if written.is_ok() {
                written = writeln!(out, "{line}");
            }
        });
    }
    written?;
    Ok(out.flush()?)
}

fn read(path: &PathBuf) -> Result<Batch, Failure> {
    let mut bytes = Vec::new();
    let read = if path.as_os_str() == "-" {
        io::stdin().lock().read_to_end(&mut bytes).map(drop)
    } else {
        fs::read(path).map(|content| bytes = content)
    };
    read.map_err(|e| Failure::File(path.clone(), e))?;
    Batch::decode(&bytes, LIMIT).map_err(|e| Failure::Corrupt(path.clone(), e))
}
