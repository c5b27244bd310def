//! What is told of the browser: names from lists and small numbers, never a copy.

use super::scan::{self, Parts};
use super::{Clean, Gate, Raw};

/// What a user agent string says, and the browser's name; the first that is found counts.
const BROWSERS: [(&str, &str); 11] = [
    ("Edg/", "Edge"),
    ("EdgA/", "Edge"),
    ("EdgiOS/", "Edge"),
    ("OPR/", "Opera"),
    ("SamsungBrowser/", "Samsung Internet"),
    ("Vivaldi/", "Vivaldi"),
    ("FxiOS/", "Firefox"),
    ("Firefox/", "Firefox"),
    ("CriOS/", "Chrome"),
    ("Chrome/", "Chrome"),
    ("Version/", "Safari"),
];

const SYSTEMS: [(&str, &str); 8] = [
    ("Windows NT ", "Windows"),
    ("iPhone OS ", "iOS"),
    ("CPU OS ", "iPadOS"),
    ("Mac OS X ", "macOS"),
    ("Android ", "Android"),
    ("CrOS ", "ChromeOS"),
    ("Linux", "Linux"),
    ("Windows", "Windows"),
];

fn named(agent: &str, table: &[(&str, &str)], parts: usize) -> Clean {
    for (mark, name) in table {
        let Some(start) = scan::find(agent, mark, 0) else { continue };
        let mut out = String::from(*name);
        let mut at = start + mark.len();
        for sign in [' ', '.'].into_iter().take(parts) {
            let end = scan::end_of(agent, at, scan::is_digit);
            if end == at || end > at + 3 {
                break;
            }
            out.push(sign);
            out.push_str(scan::part(agent, at, end));
            if !matches!(scan::part(agent, end, end + 1), "." | "_") {
                break;
            }
            at = end + 1;
        }
        return Clean::new(out);
    }
    Clean::fixed("other")
}

impl Gate {
    /// Browser with major version, and operating system with version.
    pub fn user_agent(&self, user_agent: Raw) -> (Clean, Clean) {
        (named(&user_agent.0, &BROWSERS, 1), named(&user_agent.0, &SYSTEMS, 2))
    }

    /// Languages, comma separated: the first four, each of at most two parts.
    pub fn languages(&self, languages: Raw) -> Clean {
        let mut out = String::new();
        for tag in Parts::new(&languages.0, ", ").take(4) {
            let fits = |part: &str| (2..=4).contains(&part.len()) && scan::all(part, scan::is_plain);
            let mut parts = Parts::new(tag, "-");
            let Some(language) = parts.next().filter(|p| fits(p)) else { continue };
            if !out.is_empty() {
                out.push(',');
            }
            out.push_str(language);
            if let Some(region) = parts.next().filter(|p| fits(p)) {
                out.push('-');
                out.push_str(region);
            }
        }
        Clean::new(out)
    }

    /// The time zone's name, as the IANA's database writes them.
    pub fn time_zone(&self, zone: Raw) -> Clean {
        let plain = |b| scan::is_plain(b) || matches!(b, b'/' | b'_' | b'-' | b'+' | b':');
        let fits =
            zone.0.len() <= 40 && scan::count(&zone.0, scan::is_digit) <= 4 && scan::all(&zone.0, plain);
        if fits { Clean::new(zone.0) } else { Clean::default() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parses_user_agents() {
        let gate = Gate::new(Default::default());
        for (agent, browser, system) in [
            (
                "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/120.0.0.0 Safari/537.36 Edg/119.5",
                "Edge 119",
                "Windows 10.0",
            ),
            (
                "Mozilla/5.0 (iPhone; CPU iPhone OS 17_1_2 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.1 Safari/604.1",
                "Safari 17",
                "iOS 17.1",
            ),
            (
                "Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0",
                "Firefox 128",
                "Linux",
            ),
            ("Mozilla/5.0 (Linux; Android 14; Pixel) Chrome/126.0.0.0 Mobile", "Chrome 126", "Android 14"),
            ("tok Chrome/4242424242424242 sid=abc", "Chrome", "other"),
        ] {
            let (b, s) = gate.user_agent(Raw::new(agent.into()));
            assert_eq!((b.as_ref(), s.as_ref()), (browser, system));
        }
    }

    #[test]
    fn languages_and_zones_are_checked() {
        let gate = Gate::new(Default::default());
        assert_eq!(gate.languages(Raw::new("de-AT,en,x-secret".into())).as_ref(), "de-AT,en");
        assert_eq!(gate.time_zone(Raw::new("Europe/Vienna".into())).as_ref(), "Europe/Vienna");
        assert_eq!(gate.time_zone(Raw::new("secret token".into())).as_ref(), "");
    }
}
