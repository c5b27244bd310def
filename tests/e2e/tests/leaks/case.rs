//! Cases as `tests/leaks/*.html` writes them down: see the README there.

use std::path::Path;

use afterimage_e2e::Engine;

use crate::secrets::{Secret, filtered};

/// A page, what a visitor does on it, and what must not leave.
#[derive(Clone, Debug)]
pub(crate) struct Case {
    pub(crate) class: String,
    pub(crate) name: String,
    flags: Vec<String>,
    steps: Vec<String>,
    /// Name and body; the first is where the visitor comes to, its name empty.
    pages: Vec<(String, String)>,
}

impl Case {
    pub(crate) fn new(class: &str, head: &str, body: &str) -> Self {
        let (first, steps) = head.split_once('\n').unwrap_or((head, ""));
        let mut words = first.split_whitespace().map(str::to_owned);
        let name = words.next().expect("a case's name");
        let mut pages: Vec<(String, String)> = Vec::new();
        for (i, part) in body.split("<!--+ ").enumerate() {
            let (page, markup) =
                if i == 0 { ("", part) } else { part.split_once("-->").expect("a page's name") };
            pages.push((page.trim().to_owned(), markup.to_owned()));
        }
        let steps = steps.lines().map(|l| l.trim().to_owned()).filter(|l| !l.is_empty()).collect();
        Self { class: class.to_owned(), name, flags: words.collect(), steps, pages }
    }

    pub(crate) fn is(&self, flag: &str) -> bool {
        self.flags.iter().any(|f| f == flag)
    }

    /// Whether it is for this engine and policy.
    pub(crate) fn applies(&self, engine: Engine, policy: &str) -> bool {
        !self.is(&format!("not-{}", engine.name())) && !self.is(&format!("not-{policy}"))
    }

    /// Everything the case plants.
    pub(crate) fn secrets(&self, seed: u64) -> Vec<Secret> {
        let texts = self.steps.iter().chain(self.pages.iter().map(|(_, body)| body));
        let mut names: Vec<&str> = texts
            .flat_map(|text| text.split("{{").skip(1))
            .filter_map(|rest| rest.split(['}', '|']).next())
            .collect();
        names.sort_unstable();
        names.dedup();
        names.into_iter().filter_map(|name| Secret::derive(seed, &self.name, name)).collect()
    }

    /// Text with its secrets in place; `folder` is the address of the case's pages.
    pub(crate) fn fill(&self, text: &str, secrets: &[Secret], folder: &str) -> String {
        let mut out = String::new();
        let mut pieces = text.split("{{");
        out.push_str(pieces.next().unwrap_or_default());
        for piece in pieces {
            let (hole, after) = piece.split_once("}}").expect("}}");
            let (name, filters) = hole.split_once('|').unwrap_or((hole, ""));
            if let Some(secret) = secrets.iter().find(|secret| secret.name == name) {
                let filters = filters.split('|').filter(|f| !f.is_empty());
                out.push_str(&filters.fold(secret.value.clone(), |value, filter| filtered(&value, filter)));
            } else if let Some(page) = name.strip_prefix("page") {
                out.push_str(folder);
                out.push_str(&page.replace(':', "/"));
            } else {
                panic!("{}: what is {{{{{hole}}}}}?", self.name);
            }
            out.push_str(after);
        }
        out
    }

    pub(crate) fn steps(&self) -> &[String] {
        &self.steps
    }

    pub(crate) fn pages(&self) -> &[(String, String)] {
        &self.pages
    }
}

/// All cases, those written one by one and those made of fields, echoes and moments; `turn` chooses which of the latter.
/// Of `share` cases only one is taken, another each turn.
pub(crate) fn all(turn: usize, share: usize) -> Vec<Case> {
    let folder = xtask::sh::root().join("tests/leaks");
    let mut cases = Vec::new();
    for file in xtask::sh::files(&folder) {
        let class = file.file_stem().unwrap_or_default().to_string_lossy().into_owned();
        if file.extension().is_some_and(|kind| kind == "html") {
            let sections = sections(&file);
            cases.extend(if class == "matrix" {
                matrix(
                    &sections,
                    &std::fs::read_to_string(folder.join("matrix.js")).expect("matrix.js"),
                    turn,
                )
            } else {
                sections.iter().map(|(head, body)| Case::new(&class, head, body)).collect()
            });
        }
    }
    let only = std::env::var("LEAKS_ONLY").unwrap_or_default();
    let mut number = turn;
    cases.retain(|case| {
        number += 1;
        let named = !only.is_empty() && format!("{}/{}", case.class, case.name).contains(&only);
        named || only.is_empty() && (number.is_multiple_of(share) || case.class == "planted")
    });
    cases
}

/// What follows each `<!--= head -->`.
fn sections(file: &Path) -> Vec<(String, String)> {
    let text = std::fs::read_to_string(file).expect("a file of cases");
    let section = |part: &str| {
        let (head, body) = part.split_once("-->").expect("the end of a head");
        (head.trim().to_owned(), body.trim().to_owned())
    };
    text.split("<!--= ").skip(1).map(section).collect()
}

/// When a page repeats what was entered.
const MOMENTS: [(&str, &str); 4] = [("Typing", ""), ("Left", ""), ("Pressed", ""), ("Later", "wait 450")];

/// Every echo with a field at a moment; the next turn takes others.
fn matrix(sections: &[(String, String)], shared: &str, turn: usize) -> Vec<Case> {
    let of = |kind: &str| -> Vec<(&str, &str)> {
        let mine =
            sections.iter().filter_map(|(head, body)| Some((head.strip_prefix(kind)?.trim(), body.as_str())));
        mine.collect()
    };
    let (fields, echoes) = (of("field "), of("echo "));
    let meet = |(i, (echo, echo_body)): (usize, &(&str, &str))| {
        let (field, field_body) = fields[(i + turn * 7) % fields.len()];
        let (moment, wait) = MOMENTS[(i + i / MOMENTS.len() + turn) % MOMENTS.len()];
        let (field, steps) = field.split_once('\n').unwrap_or((field, ""));
        let head = format!("{echo}-of-{field}-{}\n{steps}\nclick #go\n{wait}", moment.to_lowercase());
        let body = format!("{field_body}\n{echo_body}\n<script>\n{shared}when{moment}()</script>");
        Case::new(&format!("echo-{}", echo.split('-').next().unwrap_or_default()), &head, &body)
    };
    echoes.iter().enumerate().map(meet).collect()
}
