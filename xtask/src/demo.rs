//! `cargo xtask demo`: a shop that is recorded, and the collector that shows the recordings.

use std::io::Read;
use std::net::{TcpListener, TcpStream};
use std::process::{Child, Command};
use std::thread;
use std::time::Duration;

use crate::sh::{collector, dist, root};
use crate::site::{Pages, Site};
use crate::{Result, build};

const PORT: u16 = 8080;

/// Builds, serves until Ctrl-C. `--port N` moves the shop to N and the collector to N + 1 (0: free ones); `--until-eof`
/// also ends when standard input does, for tests.
///
/// # Errors
/// When something is missing, does not build, or a port is taken.
pub fn demo(args: &[String]) -> Result {
    let options = Options::parse(args)?;
    build::build(&[])?;
    let collector_port = if options.port == 0 { free_port()? } else { options.port + 1 };
    let data = root().join("out/demo");
    let mut serve = Command::new(collector());
    serve.arg("serve").arg("--listen").arg(format!("127.0.0.1:{collector_port}")).arg("--data").arg(&data);
    // What visitors are told, on the policy page.
    serve.args(["--keep-days", "30", "--operator", "Pellwick (a demonstration)"]);
    let mut collector = Running(serve.spawn().map_err(|error| format!("the collector: {error}"))?);
    collector.wait_for(collector_port)?;
    let site = Site::start(options.port, shop(&format!("http://127.0.0.1:{collector_port}/collect")))?;
    announce(&site, collector_port);
    if options.until_eof {
        // What is typed is ignored; the end is what counts.
        return std::io::stdin().read_to_end(&mut Vec::new()).map(drop).map_err(|error| error.to_string());
    }
    let ended = collector.0.wait().map_err(|error| error.to_string())?;
    if ended.success() { Ok(()) } else { Err(format!("the collector ended ({ended})")) }
}

/// The demonstration site as its owner would set it up: our files in a folder of the site, one script tag in every page.
#[must_use]
pub fn shop(collector: &str) -> Pages {
    Pages {
        folders: vec![
            ("/afterimage/".to_owned(), dist()),
            ("/".to_owned(), root().join("www/demo")),
            ("/".to_owned(), dist()), // for the visitors' pages
        ],
        replace: [
            ("{{collector}}", collector),
            ("content=\"/collect\"", &format!("content=\"{collector}\"")),
        ]
        .map(|(from, to)| (from.to_owned(), to.to_owned()))
        .to_vec(),
        ..Pages::default()
    }
}

struct Options {
    port: u16,
    until_eof: bool,
}

impl Options {
    fn parse(args: &[String]) -> Result<Self> {
        let mut options = Self { port: PORT, until_eof: false };
        let mut args = args.iter();
        while let Some(arg) = args.next() {
            match arg.as_str() {
                "--until-eof" => options.until_eof = true,
                "--port" => {
                    let port = args.next().and_then(|port| port.parse().ok()).filter(|port| *port < u16::MAX);
                    options.port = port.ok_or("--port wants a number from 0 to 65534")?;
                }
                other => {
                    return Err(format!("unknown argument {other:?}; there are --port N and --until-eof"));
                }
            }
        }
        Ok(options)
    }
}

/// A child that does not outlive us.
struct Running(Child);

impl Running {
    fn wait_for(&mut self, port: u16) -> Result {
        for _ in 0..100 {
            if let Ok(Some(status)) = self.0.try_wait() {
                return Err(format!(
                    "the collector ended at once ({status}); is port {port} taken? --port N takes others"
                ));
            }
            // While nobody listens yet, a connection may by chance be to itself.
            let connected = TcpStream::connect(("127.0.0.1", port));
            if connected.is_ok_and(|stream| stream.local_addr().ok() != stream.peer_addr().ok()) {
                return Ok(());
            }
            thread::sleep(Duration::from_millis(100));
        }
        Err(format!("the collector does not answer on port {port}"))
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        // It may have ended by itself, after the same Ctrl-C.
        drop(self.0.kill());
        drop(self.0.wait());
    }
}

fn free_port() -> Result<u16> {
    let bound = TcpListener::bind("127.0.0.1:0").and_then(|listener| listener.local_addr());
    bound.map(|address| address.port()).map_err(|error| error.to_string())
}

fn announce(site: &Site, collector_port: u16) {
    let collector = format!("http://127.0.0.1:{collector_port}/");
    println!(
        "
  shop                     {shop}
  sessions                 {collector}
  disable page             {disable}
  what is recorded here    {policy}
  what was recorded of me  {recorded}

  1. Use the shop: filter the products, fill the cart, log in with any password and show it, check out with any card.
  2. Open the sessions and press the newest one: its replay shows what you did, with what you typed masked.
  3. As a visitor, read what is recorded here, and see what was recorded of you, in your own browser.
  4. Open the disable page and switch recording off: no further session appears, in any tab.

  Ctrl-C stops everything.
",
        shop = site.url("/"),
        disable = site.url("/disable.html"),
        policy = site.url("/policy.html"),
        recorded = site.url("/recorded.html"),
    );
}

#[cfg(test)]
mod tests {
    use super::Options;

    #[test]
    fn arguments() {
        let parse =
            |args: &[&str]| Options::parse(&args.iter().map(|arg| (*arg).to_owned()).collect::<Vec<_>>());
        assert_eq!(parse(&["--port", "9000"]).unwrap().port, 9000);
        assert!(parse(&["--port", "x"]).is_err_and(|error| error.contains("--port wants a number")));
        assert!(parse(&["--prot"]).is_err_and(|error| error.contains("--prot")));
    }
}
