//! One harness for three engines: sites on loopback, the collector, a tap on the wire between them, and browsers driven
//! over [WebDriver](https://w3c.github.io/webdriver/). Everything started here is a value that ends what it started when
//! it is dropped, also when a test fails.
//!
//! A test body takes `&Browser` and is listed in [`in_every_engine!`]:
//!
//! ```ignore
//! in_every_engine! { fn a_title_is_read(browser) { … } }
//! ```

mod browser;
mod canonical;

mod collector;
mod driver;
pub mod exits;
pub mod faults;
mod process;
mod sink;
mod tap;

pub use browser::{Browser, Element};

pub use canonical::{difference, live_page, replayed_frame, replayed_page, same_scroll};
pub use collector::{Collector, inflated};
pub use driver::Engine;
pub use sink::Sink;
pub use tap::{Exchange, Fault, Tap};
pub use xtask::site::{Pages, Site};

use std::path::PathBuf;
use std::time::{Duration, Instant};

/// Where a test of an engine leaves what a person may want to look at.
#[must_use]
pub fn artifacts(engine: Engine, test: &str) -> PathBuf {
    let folder = xtask::sh::root().join("out/e2e").join(engine.name()).join(test);
    std::fs::create_dir_all(&folder).expect("out/e2e can be written");
    folder
}

/// Asks until there is an answer, for 20 seconds.
///
/// # Panics
/// When none comes, naming what was waited for.
pub fn eventually<T>(what: &str, mut ask: impl FnMut() -> Option<T>) -> T {
    let deadline = Instant::now() + Duration::from_secs(20);
    loop {
        if let Some(answer) = ask() {
            return answer;
        }
        assert!(Instant::now() < deadline, "waited in vain for {what}");
        std::thread::sleep(Duration::from_millis(50));
    }
}

/// Makes each body a test in Chromium, Firefox and WebKit, with a new browser.
#[macro_export]
macro_rules! in_every_engine {
    ($($(#[$meta:meta])* fn $name:ident($browser:ident) $body:block)+) => {$(
        $(#[$meta])*
        mod $name {
            #[allow(unused_imports)]
            use super::*;

            fn body($browser: &$crate::Browser) $body

            #[test]
            fn chromium() {
                body(&$crate::Browser::open($crate::Engine::Chromium, stringify!($name)));
            }

            #[test]
            fn firefox() {
                body(&$crate::Browser::open($crate::Engine::Firefox, stringify!($name)));
            }

            #[test]
            fn webkit() {
                body(&$crate::Browser::open($crate::Engine::WebKit, stringify!($name)));
            }
        }
    )+};
}
