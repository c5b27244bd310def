//! Running programs and finding folders.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use crate::Result;

/// The folder of the workspace.
#[must_use]
pub fn root() -> PathBuf {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    here.parent().unwrap_or(here).to_path_buf()
}

/// Cargo's target folder: `target/`, or what `CARGO_TARGET_DIR` says.
#[must_use]
pub fn target() -> PathBuf {
    std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| root().join("target"), |dir| root().join(dir))
}

/// `dist/`, where builds are left.
#[must_use]
pub fn dist() -> PathBuf {
    root().join("dist")
}

/// The collector as `cargo xtask build` leaves it.
#[must_use]
pub fn collector() -> PathBuf {
    target().join("release/afterimage")
}

/// A command in the workspace's folder.
pub fn command(program: impl AsRef<OsStr>) -> Command {
    let mut command = Command::new(program);
    command.current_dir(root());
    command
}

/// The cargo that runs this program.
#[must_use]
pub fn cargo() -> Command {
    command(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()))
}

/// Runs a command with its output on the terminal.
///
/// # Errors
/// When it cannot be started or fails.
pub fn run(command: &mut Command) -> Result {
    let status = command.status().map_err(|error| cannot_start(command, &error))?;
    if status.success() { Ok(()) } else { Err(format!("{} failed ({status})", shown(command))) }
}

/// Runs a command whose output only matters when it fails.
///
/// # Errors
/// When it cannot be started or fails, with what it printed.
pub fn run_quietly(command: &mut Command) -> Result {
    output_or_error(command).map(|_| ())
}

/// Runs a command for what it prints.
///
/// # Errors
/// When it cannot be started or fails, with what it printed.
pub fn output_or_error(command: &mut Command) -> Result<String> {
    let output = command.stdin(Stdio::null()).output().map_err(|error| cannot_start(command, &error))?;
    if output.status.success() {
        return Ok(String::from_utf8_lossy(&output.stdout).into_owned());
    }
    let said = [output.stdout, output.stderr].concat();
    Err(format!("{} failed ({})\n{}", shown(command), output.status, String::from_utf8_lossy(&said)))
}

/// What a command prints, or nothing when it is missing or fails.
#[must_use]
pub fn output(command: &mut Command) -> Option<String> {
    let output = command.stdin(Stdio::null()).stderr(Stdio::null()).output().ok()?;
    output.status.success().then(|| String::from_utf8_lossy(&output.stdout).trim().to_owned())
}

/// Where a program is found on the path.
#[must_use]
pub fn which(program: &str) -> Option<PathBuf> {
    std::env::split_paths(&std::env::var_os("PATH")?).map(|dir| dir.join(program)).find(|path| path.is_file())
}

/// Reads a file, naming it when that fails.
///
/// # Errors
/// When the file cannot be read.
pub fn read(path: &Path) -> Result<Vec<u8>> {
    std::fs::read(path).map_err(|error| format!("{}: {error}", path.display()))
}

/// Writes a file and the folders above it.
///
/// # Errors
/// When the file cannot be written.
pub fn write(path: &Path, bytes: impl AsRef<[u8]>) -> Result {
    let folder = path.parent().unwrap_or(path);
    std::fs::create_dir_all(folder)
        .and_then(|()| std::fs::write(path, bytes))
        .map_err(|error| format!("{}: {error}", path.display()))
}

/// Copies one file.
///
/// # Errors
/// When it cannot be read or written.
pub fn copy(from: &Path, to: &Path) -> Result {
    write(to, read(from)?)
}

/// All files below a folder (or the file itself), sorted, without `node_modules`.
#[must_use]
pub fn files(path: &Path) -> Vec<PathBuf> {
    if path.is_file() {
        return vec![path.to_path_buf()];
    }
    let entries = std::fs::read_dir(path).into_iter().flatten().flatten();
    let below =
        entries.filter(|entry| entry.file_name() != "node_modules").flat_map(|entry| files(&entry.path()));
    let mut found: Vec<PathBuf> = below.collect();
    found.sort();
    found
}

fn shown(command: &Command) -> String {
    let words = std::iter::once(command.get_program()).chain(command.get_args());
    let words: Vec<_> = words.map(|word| word.to_string_lossy().into_owned()).collect();
    format!("`{}`", words.join(" "))
}

fn cannot_start(command: &Command, error: &std::io::Error) -> String {
    format!("{} could not be started: {error}", shown(command))
}
