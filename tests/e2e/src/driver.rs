//! Starting the driver of an engine with a new profile that reaches nothing but this machine.

use std::io::Read;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::Arc;

use serde_json::{Value, json};

use crate::process::{Group, Scratch, free_port};

/// A browser engine.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Engine {
    /// Chromium, through chromedriver.
    Chromium,
    /// Firefox, through geckodriver.
    Firefox,
    /// WebKitGTK's MiniBrowser, through WebKitWebDriver, on a display of its own.
    WebKit,
}

impl Engine {
    /// The name in paths and messages.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Chromium => "chromium",
            Self::Firefox => "firefox",
            Self::WebKit => "webkit",
        }
    }

    fn driver(self) -> PathBuf {
        let named = if self == Self::Firefox { std::env::var_os("GECKODRIVER") } else { None };
        named.map_or_else(|| installed(self.driver_name()), PathBuf::from)
    }

    fn driver_name(self) -> &'static str {
        match self {
            Self::Chromium => "chromedriver",
            Self::Firefox => "geckodriver",
            Self::WebKit => "WebKitWebDriver",
        }
    }

    /// What a session asks for: `webdriver.json`, a new profile, no network but loopback.
    fn capabilities(self, profile: &Path, cookies: Cookies) -> Value {
        let file = xtask::sh::read(&xtask::sh::root().join("webdriver.json")).expect("webdriver.json");
        let shared: Value = serde_json::from_slice(&file).expect("webdriver.json is JSON");
        match self {
            Self::Chromium => chromium(shared["goog:chromeOptions"].clone(), profile, cookies),
            Self::Firefox => firefox(shared["moz:firefoxOptions"].clone(), profile, cookies),
            Self::WebKit => json!({ "webkitgtk:browserOptions": {
                "binary": mini_browser(),
                "args": if cookies == Cookies::Kept { vec!["--automation"] } else { vec!["--automation", "--cookies-policy=never"] },
            } }),
        }
    }
}

/// What a browser does with cookies.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Cookies {
    /// Keeps them.
    Kept,
    /// Refuses all of them, and where it does the same to them, other ways to store.
    Blocked,
}

fn chromium(mut options: Value, profile: &Path, cookies: Cookies) -> Value {
    let args = options["args"].as_array_mut().expect("chromium's args");
    args.push(format!("--user-data-dir={}", profile.display()).into());
    args.push("--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1, EXCLUDE localhost".into());
    args.push("--window-size=1280,900".into());
    if cookies == Cookies::Blocked {
        options["prefs"] = json!({ "profile.default_content_setting_values.cookies": 2 });
    }
    json!({ "goog:chromeOptions": options })
}

fn firefox(mut options: Value, profile: &Path, cookies: Cookies) -> Value {
    std::fs::create_dir_all(profile).expect("a profile");
    let args = options["args"].as_array_mut().expect("firefox's args");
    args.extend([json!("-profile"), json!(profile.display().to_string())]);
    options["binary"] = json!(installed("firefox-esr"));
    let prefs = options["prefs"].as_object_mut().expect("firefox's prefs");
    // A proxy that nobody runs, for everything but this machine.
    prefs.insert("network.proxy.type".to_owned(), json!(1));
    for kind in ["http", "ssl"] {
        prefs.insert(format!("network.proxy.{kind}"), json!("127.0.0.1"));
        prefs.insert(format!("network.proxy.{kind}_port"), json!(9));
    }
    prefs.insert("network.proxy.no_proxies_on".to_owned(), json!("127.0.0.1, localhost"));
    if cookies == Cookies::Blocked {
        prefs.insert("network.cookie.cookieBehavior".to_owned(), json!(2));
    }
    json!({ "moz:firefoxOptions": options })
}

fn installed(program: &str) -> PathBuf {
    xtask::sh::which(program)
        .unwrap_or_else(|| panic!("{program} is not installed; `cargo xtask test-e2e` installs it"))
}

/// MiniBrowser lies beside WebKit's helper programs, in a folder named for the library's version.
fn mini_browser() -> PathBuf {
    let folders =
        std::fs::read_dir("/usr/lib/x86_64-linux-gnu").into_iter().chain(std::fs::read_dir("/usr/lib"));
    let mut found = folders.flatten().flatten().map(|entry| entry.path().join("MiniBrowser"));
    found.find(|path| path.is_file()).expect("MiniBrowser, of the package webkit2gtk-driver")
}

/// A running driver. What it starts ends with it.
#[derive(Debug)]
pub(crate) struct Driver {
    pub(crate) port: u16,
    pub(crate) capabilities: Value,
    // In the order of their ends: the driver with its browser, the display, the profile.
    process: Group,
    _display: Option<Display>,
    pub(crate) profile: Arc<Scratch>,
}

impl Driver {
    /// # Errors
    /// When the driver ends instead of answering.
    pub(crate) fn start(
        engine: Engine,
        log: &Path,
        cookies: Cookies,
        profile: Arc<Scratch>,
    ) -> Result<Self, String> {
        let port = free_port();
        let mut command = Command::new(engine.driver());
        command.arg(format!("--port={port}")).env("TMPDIR", profile.path()).env("HOME", profile.path());
        let display = (engine == Engine::WebKit).then(|| Display::start(log));
        if let Some(display) = &display {
            command.env("DISPLAY", &display.name).env("GDK_BACKEND", "x11").env("NO_AT_BRIDGE", "1");
            command.env("LIBGL_ALWAYS_SOFTWARE", "1");
            command.env("no_proxy", "127.0.0.1,localhost").env("http_proxy", "http://127.0.0.1:9");
        }
        let mut process = Group::start(&mut command, log);
        process.wait_for(port)?;
        let capabilities = engine.capabilities(&profile.path().join("profile"), cookies);
        Ok(Self { port, capabilities, process, _display: display, profile })
    }

    /// Ends it and its browser with no chance to tidy up.
    pub(crate) fn kill(&mut self) {
        self.process.signal("KILL");
        self.process.wait();
    }
}

/// An X display that is only memory.
#[derive(Debug)]
struct Display {
    server: Child,
    name: String,
}

impl Display {
    fn start(log: &Path) -> Self {
        let errors = std::fs::File::create(log.with_extension("display.log")).expect("a log file");
        let mut command = Command::new(installed("Xvfb"));
        command.args(["-displayfd", "1", "-screen", "0", "1400x1000x24", "-nolisten", "tcp"]);
        let mut server =
            command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(errors).spawn().expect("Xvfb");
        let mut number = String::new();
        let mut output = server.stdout.take().expect("Xvfb's output");
        let mut byte = [0];
        while output.read(&mut byte).expect("the display's number") == 1 && byte != *b"\n" {
            number.push(char::from(byte[0]));
        }
        assert!(!number.is_empty(), "Xvfb did not start");
        Self { server, name: format!(":{number}") }
    }
}

impl Drop for Display {
    fn drop(&mut self) {
        drop(self.server.kill());
        drop(self.server.wait());
    }
}
