//! Pages that change at random while they are recorded: the model made of the recording is the page after every flush.
//!
//! A short run of fixed seeds; `cargo xtask mutate --engine E --seeds N --rounds N --from SEED` is a long one. `MUTATE_DIST` is
//! where the recorder is, if it is to stay as it was while another is built.

use afterimage_e2e::{Browser, Pages, Sink, Site, in_every_engine};
use afterimage_replay::model::{Kind, Model, Node, State};
use afterimage_wire::Batch;
use afterimage_wire::tree::Namespace;
use serde_json::{Value, json};

const PAGE: &str = "<!doctype html><html><head><meta charset=utf-8><title>Mutated</title>
<script src=/mutator.js></script><script src=/afterimage.js></script><script>
window.heard = [];
for (const kind of ['error', 'unhandledrejection']) addEventListener(kind, (event) => heard.push(`${kind}: ${event.message ?? event.reason}`));
</script></head><body><div><p>First</p></div><iframe srcdoc='<!doctype html><p>Inner</p>'></iframe><section>Last</section></body></html>";

/// Steps of a round.
const STEPS: u32 = 40;

/// A number that a long run gives.
fn given(name: &str, usual: u32) -> u32 {
    std::env::var(name).ok().and_then(|said| said.parse().ok()).unwrap_or(usual)
}

/// A recording as it arrives.
struct Replica {
    path: String,
    model: Model,
    next: u32,
}

impl Replica {
    /// Applies what has arrived since.
    fn read(&mut self, sink: &Sink) -> Result<(), String> {
        let bodies = sink.bodies(&self.path);
        let batches = bodies.iter().filter_map(|body| Batch::decode(body, usize::MAX).ok());
        let mut new: Vec<Batch> = batches.filter(|batch| batch.header.sequence >= self.next).collect();
        new.sort_by_key(|batch| batch.header.sequence);
        new.dedup_by_key(|batch| batch.header.sequence);
        for batch in new {
            self.next = batch.header.sequence + 1;
            for timed in &batch.records {
                self.model.apply_strictly(&timed.record)?;
            }
        }
        if self.model.state() == State::Complete { Ok(()) } else { Err("there is no whole snapshot".into()) }
    }

    /// A line a node, as `live()` in `mutator.js` has it.
    fn lines(&self) -> Vec<String> {
        let mut lines = Vec::new();
        let mut depths = std::collections::HashMap::from([(0, -1)]);
        for id in self.model.subtree(self.model.document()) {
            let node = self.model.node(id).expect("a node");
            // What stands in a field is its value.
            let Some(depth) = depths.get(&node.parent).map(|depth| depth + 1) else { continue };
            if node.name() != "textarea" {
                depths.insert(id, depth);
            }
            lines.push(format!("{depth} {}", self.line(node)));
        }
        lines
    }

    fn line(&self, node: &Node) -> String {
        match &node.kind {
            Kind::Document => "#document".into(),
            Kind::Doctype { name, .. } => format!("#doctype {name}"),
            Kind::ShadowRoot { closed } => format!("#shadow {}", if *closed { "closed" } else { "open" }),
            Kind::Text { text, .. } => json!(**text).to_string(),
            Kind::Element { namespace, name, attributes } => {
                let space = ["", "svg:", "math:"][match namespace {
                    Namespace::Html => 0,
                    Namespace::Svg => 1,
                    Namespace::MathMl => 2,
                }];
                let own = attributes.iter().filter(|(name, _)| {
                    !matches!(&**name, "value" | "checked" | "selected") && !name.starts_with("on")
                });
                let mut attributes: Vec<String> =
                    own.map(|(name, value)| format!(" {name}={}", &**value)).collect();
                attributes.sort();
                format!("{space}{name}{}{}", attributes.concat(), self.state(node))
            }
        }
    }

    fn is_listed(&self, option: &Node) -> bool {
        self.model.node(option.parent).is_some_and(|parent| parent.name() == "select")
    }

    fn state(&self, node: &Node) -> String {
        let checkable = matches!(node.attribute("type"), Some("checkbox" | "radio"));
        match node.name() {
            "input" if checkable && self.model.is_checked(node) => " (on)".into(),
            "option" if self.is_listed(node) && self.model.is_checked(node) => " (on)".into(),
            "input" if !checkable => {
                let value = node.value.as_deref().or(node.attribute("value"));
                format!(" ({})", value.unwrap_or_default())
            }
            "textarea" => format!(" ({})", node.value.as_deref().unwrap_or_default()),
            _ => String::new(),
        }
    }
}

/// Where two lists of lines part, with what is around.
fn parting(live: &[String], replayed: &[String]) -> Option<String> {
    let longest = live.len().max(replayed.len());
    let at = (0..longest).find(|at| live.get(*at) != replayed.get(*at))?;
    let near = |lines: &[String]| {
        let from = at.saturating_sub(4);
        lines.iter().skip(from).take(9).map(|line| format!("    {line}\n")).collect::<String>()
    };
    Some(format!("line {at}: the page is\n{}  but replayed\n{}", near(live), near(replayed)))
}

fn weather(browser: &Browser, site: &Site, sink: &Sink, seed: u32, rounds: u32) {
    let path = format!("/{seed}");
    browser.go(&site.url("/"));
    // Before the recording begins, and while its first walk is under way, the page changes, too.
    let begin = "const [seed, collector] = arguments;
        window.storm = mutator(seed);
        await storm.round(seed % 3 * 60);
        window.ours = await afterimage.start({ collector, policy: 'open', unmask: 'html, html *', budget: 100 });
        return ours.state";
    assert_eq!(browser.ask_async(begin, json!([seed, sink.url(&path)])), "recording");
    let mut replica = Replica { path, model: Model::default(), next: 0 };
    for round in 0..rounds {
        let go = "const done = await storm.round(arguments[0]);
            await ours.flush();
            return [live(), done, heard]";
        let seen = browser.ask_async(go, json!([STEPS]));
        let live: Vec<String> =
            seen[0].as_array().expect("lines").iter().filter_map(Value::as_str).map(str::to_owned).collect();
        let told = |what: &str| format!("seed {seed}, round {round}, after {}: {what}", seen[1]);
        assert_eq!(seen[2], json!([]), "{}", told("the page heard of it"));
        replica.read(sink).unwrap_or_else(|wrong| panic!("{}", told(&wrong)));
        if let Some(parting) = parting(&live, &replica.lines()) {
            // A field that is taken for a secret's withholds what it holds everywhere.
            let fields = browser
                .ask("return storm.fields().map((one) => `${one.outerHTML}: ${ours.why(one)}`)", json!([]));
            // A frame that has not loaded is told from one that has by the addresses of what it stands in.
            let frames = browser.ask("return storm.frames()", json!([]));
            panic!("{}{fields:#}{frames:#}", told(&parting));
        }
    }
    drop(browser.ask_async("await ours.stop(); return 0", json!([])));
}

in_every_engine! {
    fn a_replay_is_the_page_however_it_changes(browser) {
        let sink = Sink::start();
        let texts = [("/", PAGE), ("/mutator.js", include_str!("mutator.js"))];
        let texts = texts.map(|(path, text)| (path.to_owned(), text.to_owned())).into();
        let dist = std::env::var_os("MUTATE_DIST").map_or_else(xtask::sh::dist, Into::into);
        let folders = vec![("/".to_owned(), dist)];
        let site = Site::start(0, Pages { texts, folders, ..Pages::default() }).expect("a port");
        let from = given("MUTATE_FROM", 1);
        for seed in from..from + given("MUTATE_SEEDS", 1) {
            weather(browser, &site, &sink, seed, given("MUTATE_ROUNDS", 10));
        }
    }
}
