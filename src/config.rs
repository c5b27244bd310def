//! The recorder's options: names, defaults, bounds, and what is said when one is wrong.

use crate::privacy::{Policy, Settings};

/// A value as JavaScript or a `data-*` attribute gave it.
#[derive(Clone, Debug, PartialEq)]
pub enum Value {
    /// Not given, or `undefined`.
    Missing,
    /// A string.
    Text(String),
    /// A number.
    Number(f64),
    /// A boolean.
    Bool(bool),
    /// An array of strings.
    List(Vec<String>),
    /// A function.
    Function,
    /// Anything else.
    Other,
}

/// What is wrong with the options.
#[derive(Clone, Debug, PartialEq)]
pub struct ConfigError {
    /// A stable word for programs: `unknown-option`, `bad-option`, `missing-collector`, `insecure-collector`.
    pub code: &'static str,
    /// The option's name as it was given.
    pub option: String,
    /// What is wrong with it, for people.
    pub problem: &'static str,
}

impl ConfigError {
    fn new(code: &'static str, option: &str, problem: &'static str) -> Self {
        Self { code, option: option.to_owned(), problem }
    }

    fn bad(option: &str, problem: &'static str) -> Self {
        Self::new("bad-option", option, problem)
    }

    /// The sentence to show.
    pub fn message(&self) -> String {
        ["afterimage: option \"", &self.option, "\" ", self.problem].concat()
    }
}

/// What to do when the browser refuses cookies.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum WithoutCookies {
    /// Record, with a session that lives as long as the page.
    #[default]
    Page,
    /// Record nothing.
    Nothing,
}

/// Everything the recorder can be told.
#[derive(Clone, Debug)]
pub struct Config {
    /// `collector`: where batches are posted. An https URL, one on loopback, or one relative to the page. Required.
    pub collector: String,
    /// `site`: a name that keeps recordings of several sites apart; at most 64 bytes. Default: empty.
    pub site: String,
    /// `policy`, `query`, `mask`, `unmask`, `block`, `ignore`: what is recorded. Default: `default`, none.
    pub settings: Settings,
    /// `withoutCookies`: `page` (default) or `nothing`.
    pub without_cookies: WithoutCookies,
    /// `interval`: milliseconds between batches, 1000 to 60000. Default: 5000.
    pub interval_ms: u32,
}

/// Options the loader has dealt with before the module is fetched; the module only knows their names.
const LOADER: &[&str] = &["consent", "sample", "minor", "gpc", "dnt", "onError", "wasm", "disabled"];
/// Names in the order of `Settings::selectors`.
const SELECTORS: [&str; 4] = ["mask", "unmask", "block", "ignore"];

impl Config {
    /// Reads and checks options. `names` are those that were given, `get` their values, `page` the page's URL.
    ///
    /// # Errors
    /// The first option that is wrong.
    pub fn read(names: &[String], get: impl Fn(&str) -> Value, page: &str) -> Result<Self, ConfigError> {
        let known = |n: &str| {
            ["collector", "site", "policy", "query", "withoutCookies", "interval"].contains(&n)
                || SELECTORS.contains(&n)
                || LOADER.contains(&n)
        };
        if let Some(name) = names.iter().find(|n| !known(n)) {
            return Err(ConfigError::new("unknown-option", name, "is not known"));
        }
        let mut settings = Settings {
            policy: match text(&get, "policy")?.as_str() {
                "" | "default" => Policy::Default,
                "strict" => Policy::Strict,
                "open" => Policy::Open,
                _ => return Err(ConfigError::bad("policy", "must be \"strict\", \"default\" or \"open\"")),
            },
            query: list(&get, "query")?,
            ..Settings::default()
        };
        for (slot, name) in settings.selectors.iter_mut().zip(SELECTORS) {
            *slot = list(&get, name)?.join(",");
        }
        let site = text(&get, "site")?;
        if site.len() > afterimage_wire::batch::SITE_BYTES {
            return Err(ConfigError::bad("site", "must not be longer than 64 bytes"));
        }
        Ok(Self {
            collector: collector(&get, page)?,
            site,
            settings,
            without_cookies: match text(&get, "withoutCookies")?.as_str() {
                "" | "page" => WithoutCookies::Page,
                "nothing" => WithoutCookies::Nothing,
                _ => return Err(ConfigError::bad("withoutCookies", "must be \"page\" or \"nothing\"")),
            },
            interval_ms: interval(&get)?,
        })
    }
}

fn text(get: &impl Fn(&str) -> Value, name: &str) -> Result<String, ConfigError> {
    match get(name) {
        Value::Missing => Ok(String::new()),
        Value::Text(text) => Ok(text),
        _ => Err(ConfigError::bad(name, "must be a string")),
    }
}

/// A list of strings, or one string with commas between them, as attributes have it.
fn list(get: &impl Fn(&str) -> Value, name: &str) -> Result<Vec<String>, ConfigError> {
    match get(name) {
        Value::Missing => Ok(Vec::new()),
        Value::Text(text) => {
            Ok(text.split(',').map(|s| s.trim().to_owned()).filter(|s| !s.is_empty()).collect())
        }
        Value::List(list) => Ok(list),
        _ => Err(ConfigError::bad(name, "must be a string or an array of strings")),
    }
}

fn interval(get: &impl Fn(&str) -> Value) -> Result<u32, ConfigError> {
    let value = match get("interval") {
        Value::Missing => return Ok(5000),
        Value::Number(n) if n.fract() == 0.0 => Some(n as u32),
        Value::Text(text) => text.bytes().try_fold(0u32, |n, b| {
            if b.is_ascii_digit() {
                Some(n.saturating_mul(10).saturating_add(u32::from(b - b'0')))
            } else {
                None
            }
        }),
        _ => None,
    };
    value.filter(|n| (1000..=60000).contains(n)).ok_or_else(|| {
        ConfigError::bad("interval", "must be a whole number of milliseconds from 1000 to 60000")
    })
}

/// Recordings travel encrypted, or do not leave the machine (PROMISES K01).
fn collector(get: &impl Fn(&str) -> Value, page: &str) -> Result<String, ConfigError> {
    let url = text(get, "collector")?;
    if url.is_empty() {
        return Err(ConfigError::new("missing-collector", "collector", "is missing"));
    }
    let lower = url.to_ascii_lowercase();
    let insecure = |u: &str| match u.strip_prefix("http://") {
        Some(rest) => !is_loopback(rest),
        None => !u.starts_with("https://"),
    };
    let relative = !lower.contains("://") && !lower.starts_with("//");
    let scheme = lower.split(['/', '?', '#']).next().is_some_and(|s| s.contains(':'));
    let refused = match () {
        () if relative && scheme => true,
        // Wherever the page came from its recording may go back to.
        () if relative => false,
        () if lower.starts_with("//") => !page.starts_with("https://"),
        () => insecure(&lower),
    };
    if refused {
        return Err(ConfigError::new(
            "insecure-collector",
            "collector",
            "must be an https URL, one on loopback, or one relative to the page",
        ));
    }
    Ok(url)
}

/// Whether a URL's part after `http://` names this machine.
fn is_loopback(rest: &str) -> bool {
    let authority = rest.split(['/', '?', '#']).next().unwrap_or("");
    let host = match authority.strip_prefix('[') {
        Some(v6) => v6.split(']').next().unwrap_or(""),
        None => authority.split(':').next().unwrap_or(""),
    };
    let v4 = host.strip_prefix("127.").is_some_and(|r| {
        r.split('.').count() == 3
            && r.split('.').all(|p| !p.is_empty() && p.bytes().all(|b| b.is_ascii_digit()))
    });
    host == "localhost" || host.ends_with(".localhost") || host == "::1" || v4
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(options: &[(&str, Value)]) -> Result<Config, ConfigError> {
        let names: Vec<String> = options.iter().map(|(n, _)| (*n).to_owned()).collect();
        let get =
            |name: &str| options.iter().find(|(n, _)| *n == name).map_or(Value::Missing, |(_, v)| v.clone());
        Config::read(&names, get, "https://shop.example/")
    }

    fn collector(url: &str) -> Result<Config, ConfigError> {
        read(&[("collector", Value::Text(url.into()))])
    }

    #[test]
    fn promise_k01_only_https_loopback_and_relative_collectors() {
        for good in [
            "/collect",
            "collect",
            "https://c.example/collect",
            "HTTPS://C.example",
            "//c.example/x",
            "http://127.0.0.1:9/c",
            "http://localhost/c",
            "http://[::1]:1/c",
            "http://a.localhost/",
        ] {
            assert!(collector(good).is_ok(), "{good}");
        }
        for bad in [
            "http://c.example/collect",
            "HTTP://c.example",
            "ftp://c.example",
            "ws://127.0.0.1/",
            "javascript:alert(1)",
            "data:text/plain,x",
            "http://127.0.0.1.example/",
            "http://localhost.example/",
            "http://127.1/",
            "http://127.0.0.1@c.example/",
            "http://user@c.example/",
        ] {
            assert_eq!(collector(bad).map(|_| ()).map_err(|e| e.code), Err("insecure-collector"), "{bad}");
        }
        assert_eq!(collector("").map(|_| ()).map_err(|e| e.code), Err("missing-collector"));
    }

    #[test]
    fn wrong_options_are_named() {
        let c = ("collector", Value::Text("/c".into()));
        let message = |o: (&str, Value)| read(&[c.clone(), o]).map(|_| ()).map_err(|e| e.message());
        assert_eq!(
            message(("colector", Value::Text("/c".into()))),
            Err("afterimage: option \"colector\" is not known".into())
        );
        for (name, value) in [
            ("policy", Value::Text("loose".into())),
            ("policy", Value::Number(1.0)),
            ("site", Value::Text("x".repeat(65))),
            ("interval", Value::Text("5s".into())),
            ("interval", Value::Number(10.0)),
            ("interval", Value::Number(1500.5)),
            ("mask", Value::Bool(true)),
            ("withoutCookies", Value::Text("maybe".into())),
        ] {
            assert!(message((name, value)).is_err_and(|m| m.contains(name)), "{name}");
        }
    }

    #[test]
    fn attributes_read_like_options() {
        let config = read(&[
            ("collector", Value::Text("/c".into())),
            ("mask", Value::Text(".a, #b".into())),
            ("query", Value::List(vec!["page".into()])),
            ("interval", Value::Text("2000".into())),
        ])
        .unwrap();
        assert_eq!((config.interval_ms, config.settings.query), (2000, vec!["page".to_owned()]));
        assert_eq!(config.settings.selectors[0], ".a,#b");
    }
}
