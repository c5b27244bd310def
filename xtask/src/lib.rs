//! The project's own commands, `cargo xtask COMMAND`, and the little static server they share with the end-to-end tests.

pub mod build;
pub mod demo;
mod glue;
pub mod instructions;
pub mod lint;
mod names;
mod order;
pub mod promises;
pub mod setup;
pub mod sh;
pub mod site;
pub mod size;
mod stamp;
pub mod test;
mod wasm;

/// What went wrong, in words for the person at the terminal.
pub type Result<T = ()> = std::result::Result<T, String>;

/// The code behind one command, given its arguments.
pub type Run = fn(&[String]) -> Result;
