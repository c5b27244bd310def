//! How much of a page a replay shows: facts that are the same, of all there are.

use serde_json::Value;

use crate::fixture::Fixture;

/// Facts that were compared.
#[derive(Clone, Debug, Default)]
pub(crate) struct Score {
    pub(crate) same: usize,
    pub(crate) all: usize,
    pub(crate) differences: Vec<String>,
}

impl Score {
    pub(crate) fn add(&mut self, other: Self) {
        self.same += other.same;
        self.all += other.all;
        self.differences.extend(other.differences);
    }

    pub(crate) fn percent(&self) -> f64 {
        if self.all == 0 { 0.0 } else { 100.0 * self.same as f64 / self.all as f64 }
    }

    pub(crate) fn is_whole(&self) -> bool {
        self.same == self.all && self.all > 0
    }

    /// Compares two trees of `dump.js`.
    pub(crate) fn of(fixture: &Fixture, live: &Value, replayed: &Value) -> Self {
        let mut score = Self::default();
        score.node(fixture, "", live, replayed);
        score
    }

    fn fact(&mut self, same: bool, difference: impl FnOnce() -> String) {
        self.all += 1;
        self.same += usize::from(same);
        if !same {
            self.differences.push(difference());
        }
    }

    fn node(&mut self, fixture: &Fixture, path: &str, live: &Value, replayed: &Value) {
        let id = live[1]["@id"].as_str().map_or_else(String::new, |id| format!("#{id}"));
        let path = format!("{path} {}{id}", live[0].as_str().unwrap_or("?"));
        if live[0] != replayed[0] {
            self.missing(&path, live);
            return;
        }
        self.fact(true, String::new);
        let none = serde_json::Map::new();
        let (kept, given) = (live[1].as_object().unwrap_or(&none), replayed[1].as_object().unwrap_or(&none));
        for (name, value) in kept.iter().filter(|(name, _)| !fixture.allows(name)) {
            let shown = given.get(name);
            self.fact(shown == Some(value), || format!("{path}: {}", differ(name, value, shown)));
        }
        for (name, value) in
            given.iter().filter(|(name, _)| !kept.contains_key(*name) && !fixture.allows(name))
        {
            self.fact(false, || format!("{path}: has {name} {} of its own", short(value)));
        }
        self.children(fixture, &path, children(live), children(replayed));
    }

    /// Counts a node that is not there, with all below it.
    fn missing(&mut self, path: &str, live: &Value) {
        let count = size(live);
        self.all += count;
        self.differences.push(format!("{path}: missing {}", short(live)));
    }

    fn children(&mut self, fixture: &Fixture, path: &str, live: &[Value], replayed: &[Value]) {
        let same = |a: &Value, b: &Value| a == b;
        let start = live.iter().zip(replayed).take_while(|(a, b)| same(a, b)).count();
        let ends = live[start..].iter().rev().zip(replayed[start..].iter().rev());
        let end = ends.take_while(|(a, b)| same(a, b)).count();
        let (middle, shown) = (start..live.len() - end, start..replayed.len() - end);
        for (a, b) in live[..start].iter().zip(&replayed[..start]) {
            self.node(fixture, path, a, b);
        }
        for step in align(&live[middle], &replayed[shown]) {
            match step {
                (Some(a), Some(b)) => self.node(fixture, path, a, b),
                (Some(a), None) => self.missing(path, a),
                (None, Some(b)) => self.fact(false, || format!("{path}: added {}", short(b))),
                (None, None) => {}
            }
        }
        for (a, b) in live[live.len() - end..].iter().zip(&replayed[replayed.len() - end..]) {
            self.node(fixture, path, a, b);
        }
    }
}

/// Longest lists that are aligned as well as can be.
const MOST: usize = 1500;

/// Pairs two lists of nodes by what they are, in order, leaving out as few as possible.
fn align<'v>(a: &'v [Value], b: &'v [Value]) -> Vec<(Option<&'v Value>, Option<&'v Value>)> {
    if a.len() == b.len() && a.iter().zip(b).all(|(a, b)| a[0] == b[0]) || a.len().max(b.len()) > MOST {
        let longest = a.len().max(b.len());
        return (0..longest).map(|i| (a.get(i), b.get(i))).collect();
    }
    // Longest common subsequence of what the nodes are; same facts count twice.
    let width = b.len() + 1;
    let mut best = vec![0_u32; (a.len() + 1) * width];
    let worth = |i: usize, j: usize| if a[i][0] != b[j][0] { 0 } else { 2 + u32::from(a[i][1] == b[j][1]) };
    for i in (0..a.len()).rev() {
        for j in (0..b.len()).rev() {
            let (skip, other) = (best[(i + 1) * width + j], best[i * width + j + 1]);
            let pair = worth(i, j);
            let pair = if pair == 0 { 0 } else { pair + best[(i + 1) * width + j + 1] };
            best[i * width + j] = skip.max(other).max(pair);
        }
    }
    let (mut i, mut j, mut out) = (0, 0, Vec::new());
    while i < a.len() || j < b.len() {
        let here = best[i * width + j];
        if i < a.len()
            && j < b.len()
            && worth(i, j) > 0
            && here == worth(i, j) + best[(i + 1) * width + j + 1]
        {
            out.push((Some(&a[i]), Some(&b[j])));
            (i, j) = (i + 1, j + 1);
        } else if i < a.len() && (j == b.len() || here == best[(i + 1) * width + j]) {
            out.push((Some(&a[i]), None));
            i += 1;
        } else {
            out.push((None, Some(&b[j])));
            j += 1;
        }
    }
    out
}

fn children(node: &Value) -> &[Value] {
    node[2].as_array().map_or(&[], Vec::as_slice)
}

fn size(node: &Value) -> usize {
    1 + node[1].as_object().map_or(0, serde_json::Map::len) + children(node).iter().map(size).sum::<usize>()
}

/// What is different: of computed styles only the properties.
fn differ(name: &str, live: &Value, shown: Option<&Value>) -> String {
    let shown = shown.unwrap_or(&Value::Null);
    if let (Some(live), Some(shown)) = (live.as_str(), shown.as_str())
        && matches!(name, "style" | "before")
    {
        let pairs = live.split(';').zip(shown.split(';')).filter(|(a, b)| a != b);
        let pairs: Vec<String> = pairs.map(|(a, b)| format!("{b} instead of {a}")).collect();
        return format!("{name} {}", pairs.join(", "));
    }
    format!("{name} is {} instead of {}", short(shown), short(live))
}

fn short(value: &Value) -> String {
    let text = value.to_string();
    let cut: String = text.chars().take(160).collect();
    if cut.len() < text.len() { format!("{cut}…") } else { text }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::Score;

    fn score(live: &serde_json::Value, replayed: &serde_json::Value) -> (usize, usize) {
        let fixture = &crate::fixture::all()[0];
        let score = Score::of(fixture, live, replayed);
        (score.same, score.all)
    }

    #[test]
    fn each_fact_counts_once_and_what_is_missing_with_all_below_it() {
        let page = json!(["body", { "box": "1" }, [["p", { "@id": "a" }, [["#text", { "text": "A" }, []]]], ["b", {}, []]]]);
        assert_eq!(score(&page, &page), (7, 7));
        let other = json!(["body", { "box": "2" }, [["b", {}, []], ["i", {}, []]]]);
        // The body and the b are there; the box, the p with id and text are not; the i is too many.
        assert_eq!(score(&page, &other), (2, 8));
    }
}
