//! The encoder: records in, one sealed payload out.

use alloc::vec::Vec;

use crate::batch::{Compression, Header, PolicyReport, SECTION_POLICY, SECTION_RECORDS, SECTION_STRINGS};
use crate::strings::{Role, Table};
use crate::varint;

/// Collects the records of one batch.
///
/// Records are kept in columns (kind, time, length, body) and their strings in a [`Table`], until
/// [`finish`](Self::finish) writes the payload.
#[derive(Default)]
pub struct BatchWriter {
    table: Table,
    kinds: Vec<u8>,
    times: Vec<u8>,
    lengths: Vec<u8>,
    bodies: Vec<u8>,
    count: u32,
    last_time: u32,
    open: usize,
}

impl BatchWriter {
    /// How many records there are.
    pub fn len(&self) -> u32 {
        self.count
    }

    /// Whether there is no record.
    pub fn is_empty(&self) -> bool {
        self.count == 0
    }

    /// About how many bytes the payload will have.
    pub fn bytes(&self) -> usize {
        self.table.bytes() + self.kinds.len() + self.times.len() + self.lengths.len() + self.bodies.len()
    }

    /// The strings so far.
    pub fn table(&self) -> &Table {
        &self.table
    }

    /// The strings so far, to be redacted before [`finish`](Self::finish).
    pub fn table_mut(&mut self) -> &mut Table {
        &mut self.table
    }

    /// Opens a record of `kind` at `time_ms` since the page view's origin. Times may go backwards.
    pub fn begin(&mut self, kind: u32, time_ms: u32) {
        varint::put(&mut self.kinds, u64::from(kind));
        varint::put_signed(&mut self.times, i64::from(time_ms) - i64::from(self.last_time));
        self.last_time = time_ms;
        self.open = self.bodies.len();
    }

    /// Closes the record.
    pub fn end(&mut self) {
        varint::put(&mut self.lengths, (self.bodies.len() - self.open) as u64);
        self.count += 1;
    }

    /// Writes an unsigned field.
    pub fn uint(&mut self, value: u32) {
        varint::put(&mut self.bodies, u64::from(value));
    }

    /// Writes an unsigned field of more than 32 bits.
    pub fn uint64(&mut self, value: u64) {
        varint::put(&mut self.bodies, value);
    }

    /// Writes a signed field.
    pub fn int(&mut self, value: i32) {
        varint::put_signed(&mut self.bodies, i64::from(value));
    }

    /// Writes a signed field of more than 32 bits.
    pub fn int64(&mut self, value: i64) {
        varint::put_signed(&mut self.bodies, value);
    }

    /// Writes `value` as its difference from `last`, which becomes `value`.
    pub fn delta(&mut self, value: u32, last: &mut u32) {
        self.int64(i64::from(value) - i64::from(*last));
        *last = value;
    }

    /// The reference of a string in its role's column, for fields that pack it.
    pub fn reference(&mut self, role: Role, text: &str) -> u32 {
        self.table.reference(role, text)
    }

    /// Writes a string field.
    pub fn string(&mut self, role: Role, text: &str) {
        let reference = self.table.reference(role, text);
        self.uint(reference);
    }

    /// Writes bytes as they are.
    pub fn raw(&mut self, bytes: &[u8]) {
        self.bodies.extend_from_slice(bytes);
    }

    /// The payload, not compressed.
    pub fn finish(self, policy: &PolicyReport) -> Vec<u8> {
        let mut out = Vec::with_capacity(self.bytes() + 64);

        let mut section = Vec::new();
        for role in Role::ALL {
            self.table.column(role).encode(Table::first(role), &mut section);
        }
        put_section(&mut out, SECTION_STRINGS, &[&section]);

        section.clear();
        policy.encode(&mut section);
        put_section(&mut out, SECTION_POLICY, &[&section]);

        section.clear();
        varint::put(&mut section, u64::from(self.count));
        put_section(
            &mut out,
            SECTION_RECORDS,
            &[&section, &self.kinds, &self.times, &self.lengths, &self.bodies],
        );
        out
    }

    /// The whole body, not compressed: header and payload. Fills in the header's digest and sizes.
    pub fn finish_body(self, mut header: Header, policy: &PolicyReport) -> Vec<u8> {
        let payload = self.finish(policy);
        header.compression = Compression::None;
        header.seal(&payload);
        let mut body = header.encode();
        body.extend_from_slice(&payload);
        body
    }
}

fn put_section(out: &mut Vec<u8>, id: u64, parts: &[&[u8]]) {
    varint::put(out, id);
    varint::put(out, parts.iter().map(|p| p.len() as u64).sum());
    for part in parts {
        out.extend_from_slice(part);
    }
}
