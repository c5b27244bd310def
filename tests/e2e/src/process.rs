//! Child processes that never outlive a test.

use std::fs::File;
use std::net::{TcpListener, TcpStream};
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicU16, AtomicUsize, Ordering};
use std::thread;
use std::time::Duration;

use crate::eventually;

/// A child and all it starts: they share a process group, which ends with this value.
#[derive(Debug)]
pub(crate) struct Group(Child);

impl Group {
    /// Starts a command with its output in a file.
    pub(crate) fn start(command: &mut Command, log: &Path) -> Self {
        let log = File::create(log).expect("a log file");
        let errors = log.try_clone().expect("a second handle");
        let child = command.stdin(Stdio::null()).stdout(log).stderr(errors).process_group(0).spawn();
        Self(child.unwrap_or_else(|error| panic!("{command:?}: {error}")))
    }

    /// Waits until something answers on the port.
    ///
    /// # Errors
    /// When the process ends instead.
    pub(crate) fn wait_for(&mut self, port: u16) -> Result<(), String> {
        eventually(&format!("port {port} to answer"), || {
            let ended = self.0.try_wait().expect("a child's status");
            if let Some(status) = ended {
                return Some(Err(format!("ended at once: {status}")));
            }
            TcpStream::connect(("127.0.0.1", port)).is_ok().then_some(Ok(()))
        })
    }

    /// Sends a signal to the whole group.
    pub(crate) fn signal(&self, name: &str) {
        let group = format!("-{}", self.0.id());
        // Fails when nobody is left, which is as good.
        drop(Command::new("kill").args(["-s", name, "--", &group]).stderr(Stdio::null()).status());
    }

    /// Waits for the child itself.
    pub(crate) fn wait(&mut self) {
        drop(self.0.wait());
    }
}

impl Drop for Group {
    fn drop(&mut self) {
        self.signal("TERM");
        for _ in 0..20 {
            if matches!(self.0.try_wait(), Ok(Some(_))) {
                break;
            }
            thread::sleep(Duration::from_millis(50));
        }
        self.signal("KILL");
        self.wait();
    }
}

/// A loopback port nobody listens on.
///
/// It is below those the system hands out by itself, on Linux from 32768 on: who is to listen there takes a moment to
/// start, and nothing else may be given the port meanwhile.
pub(crate) fn free_port() -> u16 {
    static TRIED: AtomicU16 = AtomicU16::new(0);
    const FIRST: u16 = 12_000;
    const COUNT: u16 = 20_000;
    let start = u16::try_from(std::process::id() * 37 % u32::from(COUNT)).expect("less than COUNT");
    let mut ports =
        std::iter::repeat_with(|| FIRST + start.wrapping_add(TRIED.fetch_add(1, Ordering::Relaxed)) % COUNT);
    ports.find(|port| TcpListener::bind(("127.0.0.1", *port)).is_ok()).expect("a free port")
}

/// A new folder under the system's temporary one, removed when dropped.
#[derive(Debug)]
pub(crate) struct Scratch(std::path::PathBuf);

impl Scratch {
    pub(crate) fn new() -> Self {
        static NEXT: AtomicUsize = AtomicUsize::new(0);
        let name = format!("afterimage-e2e-{}-{}", std::process::id(), NEXT.fetch_add(1, Ordering::Relaxed));
        let path = std::env::temp_dir().join(name);
        std::fs::create_dir_all(&path).expect("a scratch folder");
        Self(path)
    }

    pub(crate) fn path(&self) -> &Path {
        &self.0
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        // A browser that is still closing may write once more.
        for _ in 0..5 {
            if std::fs::remove_dir_all(&self.0).is_ok() || !self.0.exists() {
                return;
            }
            thread::sleep(Duration::from_millis(100));
        }
    }
}
