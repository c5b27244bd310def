//! URLs: origin and path, without what identifies a person or opens a door.

use super::attribute::is_odd;
use super::field::Kind;
use super::pattern::{self, Shapes, is_address, is_random_run};
use super::report::{Counters, Rule};
use super::scan::{self, Parts, count, find, first_of, has, is_digit, is_plain, part, rest};
use super::token::{is_key, is_random};
use super::words::announces;

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

/// How many bytes of a URL within a text stay readable: origin and path, up to the first part that is withheld.
pub(super) fn kept(url: &str) -> usize {
    let mut at = find(url, "://", 0).map_or(0, |i| i + 3);
    let host = first_of(url, "/?#", at);
    if has(part(url, at, host), "@") {
        return at;
    }
    let mut before = "";
    while at < url.len() {
        let end = first_of(url, "/?#;", at);
        let segment = part(url, at, end);
        if end > host && is_hole(segment, core::mem::replace(&mut before, segment), Use::Page) {
            return at;
        }
        at = end;
        if part(url, at, at + 1) != "/" {
            break;
        }
        at += 1;
    }
    at
}

/// A URL, cut. `None` when nothing of it may be kept.
pub(super) fn cut(url: &str, purpose: Use, query: &[String], counters: &Counters) -> Option<String> {
    let url = scan::trim(url, scan::SPACE);
    let scheme = scheme(url);
    let start = scheme.as_ref().map_or(0, |s| s.len() + 1);
    let mut out = String::new();
    match scheme.as_deref() {
        None | Some("http" | "https" | "ws" | "wss") => cut_path(&mut out, url, start, purpose, query),
        Some("data") if is_image(url) => out.push_str(url),
        Some("about") => out.push_str(part(url, 0, first_of(url, "?#", 0))),
        Some(other) if scan::listed(SCHEMES, other) => {
            out.push_str(other);
            out.push(':');
        }
        _ => {
            counters.count(Rule::Url);
            return None;
        }
    }
    if out != url {
        counters.count(Rule::Url);
    }
    Some(out)
}

/// Everything after the scheme, which ends at `start`.
fn cut_path(out: &mut String, url: &str, start: usize, purpose: Use, query: &[String]) {
    out.push_str(part(url, 0, start));
    let mut at = start;
    if part(url, at, at + 2) == "//" {
        let end = first_of(url, "/\\?#", at + 2);
        let host = part(url, at + 2, end);
        let host = find(host, "@", 0).map_or(host, |_| Parts::new(host, "@").last().unwrap_or(""));
        let odd = Parts::new(host, ".:").any(|label| label.len() >= 15 && is_random(label.as_bytes()));
        out.push_str("//");
        out.push_str(if odd { HOLE } else { host });
        at = end;
    }
    let end = first_of(url, "?#", at);
    push_path(out, part(url, at, end), purpose);
    let hash = first_of(url, "#", end);
    push_query(out, part(url, end, hash), query);
    let fragment = rest(url, hash);
    if (hash == 0 || purpose == Use::Part) && is_anchor(fragment, purpose == Use::Part) {
        out.push_str(fragment);
    }
}

/// The scheme, in small letters.
fn scheme(url: &str) -> Option<String> {
    let colon = first_of(url, ":/?#", 0);
    let scheme = part(url, 0, colon);
    let fits = part(url, colon, colon + 1) == ":" && !scheme.is_empty();
    fits.then(|| scan::lower(scheme))
}

/// Small images; drawings only when no text can be in them.
fn is_image(url: &str) -> bool {
    let lower = scan::lower(url);
    if url.len() > LONGEST_DATA || !lower.starts_with("data:image/") {
        return false;
    }
    // Text in a drawing as it stands there, percent-encoded, and in base64 (`text`, `foreign` at each alignment).
    !lower.starts_with("data:image/svg")
        || !scan::holds(&lower, "<t %3ct foreign <desc %3cdesc <style %3cstyle")
            && !scan::holds(url, "dGV4d RleHQ 0ZXh0 Zm9yZWlnb ZvcmVpZ24 mb3JlaWdu")
}

fn push_path(out: &mut String, path: &str, purpose: Use) {
    let (mut before, mut at) = ("", 0);
    loop {
        let end = first_of(path, "/", at);
        // Without the parameters of a segment, such as a session's id.
        let segment = part(path, at, first_of(path, ";/", at));
        let file = end == path.len() && purpose != Use::Page && is_file(segment);
        let hole = if file { is_secret_file(segment) } else { is_hole(segment, before, purpose) }
            || is_number(segment, purpose);
        out.push_str(if hole { HOLE } else { segment });
        if end == path.len() {
            return;
        }
        out.push('/');
        before = segment;
        at = end + 1;
    }
}

fn push_query(out: &mut String, parameters: &str, allowed: &[String]) {
    let mut sign = '?';
    for pair in Parts::new(parameters, "?&") {
        let name = first_of(pair, "=", 0);
        if allowed.iter().any(|a| *a == part(pair, 0, name)) && !is_hole(rest(pair, name + 1), "", Use::Page)
        {
            out.push(sign);
            out.push_str(pair);
            sign = '&';
        }
    }
}

/// The values of parameters, in query and fragment, whose names say that they are secret. `key=popular` is none.
pub(super) fn secrets(url: &str, mut with: impl FnMut(Kind, &str)) {
    for pair in Parts::new(rest(url, first_of(url, "?#", 0)), "?&#") {
        let name = first_of(pair, "=", 0);
        let value = rest(pair, name + 1);
        if let Some(kind) = announces(part(pair, 0, name.min(40)))
            && (kind == Kind::Password || count(value, is_digit) > 0)
        {
            with(kind, &scan::unescaped(value).map(|l| l.plain).collect::<String>());
        }
    }
}

/// Files whose names are often digests of what is in them.
fn is_file(name: &str) -> bool {
    let ending = Parts::new(name, ".").last().unwrap_or("");
    scan::listed("png jpg jpeg gif webp avif svg ico css woff woff2 ttf otf mp4 webm mp3 js mjs", ending)
}

fn is_secret_file(name: &str) -> bool {
    is_address(name)
        || Parts::new(name, "-_.~%+=@,!").any(|run| {
            let hex = scan::all(run, |b| matches!(b, b'0'..=b'9' | b'a'..=b'f'));
            run.len() >= 15 && is_random(run.as_bytes()) && !hex
        })
        || Parts::new(name, ".").any(|run| is_key(run.as_bytes()))
}

/// Whether a card, an account, or the telephone number of somebody is in a part of a path.
fn is_number(segment: &str, purpose: Use) -> bool {
    let told =
        |rule| matches!(rule, Rule::Card | Rule::Account) || rule == Rule::Contact && purpose == Use::Page;
    pattern::find(segment, Shapes { contact: true, code: false }).iter().any(|f| told(f.rule))
}

/// Whether a part of a path says who or opens something.
fn is_hole(segment: &str, before: &str, purpose: Use) -> bool {
    if segment.len() < 4 {
        return false;
    }
    let digits = count(segment, is_digit);
    let page = purpose == Use::Page;
    let only = scan::all(segment, |b| b.is_ascii_digit() || b == b'-');
    let opens = page && digits > 0 && segment.len() >= 5 && is_door(before);
    only && digits >= if page { 6 } else { 13 }
        || page && longest_digits(segment) >= 9
        || opens
        || find(segment, "@", 1).is_some()
        || find(segment, "%40", 1).is_some()
        || Parts::new(segment, ".~%+=,!:;@'*()$&").any(is_random_run)
}

fn longest_digits(segment: &str) -> usize {
    let (mut run, mut longest) = (0, 0);
    for b in segment.bytes() {
        run = if b.is_ascii_digit() { run + 1 } else { 0 };
        longest = longest.max(run);
    }
    longest
}

/// Words before a part of a path that opens something.
fn is_door(segment: &str) -> bool {
    const DOORS: &str =
        "reset token verif invit magic confirm activat session otp code key unsubscribe share login auth";
    scan::holds(&scan::lower(segment), DOORS)
}

/// `#` and the name of a place within a page. A part that is drawn is found by an id, which is kept where it stands: what may
/// stand there may stand here, after the address of the page, too.
fn is_anchor(fragment: &str, is_id: bool) -> bool {
    let name = rest(fragment, 1);
    fragment.len() <= 64
        && scan::all(name, |b| is_plain(b) || matches!(b, b'-' | b'_' | b'.' | b':'))
        && if is_id {
            !is_odd(name) && !is_number(name, Use::Page)
        } else {
            !is_digit(scan::byte(name, 0)) && longest_digits(name) < 4 && !is_random(name.as_bytes())
        }
}

/// A `srcset`: URLs, each with a descriptor, separated by commas.
pub(super) fn cut_set(set: &str, counters: &Counters) -> String {
    let mut out = String::new();
    for word in Parts::words(set) {
        let bare = scan::trim(word, ",");
        if !out.is_empty() {
            out.push(' ');
        }
        let number = scan::end_of(bare, 0, |b| b.is_ascii_digit() || b == b'.');
        if number > 0 && number + 1 == bare.len() && matches!(scan::last(bare), b'w' | b'x' | b'h') {
            out.push_str(bare);
        } else {
            out.push_str(&cut(bare, Use::Resource, &[], counters).unwrap_or_default());
        }
        if scan::last(word) == b',' {
            out.push(',');
        }
    }
    out
}

/// Scheme, host and port, without credentials.
pub(super) fn origin(url: &str) -> Option<String> {
    let start = find(url, "://", 0)? + 3;
    let end = first_of(url, "/?#\\", start);
    let mut out = String::from(part(url, 0, start));
    out.push_str(Parts::new(part(url, start, end), "@").last()?);
    Some(out)
}
