//! Posts made-up sessions to a collector, to see the pages with something in them:
//! `cargo run -p afterimage-collector --example seed -- 127.0.0.1:7171`

use std::error::Error;
use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::{SystemTime, UNIX_EPOCH};

use afterimage_wire::batch::{PolicyReport, sha256};
use afterimage_wire::record::{
    Custom, Environment, Fault, FormState, Moves, Navigation, PageView, Pointer, Record, Sample, Scrolls,
    Snapshot, SnapshotEnd, Tree,
};
use afterimage_wire::tree::{Entry, Namespace, Node, Place};
use afterimage_wire::{BatchWriter, Header};

const CSS: &str = "body{font:16px/1.5 system-ui,sans-serif;margin:0;background:#faf7f2;color:#2b2622}\
    header{background:#2f5d50;color:#fff;padding:18px 40px;font-size:22px}main{padding:32px 40px}\
    .grid{display:grid;grid-template-columns:repeat(3,1fr);gap:20px}.p{background:#fff;border-radius:10px;\
    padding:20px;min-height:120px}button{background:#c4613a;color:#fff;border:0;border-radius:6px;padding:8px 16px}";

/// A tree under construction: ids count up from 1.
#[derive(Default)]
struct Page {
    entries: Vec<Entry>,
}

impl Page {
    fn add(&mut self, place: Place, node: Node) -> &mut Self {
        self.entries.push(Entry { place, node });
        self
    }

    fn element(&mut self, place: Place, name: &str, attributes: &[(&str, &str)]) -> &mut Self {
        let attributes = attributes.iter().map(|(n, v)| ((*n).into(), (*v).into())).collect();
        self.add(place, Node::Element { namespace: Namespace::Html, name: name.into(), attributes })
    }

    fn text(&mut self, text: &str) -> &mut Self {
        self.add(Place::Child, Node::Text(text.into()))
    }

    fn shop(title: &str) -> Tree {
        let mut page = Self::default();
        page.add(Place::At { parent: 0, previous: 0 }, Node::Document);
        page.element(Place::Child, "html", &[("lang", "en")]);
        page.element(Place::Child, "head", &[]);
        page.element(Place::Child, "style", &[]).add(Place::Child, Node::Css(CSS.into()));
        page.element(Place::After(2), "body", &[]);
        page.element(Place::Child, "header", &[]).text("Willow & Sons");
        page.element(Place::After(1), "main", &[]);
        page.element(Place::Child, "h1", &[]).text(title);
        page.element(Place::After(1), "input", &[("type", "search"), ("placeholder", "Search")]);
        page.element(Place::After(0), "div", &[("class", "grid")]);
        for n in 0..6 {
            let place = if n == 0 { Place::Child } else { Place::After(2) };
            page.element(place, "div", &[("class", "p")]);
            page.element(Place::Child, "h3", &[]).text(&format!("Oak chair no. {n}"));
            page.element(Place::After(1), "button", &[]).text("Add to cart");
        }
        Tree { first: 1, entries: page.entries }
    }
}

struct Visit {
    session: [u8; 16],
    site: &'static str,
    start_ms: u64,
    browser: &'static str,
    os: &'static str,
}

impl Visit {
    fn header(&self, view: u8, sequence: u32, after_ms: u64) -> Header {
        Header {
            session: self.session,
            page_view: [view; 8],
            sequence,
            epoch: 1,
            flags: u32::from(sequence == 0),
            origin_ms: self.start_ms + after_ms,
            sealed_ms: self.start_ms + after_ms + 5000,
            site: self.site.into(),
            ..Header::default()
        }
    }

    /// The first batch of a page view: the page, and the pointer on its way.
    fn arrival(&self, view: u8, after_ms: u64, path: &str, title: &str) -> Vec<u8> {
        let url = &*format!("https://willow.example{path}");
        let mut w = BatchWriter::default();
        let (width, height) = (1280, 800);
        PageView { url, referrer: "", title, index: u32::from(view), width, height, visits: 1 }
            .encode(&mut w, 0);
        Environment {
            browser: self.browser,
            os: self.os,
            languages: "en-GB,en",
            time_zone: "Europe/London",
            screen_width: 1920,
            screen_height: 1080,
            pixel_ratio: 100,
            flags: 0,
            recorder: "0.1.0",
        }
        .encode(&mut w, 1);
        Snapshot { epoch: 1, flags: 0, width, height, url }.encode(&mut w, 10);
        let tree = Page::shop(title);
        let nodes = u32::try_from(tree.entries.len()).unwrap_or(0);
        Record::Tree(tree).encode(&mut w, 10);
        SnapshotEnd { nodes }.encode(&mut w, 14);
        let glide = |n: i32| Sample { after_ms: 40, node: 6, x: 200 + n * 14, y: 500 - n * 8 };
        Moves { device: 0, id: 0, samples: (0..40).map(glide).collect() }.encode(&mut w, 300);
        click(760, 190).encode(&mut w, 2100);
        w.finish_body(self.header(view, 0, after_ms), &report())
    }

    /// What follows on the same page view.
    fn stay(&self, view: u8, sequence: u32, after_ms: u64, fails: bool) -> Vec<u8> {
        let mut w = BatchWriter::default();
        FormState { node: 13, flags: 9, value: "•••••" }.encode(&mut w, 3000);
        Custom { name: "add-to-cart", payload: "{\"items\":1}" }.encode(&mut w, 3500);
        click(420, 330).encode(&mut w, 3520);
        Navigation { how: 0, url: "https://willow.example/chairs?sort=price" }.encode(&mut w, 4000);
        if fails {
            let message = "TypeError: basket.total is not a function";
            Fault { source: 0, message, url: "https://willow.example/shop.js", line: 12, column: 7 }
                .encode(&mut w, 4200);
        }
        let scroll = |n: i32| Sample { after_ms: 50, node: 1, x: 0, y: n * 20 };
        Scrolls { samples: (0..10).map(scroll).collect() }.encode(&mut w, 4400);
        click(800, 410).encode(&mut w, 6000);
        w.finish_body(self.header(view, sequence, after_ms), &report())
    }
}

fn click(x: i32, y: i32) -> Pointer {
    Pointer { action: 3, device: 0, button: 0, node: 6, x, y, id: 0 }
}

fn report() -> PolicyReport {
    PolicyReport { policy: sha256(b"{}"), withheld: vec![(1, 2), (2, 1), (4, 31), (5, 3), (12, 1)] }
}

fn post(address: &str, body: &[u8]) -> Result<(), Box<dyn Error>> {
    let mut stream = TcpStream::connect(address)?;
    let head = format!(
        "POST /collect HTTP/1.1\r\nhost: x\r\nconnection: close\r\ncontent-length: {}\r\n\r\n",
        body.len()
    );
    stream.write_all(&[head.as_bytes(), body].concat())?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer)?;
    println!("{}", answer.lines().next().unwrap_or("no answer"));
    Ok(())
}

fn main() -> Result<(), Box<dyn Error>> {
    let address = std::env::args().nth(1).unwrap_or_else(|| "127.0.0.1:7171".into());
    let now = u64::try_from(SystemTime::now().duration_since(UNIX_EPOCH)?.as_millis())?;
    let browsers = [("Firefox 144", "Windows 11"), ("Chrome 142", "Android 16"), ("Safari 26", "macOS 26")];
    for (n, (browser, os)) in browsers.into_iter().enumerate() {
        let ago = [90_000_000, 3_400_000, 20_000].get(n).copied().unwrap_or(0);
        let seed = [&now.to_le_bytes()[..], browser.as_bytes()].concat();
        let visit = Visit { session: sha256(&seed), site: "willow-shop", start_ms: now - ago, browser, os };
        post(&address, &visit.arrival(1, 0, "/", "Oak furniture"))?;
        post(&address, &visit.stay(1, 1, 0, n == 1))?;
        if n > 0 {
            post(&address, &visit.arrival(2, 9000, "/chairs/windsor", "The Windsor chair"))?;
            post(&address, &visit.stay(2, if n == 1 { 2 } else { 1 }, 9000, n == 1))?;
        }
    }
    Ok(())
}
