//! The afterimage recording format, described normatively in `FORMAT.md`.
//!
//! A recording is a series of [`Batch`]es. Each is one request body: a plain [`Header`] that a
//! collector can route by, then a payload (possibly compressed) of tagged sections: strings grouped by
//! role, records in columns, and the report of what the privacy rules withheld.
//!
//! The crate knows nothing of browsers, privacy or networks. It is `no_std` + `alloc`, has no `unsafe`, and its
//! decoder treats every byte as hostile.
#![no_std]
extern crate alloc;

pub mod batch;
pub mod blocks;
mod compound;
#[cfg(feature = "decode")]
mod decode;
#[cfg(feature = "decode")]
pub mod error;
#[cfg(feature = "decode")]
pub mod reader;
pub mod record;
pub mod rule;
mod sha256;
pub mod strings;
pub mod tree;
pub mod varint;
pub mod writer;

pub use batch::{Batch, Compression, Header, Timed};
#[cfg(feature = "decode")]
pub use error::{Error, ErrorCode};
pub use record::Record;
pub use strings::{Role, Text};
pub use writer::BatchWriter;
