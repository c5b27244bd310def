//! Fixtures as `tests/fidelity/*.html` writes them down: see the README there.

use afterimage_e2e::Engine;

/// A page, and what happens on it.
#[derive(Clone, Debug)]
pub(crate) struct Fixture {
    pub(crate) name: String,
    pub(crate) steps: Vec<String>,
    /// Facts that rrweb's player cannot show, and why.
    pub(crate) limits: Vec<(String, String)>,
    /// What must stand in a line of the recording instead.
    pub(crate) has: Vec<String>,
    words: Vec<String>,
    pub(crate) body: String,
}

impl Fixture {
    fn new(head: &str, body: &str) -> Self {
        let (first, rest) = head.split_once('\n').unwrap_or((head, ""));
        let mut words = first.split_whitespace().map(str::to_owned);
        let name = words.next().expect("a fixture's name");
        let mut fixture = Self {
            name,
            steps: Vec::new(),
            limits: Vec::new(),
            has: Vec::new(),
            words: words.collect(),
            body: body.trim().to_owned(),
        };
        for line in rest.lines().map(str::trim_end).filter(|line| !line.is_empty()) {
            if let (Some(more), Some(step)) = (line.strip_prefix("  "), fixture.steps.last_mut()) {
                step.push_str("\n  ");
                step.push_str(more);
            } else if let Some(limit) = line.strip_prefix("limit ") {
                let (facts, why) = limit.split_once(": ").expect("a limit and why");
                fixture.limits.extend(facts.split(' ').map(|fact| (fact.to_owned(), why.to_owned())));
            } else if let Some(has) = line.strip_prefix("has ") {
                fixture.has.push(has.to_owned());
            } else {
                fixture.steps.push(line.to_owned());
            }
        }
        fixture
    }

    /// Whether it bears a word beside its name.
    pub(crate) fn is(&self, word: &str) -> bool {
        self.words.iter().any(|w| w == word)
    }

    pub(crate) fn applies(&self, engine: Engine) -> bool {
        !self.is(&format!("not-{}", engine.name()))
    }

    /// Whether a fact is one that the player cannot show.
    pub(crate) fn allows(&self, fact: &str) -> bool {
        self.limits.iter().any(|(limit, _)| limit == fact)
    }
}

/// What happens on a page that nobody wrote for this.
const ON_ANY: [&str; 3] = [
    "scrollTo(0, 700)",
    "document.body.prepend(Object.assign(document.createElement('p'), { textContent: 'new' })); document.querySelector('body a')?.remove()",
    "scrollTo(0, 0); [...document.querySelectorAll('p, li, h2, div')].slice(50, 90).forEach((one, i) => i % 2 ? one.append('!') : one.classList.toggle('other'))",
];

/// Every page of a folder, as it is.
pub(crate) fn pages(folder: &std::path::Path) -> Vec<Fixture> {
    let mut files = xtask::sh::files(folder);
    files.retain(|file| file.extension().is_some_and(|e| e == "html"));
    files.sort();
    let page = |file: &std::path::PathBuf| Fixture {
        name: file.file_stem().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default(),
        steps: ON_ANY.map(str::to_owned).to_vec(),
        limits: Vec::new(),
        has: Vec::new(),
        words: vec!["whole".to_owned()],
        body: String::from_utf8_lossy(&std::fs::read(file).expect("a page")).into_owned(),
    };
    files.iter().map(page).collect()
}

/// All fixtures, in the order of their files.
pub(crate) fn all() -> Vec<Fixture> {
    let folder = xtask::sh::root().join("tests/fidelity");
    let files = xtask::sh::files(&folder).into_iter();
    let mut files: Vec<_> = files.filter(|file| file.extension().is_some_and(|e| e == "html")).collect();
    files.sort();
    let read = |file: &std::path::PathBuf| std::fs::read_to_string(file).expect("a file of fixtures");
    let mut fixtures = Vec::new();
    for text in files.iter().map(read) {
        for part in text.split("<!--= ").skip(1) {
            let (head, body) = part.split_once("-->").expect("the end of a fixture's head");
            fixtures.push(Fixture::new(head, body));
        }
    }
    fixtures
}
