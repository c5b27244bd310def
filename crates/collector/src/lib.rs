//! The collector: takes batches over HTTP, keeps them in a durable [`journal`], projects them into an [`index`] and
//! serves the session list, the replay page and the drop-in. The `afterimage` binary is [`cli::run`].
//!
//! What it leaves out: it never looks at who sends. No address is stored or logged, and a body is decoded to be
//! refused or counted, not rewritten, unless it came abridged.

pub mod admit;
pub mod assets;
pub mod cli;
mod commands;
pub mod config;
mod gaps;
pub mod id;
pub mod index;
pub mod journal;
pub mod known;
pub mod refusal;
pub mod routes;
pub mod state;

pub use routes::router;
