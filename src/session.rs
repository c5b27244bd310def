//! Sessions and page views: a visitor's run of activity on one site, and one document in it.
//!
//! The cookie holds a random secret and counters (PROMISES N07, N09). The session id is a hash of the secret, so a
//! recording does not hold the means to erase itself.

use afterimage_wire::batch::{SESSION_BYTES, hex, sha256};

/// Seconds without activity after which a session ends.
pub const IDLE_S: u64 = 30 * 60;
/// Seconds after which a session ends in any case.
pub const LONGEST_S: u64 = 12 * 60 * 60;

/// A session as its cookie has it: `SECRET.STARTED.SEEN.PAGEVIEWS`, hexadecimal, times in seconds since 1970.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Session {
    /// What only this browser knows.
    pub secret: [u8; SESSION_BYTES],
    /// When it began.
    pub started_s: u64,
    /// When it was last active.
    pub seen_s: u64,
    /// How many page views it has, this one included.
    pub page_views: u32,
}

impl Session {
    /// The session a page view belongs to: that of the cookie if it is still alive, else a new one.
    pub fn resume(cookie: Option<&str>, random: [u8; SESSION_BYTES], now_s: u64) -> Self {
        let alive = |s: &Self| {
            s.started_s <= s.seen_s
                && s.seen_s <= now_s.saturating_add(60)
                && now_s.saturating_sub(s.seen_s) < IDLE_S
                && now_s.saturating_sub(s.started_s) < LONGEST_S
        };
        let mut session = cookie.and_then(Self::parse).filter(alive).unwrap_or(Self {
            secret: random,
            started_s: now_s,
            seen_s: now_s,
            page_views: 0,
        });
        session.seen_s = session.seen_s.max(now_s);
        session.page_views = session.page_views.saturating_add(1);
        session
    }

    /// The id that goes on the wire.
    pub fn id(&self) -> [u8; SESSION_BYTES] {
        sha256(&self.secret)
    }

    /// The cookie's value.
    pub fn cookie(&self) -> String {
        let numbers = [self.started_s, self.seen_s, u64::from(self.page_views)];
        numbers.iter().fold(hex(&self.secret), |out, n| {
            let bytes = n.to_be_bytes();
            let digits = hex(&bytes);
            let digits = digits.trim_start_matches('0');
            [out.as_str(), ".", if digits.is_empty() { "0" } else { digits }].concat()
        })
    }

    /// Reads a cookie's value; `None` when it is not one of ours.
    pub fn parse(cookie: &str) -> Option<Self> {
        let mut parts = cookie.split('.');
        let secret = parts.next().filter(|s| s.len() == SESSION_BYTES * 2)?;
        let mut bytes = [0; SESSION_BYTES];
        for (byte, pair) in bytes.iter_mut().zip(secret.as_bytes().chunks(2)) {
            *byte = number(pair)? as u8;
        }
        let mut next = || parts.next().and_then(|p| number(p.as_bytes()));
        let session = Self {
            secret: bytes,
            started_s: next()?,
            seen_s: next()?,
            page_views: u32::try_from(next()?).ok()?,
        };
        parts.next().is_none().then_some(session)
    }
}

fn number(digits: &[u8]) -> Option<u64> {
    if digits.is_empty() || digits.len() > 12 {
        return None;
    }
    digits.iter().try_fold(0u64, |n, d| Some(n * 16 + u64::from(char::from(*d).to_digit(16)?)))
}

/// One cookie out of `document.cookie`.
pub fn find_cookie<'a>(cookies: &'a str, name: &str) -> Option<&'a str> {
    cookies.split(';').find_map(|c| c.trim_start().strip_prefix(name)?.strip_prefix('='))
}

/// Counts visits in the browser itself (PROMISES R11): from what is kept (`COUNT.DAY`), how many sessions there were
/// before, and what to keep now. Days since 1970, never a time.
pub fn count_visit(kept: Option<&str>, today: u64) -> (u32, String) {
    let before = kept.and_then(|k| k.split('.').next()).and_then(|n| number(n.as_bytes())).unwrap_or(0);
    let before = u32::try_from(before).unwrap_or(u32::MAX - 1);
    let plain = |n: u64| {
        let digits = hex(&n.to_be_bytes());
        let digits = digits.trim_start_matches('0');
        if digits.is_empty() { "0".to_owned() } else { digits.to_owned() }
    };
    (before, [plain(u64::from(before) + 1), plain(today)].join("."))
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: u64 = 1_795_000_000;

    #[test]
    fn a_cookie_reads_back() {
        let session = Session::resume(None, [7; 16], NOW);
        assert_eq!(Session::parse(&session.cookie()), Some(session));
    }

    #[test]
    fn promise_n07_sessions_end() {
        let first = Session::resume(None, [1; 16], NOW);
        let again = Session::resume(Some(&first.cookie()), [2; 16], NOW + IDLE_S - 1);
        assert_eq!((again.secret, again.page_views), ([1; 16], 2));
        assert_eq!(Session::resume(Some(&first.cookie()), [2; 16], NOW + IDLE_S).secret, [2; 16]);
        let old = Session { seen_s: NOW + LONGEST_S, ..first };
        assert_eq!(Session::resume(Some(&old.cookie()), [2; 16], NOW + LONGEST_S).secret, [2; 16]);
        let ahead = Session { seen_s: NOW + 9999, ..old };
        assert_eq!(Session::resume(Some(&ahead.cookie()), [2; 16], NOW).secret, [2; 16]);
    }

    #[test]
    fn promise_n09_the_cookie_is_random_bytes_and_counters() {
        let cookie = Session::resume(None, [0xab; 16], NOW).cookie();
        assert!(cookie.bytes().all(|b| b.is_ascii_hexdigit() || b == b'.'));
        assert_eq!(cookie.split('.').count(), 4);
    }

    #[test]
    fn foreign_cookies_are_ignored() {
        for bad in
            ["", "x", "..", "zz.1.1.1", &"0".repeat(32), &[&"0".repeat(32), "1", "1", "1", "1"].join(".")]
        {
            assert_eq!(Session::parse(bad), None, "{bad}");
        }
    }

    #[test]
    fn cookies_are_found_by_whole_name() {
        assert_eq!(
            find_cookie("xafterimage=1; afterimage=2; afterimage_disabled=1", "afterimage"),
            Some("2")
        );
        assert_eq!(find_cookie("a=b", "afterimage"), None);
    }

    #[test]
    fn promise_r11_visits_are_counted_without_an_identifier() {
        let (before, kept) = count_visit(None, 20_000);
        assert_eq!((before, kept.as_str()), (0, "1.4e20"));
        assert_eq!(count_visit(Some(&kept), 20_001).0, 1);
        assert_eq!(count_visit(Some("garbage"), 1).0, 0);
    }
}
