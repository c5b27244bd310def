//! URLs: origin and path, without what identifies a person or opens a door.

use super::report::{Counters, Rule};
use super::token::is_random;

/// What stands for a part of a path that was withheld.
const HOLE: &str = "*";
/// Longest `data:` image that is kept, bytes.
const LONGEST_DATA: usize = 8192;

/// Schemes of contacts and the like, of which only the scheme is kept.
const SCHEMES: &str =
    "mailto tel sms callto skype whatsapp facetime tg viber geo maps webcal xmpp sip irc intent";

/// What a URL is for.
#[derive(Clone, Copy, PartialEq)]
pub(super) enum Use {
    /// A page or a form: parts that are ids say who, not what.
    Page,
    /// An image or a style sheet: without its path the replay cannot show it.
    Resource,
    /// As a resource, and its fragment names a part of it.
    Part,
}

/// How many bytes of a URL within a text stay readable: up to its query.
pub(super) fn kept(url: &str) -> usize {
    let path = url.find("://").map_or(0, |i| i + 3);
    let host = path + url.get(path..).and_then(|rest| rest.find(['/', '?', '#'])).unwrap_or(url.len() - path);
    let authority = url.get(path..host).unwrap_or("");
    if authority.contains('@') {
        return path;
    }
    let mut end = host;
    for segment in url.get(host..).unwrap_or("").split_inclusive('/') {
        let stop = segment.find(['?', '#', ';']).unwrap_or(segment.len());
        if is_hole(segment.trim_end_matches('/'), "", Use::Page) {
            return end;
        }
        end += stop;
        if stop < segment.len() {
            return end;
        }
    }
    end
}

/// A URL's path, cut. `None` when nothing of it may be kept.
pub(super) fn cut(url: &str, purpose: Use, query: &[String], counters: &Counters) -> Option<String> {
    let url = url.trim_matches(|c: char| c <= ' ');
    let scheme = scheme(url);
    match scheme.map(str::to_ascii_lowercase).as_deref() {
        None | Some("http" | "https" | "ws" | "wss") => {}
        Some("data") if is_image(url) => return Some(url.into()),
        Some("about") => return Some(url.split(['?', '#']).next().unwrap_or("").into()),
        Some("javascript" | "vbscript" | "data" | "blob" | "filesystem" | "file") => {
            counters.count(Rule::Url);
            return None;
        }
        Some(other) => {
            counters.count(Rule::Url);
            let name = SCHEMES.split_ascii_whitespace().find(|s| *s == other)?;
            let mut kept = String::from(name);
            kept.push(':');
            return Some(kept);
        }
    }
    let start = scheme.map_or(0, |s| s.len() + 1);
    let rest = url.get(start..).unwrap_or("");
    let mut out = String::from(url.get(..start).unwrap_or(""));
    let path = match rest.strip_prefix("//") {
        Some(rest) => {
            let end = rest.find(['/', '\\', '?', '#']).unwrap_or(rest.len());
            let host = rest.get(..end).unwrap_or("");
            let host = host.rsplit('@').next().unwrap_or("");
            out.push_str("//");
            let odd = host.split('.').any(|label| is_random(label.as_bytes()) && label.len() >= 15);
            out.push_str(if odd { HOLE } else { host });
            rest.get(end..).unwrap_or("")
        }
        None => rest,
    };
    let (path, fragment) = path.split_once('#').map_or((path, None), |(p, f)| (p, Some(f)));
    let (path, parameters) = path.split_once('?').map_or((path, None), |(p, q)| (p, Some(q)));
    push_path(&mut out, path, purpose);
    push_query(&mut out, parameters.unwrap_or(""), query);
    if let Some(fragment) = fragment
        && (path.is_empty() && parameters.is_none() && out.is_empty() || purpose == Use::Part)
        && (fragment.is_empty() || is_anchor(fragment))
    {
        out.push('#');
        out.push_str(fragment);
    }
    if out != url {
        counters.count(Rule::Url);
    }
    Some(out)
}

fn scheme(url: &str) -> Option<&str> {
    let (scheme, _) = url.split_once(':')?;
    let fits = scheme
        .bytes()
        .all(|b| b.is_ascii_alphanumeric() || matches!(b, b'+' | b'-' | b'.' | b'\t' | b'\n' | b'\r'));
    (fits && scheme.starts_with(|c: char| c.is_ascii_alphabetic())).then_some(scheme)
}

/// Small images; drawings only when no text can be in them.
fn is_image(url: &str) -> bool {
    let head: String = url.chars().take(24).collect::<String>().to_ascii_lowercase();
    if url.len() > LONGEST_DATA || !head.starts_with("data:image/") {
        return false;
    }
    // `<text`, `<title`, `<desc` and `<foreignObject`, as they stand there, percent-encoded, and in base64 (`text` and `<t…` at
    // each alignment).
    let lower = url.to_ascii_lowercase();
    let signs = ["<t", "%3ct", "<foreign", "%3cforeign", "<desc", "%3cdesc", "<style", "%3cstyle"];
    let coded = ["dGV4d", "RleHQ", "0ZXh0", "Zm9yZWlnbk", "ZvcmVpZ24", "mb3JlaWdu"];
    !head.starts_with("data:image/svg")
        || !signs.iter().any(|s| lower.contains(s)) && !coded.iter().any(|s| url.contains(s))
}

fn push_path(out: &mut String, path: &str, purpose: Use) {
    let mut before = "";
    let last = path.rsplit('/').next().unwrap_or("");
    for (i, segment) in path.split('/').enumerate() {
        if i > 0 {
            out.push('/');
        }
        // Parameters of a segment, such as a session's id.
        let plain = segment.split(';').next().unwrap_or("");
        let file = purpose != Use::Page && std::ptr::eq(segment, last) && is_file(plain);
        let kept = if file { !is_secret_file(plain) } else { !is_hole(plain, before, purpose) };
        out.push_str(if kept { plain } else { HOLE });
        before = plain;
    }
}

fn push_query(out: &mut String, parameters: &str, allowed: &[String]) {
    let mut sign = '?';
    for pair in parameters.split('&') {
        let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
        if allowed.iter().any(|a| a == name) && !is_hole(value, "", Use::Page) {
            out.push(sign);
            out.push_str(pair);
            sign = '&';
        }
    }
}

/// Files whose names are often digests of what is in them.
fn is_file(name: &str) -> bool {
    const ENDINGS: &str = " png jpg jpeg gif webp avif svg ico css woff woff2 ttf otf mp4 webm mp3 js mjs ";
    name.rsplit_once('.').is_some_and(|(_, ending)| ending.len() > 1 && ENDINGS.contains(ending))
}

fn is_secret_file(name: &str) -> bool {
    let hex = |run: &[u8]| run.iter().all(|b| b.is_ascii_digit() || (b'a'..=b'f').contains(b));
    name.as_bytes()
        .split(|b| !b.is_ascii_alphanumeric())
        .any(|run| run.len() >= 15 && is_random(run) && !hex(run))
        || name.contains('@') && name.contains("%40")
}

/// Whether a part of a path says who or opens something.
fn is_hole(segment: &str, before: &str, purpose: Use) -> bool {
    if segment.len() < 4 {
        return false;
    }
    let digits = segment.bytes().filter(|b| b.is_ascii_digit()).count();
    let only = segment.bytes().all(|b| b.is_ascii_digit() || matches!(b, b'-' | b' '));
    let most = if purpose == Use::Page { 6 } else { 12 };
    let address = segment.find('@').or_else(|| segment.find("%40")).is_some_and(|at| at > 0);
    let opens = purpose == Use::Page
        && digits > 0
        && digits < segment.len() | 1
        && is_door(before)
        && segment.len() >= 5;
    let alone = segment.split(|c: char| !c.is_ascii_alphanumeric());
    let random = is_random(segment.as_bytes()) && !segment.contains('.')
        || segment
            .as_bytes()
            .split(|b| !b.is_ascii_alphanumeric() && !matches!(b, b'-' | b'_'))
            .any(is_random)
        || alone.into_iter().any(|part| part.len() >= 12 && is_random(part.as_bytes()));
    only && digits >= most
        || digits > 0 && longest_digits(segment) >= 9 && purpose == Use::Page
        || address
        || opens
        || random
}

fn longest_digits(segment: &str) -> usize {
    segment.split(|c: char| !c.is_ascii_digit()).map(str::len).max().unwrap_or(0)
}

/// Words before a part of a path that opens something.
fn is_door(segment: &str) -> bool {
    const DOORS: [&str; 15] = [
        "reset",
        "token",
        "verif",
        "invit",
        "magic",
        "confirm",
        "activat",
        "session",
        "otp",
        "code",
        "key",
        "unsubscribe",
        "share",
        "login",
        "auth",
    ];
    let lower = segment.to_ascii_lowercase();
    DOORS.iter().any(|d| lower.contains(d))
}

/// Names of places within a page.
fn is_anchor(fragment: &str) -> bool {
    let plain = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'.' | b':');
    fragment.len() <= 64
        && fragment.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
        && fragment.bytes().all(plain)
        && longest_digits(fragment) < 4
        && !is_random(fragment.as_bytes())
}

/// A `srcset`: URLs, each with a descriptor, separated by commas.
pub(super) fn cut_set(set: &str, counters: &Counters) -> String {
    let mut out = String::new();
    for part in set.split_ascii_whitespace() {
        let (bare, comma) = part.strip_suffix(',').map_or((part, false), |p| (p, true));
        if !out.is_empty() {
            out.push(' ');
        }
        let number = bare.get(..bare.len().saturating_sub(1)).unwrap_or("");
        let descriptor = bare.ends_with(['w', 'x', 'h'])
            && !number.is_empty()
            && number.bytes().all(|b| b.is_ascii_digit() || b == b'.');
        if descriptor {
            out.push_str(bare);
        } else {
            out.push_str(&cut(bare, Use::Resource, &[], counters).unwrap_or_default());
        }
        if comma {
            out.push(',');
        }
    }
    out
}

/// Scheme, host and port, without credentials.
pub(super) fn origin(url: &str) -> Option<String> {
    let scheme = scheme(url)?;
    let rest = url.get(scheme.len() + 1..)?.strip_prefix("//")?;
    let host = rest.split(['/', '?', '#', '\\']).next()?.rsplit('@').next()?;
    let mut out = String::from(scheme);
    out.push_str("://");
    out.push_str(host);
    Some(out)
}
