//! A proxy between browsers and the collector that keeps every request as it travelled, and can break answers.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::{Duration, Instant};

use crate::browser::decode_base64;

/// One request that came by, and how it was answered.
#[derive(Clone, Debug)]
pub struct Exchange {
    /// `POST`, `GET` …
    pub method: String,
    /// With the query.
    pub path: String,
    /// The request's header lines.
    pub headers: Vec<String>,
    /// The request's body.
    pub body: Vec<u8>,
    /// The status sent back, 0 when none was.
    pub status: u16,
    /// When the request had arrived whole.
    pub arrived: Instant,
    /// Whether the collector got it as it was sent.
    pub passed: bool,
}

impl Exchange {
    /// Whether it is to bring the collector something: a `POST` that is no question, or an image with a batch in its address.
    #[must_use]
    pub fn is_posted(&self) -> bool {
        self.method == "POST" && !self.path.ends_with("/known") || self.path.contains("/pixel?")
    }

    /// The value of a request header, named in lower case.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        let lines = self.headers.iter().filter_map(|line| line.split_once(':'));
        lines.into_iter().find(|(key, _)| key.eq_ignore_ascii_case(name)).map(|(_, value)| value.trim())
    }
}

/// What becomes of `POST`s while set.
#[derive(Clone, Copy, Debug)]
pub enum Fault {
    /// Answered with this status, and the collector never hears of it.
    Refuse(u16),
    /// Answered with 503, and to come again after so many seconds.
    Later(u32),
    /// The collector gets it, and the browser no answer.
    LoseAnswer,
    /// The connection ends before anything is answered or passed on.
    HangUp,
    /// Passed on after so many milliseconds: others may overtake it.
    Delay(u64),
    /// The collector gets it twice at the same time.
    Twice,
    /// The collector gets the first half of the body, and the browser no answer.
    CutBody,
    /// The collector gets it, and the browser the first bytes of the answer.
    CutAnswer,
    /// A bit of the body is another when the collector gets it.
    Corrupt,
}

/// Decides what becomes of a `POST`.
type Plan = Box<dyn FnMut(&Exchange) -> Option<Fault> + Send>;

/// The proxy; it forwards for as long as the test runs.
#[derive(Debug)]
pub struct Tap {
    /// Where it listens on loopback.
    pub port: u16,
    shared: Arc<Shared>,
}

struct Shared {
    upstream: u16,
    exchanges: Mutex<Vec<Exchange>>,
    fault: Mutex<Option<Fault>>,
    header: Mutex<String>,
    slow: Mutex<Option<(String, Duration)>>,
    plan: Mutex<Option<Plan>>,
}

impl std::fmt::Debug for Shared {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Shared").field("upstream", &self.upstream).finish_non_exhaustive()
    }
}

impl Tap {
    /// Listens on a free port and forwards to another.
    #[must_use]
    pub fn before(upstream: u16) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
        let port = listener.local_addr().expect("its address").port();
        let shared = Arc::new(Shared {
            upstream,
            exchanges: Mutex::default(),
            fault: Mutex::default(),
            header: Mutex::default(),
            slow: Mutex::default(),
            plan: Mutex::default(),
        });
        let tap = Self { port, shared: shared.clone() };
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let shared = shared.clone();
                // Either side may hang up at any time.
                thread::spawn(move || shared.pass(&stream).ok());
            }
        });
        tap
    }

    /// What came by so far, in order of completion.
    #[must_use]
    pub fn exchanges(&self) -> Vec<Exchange> {
        self.shared.exchanges.lock().expect("the exchanges").clone()
    }

    /// The `POST`s among them that carried a body, and the images that carried one in their address.
    #[must_use]
    pub fn posts(&self) -> Vec<Exchange> {
        self.exchanges()
            .into_iter()
            .filter(|exchange| exchange.is_posted() && !exchange.body.is_empty())
            .collect()
    }

    /// Puts a header line into every answer from now on.
    pub fn add_header(&self, line: &str) {
        *self.shared.header.lock().expect("the header") = format!("{line}\r\n");
    }

    /// Lets every answer to a path wait from now on.
    pub fn slow_down(&self, path: &str, wait: Duration) {
        *self.shared.slow.lock().expect("what is slow") = Some((path.to_owned(), wait));
    }

    /// Breaks `POST`s from now on, or no longer.
    pub fn set_fault(&self, fault: Option<Fault>) {
        *self.shared.fault.lock().expect("the fault") = fault;
    }

    /// Asks what becomes of each batch from now on, and of each question after blocks.
    pub fn set_plan(&self, plan: impl FnMut(&Exchange) -> Option<Fault> + Send + 'static) {
        *self.shared.plan.lock().expect("the plan") = Some(Box::new(plan));
    }
}

impl Shared {
    fn pass(&self, browser: &TcpStream) -> std::io::Result<()> {
        let (mut exchange, head) = read_request(browser)?;
        let slow = self.slow.lock().expect("what is slow").clone();
        if let Some((_, wait)) = slow.filter(|(path, _)| *path == exchange.path) {
            thread::sleep(wait);
        }
        match self.fault_of(&exchange) {
            Some(refused @ (Fault::Refuse(_) | Fault::Later(_))) => {
                let seconds = if let Fault::Later(seconds) = refused { seconds } else { 1 };
                let status = if let Fault::Refuse(status) = refused { status } else { 503 };
                exchange.status = status;
                let cors = "access-control-allow-origin: *\r\naccess-control-expose-headers: retry-after";
                let end = "content-length: 0\r\nconnection: close";
                write!(
                    &mut &*browser,
                    "HTTP/1.1 {status} Broken\r\n{cors}\r\nretry-after: {seconds}\r\n{end}\r\n\r\n"
                )?;
            }
            Some(Fault::HangUp) => {}
            Some(Fault::LoseAnswer) => {
                exchange.passed = self.forward(&head, &exchange.body).is_ok();
            }
            Some(Fault::CutBody) => {
                let half = exchange.body.get(..exchange.body.len() / 2).unwrap_or_default();
                let mut collector = TcpStream::connect(("127.0.0.1", self.upstream))?;
                collector.write_all(&[head.as_bytes(), half].concat())?;
            }
            Some(Fault::CutAnswer) => {
                let answer = self.forward(&head, &exchange.body)?;
                exchange.passed = true;
                (&mut &*browser).write_all(answer.get(..20).unwrap_or_default())?;
            }
            fault => {
                if let Some(Fault::Delay(ms)) = fault {
                    thread::sleep(Duration::from_millis(ms));
                }
                let mut body = exchange.body.clone();
                if let (Some(Fault::Corrupt), Some(byte)) = (fault, body.last_mut()) {
                    *byte ^= 4;
                }
                let answer = thread::scope(|scope| {
                    let again = matches!(fault, Some(Fault::Twice));
                    let again = again.then(|| scope.spawn(|| self.forward(&head, &body)));
                    let answer = self.forward(&head, &body);
                    drop(again.map(thread::ScopedJoinHandle::join));
                    answer
                })?;
                exchange.status = status(&answer);
                // A bit that nothing depends on may be another.
                exchange.passed = true;
                // Known before the browser hears of it, so that a test that waits for the page sees it.
                self.exchanges.lock().expect("the exchanges").push(exchange);
                return (&mut &*browser).write_all(&answer);
            }
        }
        self.exchanges.lock().expect("the exchanges").push(exchange);
        browser.shutdown(Shutdown::Both)
    }

    fn fault_of(&self, exchange: &Exchange) -> Option<Fault> {
        if !exchange.is_posted() && exchange.method != "POST" {
            return None;
        }
        let set = self.fault.lock().expect("the fault").filter(|_| exchange.is_posted());
        let fault =
            set.or_else(|| self.plan.lock().expect("the plan").as_mut().and_then(|plan| plan(exchange)));
        match fault {
            // There is no body to break.
            Some(Fault::CutBody | Fault::Corrupt) if exchange.method != "POST" => Some(Fault::HangUp),
            fault => fault,
        }
    }

    fn forward(&self, head: &str, body: &[u8]) -> std::io::Result<Vec<u8>> {
        let mut collector = TcpStream::connect(("127.0.0.1", self.upstream))?;
        collector.write_all(head.as_bytes())?;
        if head.starts_with("POST") {
            collector.write_all(body)?;
        }
        let mut answer = Vec::new();
        collector.read_to_end(&mut answer)?;
        let first_line = answer.windows(2).position(|pair| pair == b"\r\n").map_or(0, |at| at + 2);
        let header = self.header.lock().expect("the header").clone();
        answer.splice(first_line..first_line, header.into_bytes());
        Ok(answer)
    }
}

/// Reads one request; also returns its head for one connection an exchange.
pub(crate) fn read_request(stream: &TcpStream) -> std::io::Result<(Exchange, String)> {
    let mut lines = Vec::new();
    let mut reader = BufReader::new(stream);
    loop {
        let mut line = String::new();
        reader.read_line(&mut line)?;
        match line.trim_end() {
            "" => break,
            line => lines.push(line.to_owned()),
        }
    }
    if lines.is_empty() {
        return Err(std::io::ErrorKind::UnexpectedEof.into());
    }
    let request = lines.remove(0);
    let mut words = request.split(' ').map(str::to_owned);
    let (method, path) = (words.next().unwrap_or_default(), words.next().unwrap_or_default());
    let mut exchange = Exchange {
        method,
        path,
        headers: lines,
        body: Vec::new(),
        status: 0,
        arrived: Instant::now(),
        passed: false,
    };
    if let Some((_, batch)) = exchange.path.split_once("/pixel?") {
        exchange.body = decode_base64(&batch.replace('-', "+").replace('_', "/"));
        exchange.arrived = Instant::now();
        let head = head(&request, &exchange);
        return Ok((exchange, head));
    }
    let length = exchange.header("content-length").and_then(|length| length.parse().ok()).unwrap_or(0);
    exchange.body.resize(length, 0);
    reader.read_exact(&mut exchange.body)?;
    exchange.arrived = Instant::now();
    let head = head(&request, &exchange);
    Ok((exchange, head))
}

/// A request's head, for one connection an exchange.
fn head(request: &str, exchange: &Exchange) -> String {
    let kept = exchange.headers.iter().filter(|line| !line.to_ascii_lowercase().starts_with("connection:"));
    let lines: Vec<&str> = std::iter::once(request).chain(kept.map(String::as_str)).collect();
    format!("{}\r\nconnection: close\r\n\r\n", lines.join("\r\n"))
}

fn status(answer: &[u8]) -> u16 {
    let start = String::from_utf8_lossy(answer.get(..16).unwrap_or_default()).into_owned();
    start.split(' ').nth(1).and_then(|status| status.parse().ok()).unwrap_or(0)
}
