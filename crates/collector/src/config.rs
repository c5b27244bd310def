//! What an operator can set about taking recordings.

use std::fmt;
use std::str::FromStr;

/// Which bodies are taken, from where.
#[derive(Clone, Debug)]
pub struct Config {
    /// Largest request body, bytes as they travel.
    pub body_bytes: usize,
    /// Largest payload, bytes once decompressed.
    pub payload_bytes: usize,
    /// Bytes of bodies that may be in memory, all requests together; beyond it they are asked to come later.
    pub waiting_bytes: usize,
    /// Origins of pages that may be recorded; empty for any.
    pub origins: Vec<Origin>,
    /// Names of sites that may be recorded; empty for any.
    pub sites: Vec<String>,
    /// Days after which a session is deleted; without a number, sessions are kept until somebody deletes them.
    pub keep_days: Option<u32>,
    /// Who keeps the recordings, as visitors are told.
    pub operator: Option<String>,
    /// Where visitors can ask, as they are told: an e-mail address, or an address of the web.
    pub contact: Option<Contact>,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            body_bytes: 1 << 20,
            payload_bytes: 8 << 20,
            waiting_bytes: 64 << 20,
            origins: Vec::new(),
            sites: Vec::new(),
            keep_days: None,
            operator: None,
            contact: None,
        }
    }
}

impl Config {
    /// Whether pages of `origin` may be recorded.
    pub fn takes_origin(&self, origin: &str) -> bool {
        self.origins.is_empty() || self.origins.iter().any(|o| o.0 == "*" || o.0 == origin)
    }

    /// Whether recordings that name this site are taken.
    pub fn takes_site(&self, site: &str) -> bool {
        self.sites.is_empty() || self.sites.iter().any(|s| s == site)
    }
}

/// An origin as browsers write it: `https://shop.example` or `http://127.0.0.1:8080`; `null` for pages without one, as
/// files; `*` for any.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Origin(String);

/// Text that is not an origin.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BadOrigin;

impl fmt::Display for BadOrigin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an origin is a scheme and a host, as in https://shop.example, without a path")
    }
}

impl std::error::Error for BadOrigin {}

impl FromStr for Origin {
    type Err = BadOrigin;

    fn from_str(text: &str) -> Result<Self, BadOrigin> {
        if matches!(text, "*" | "null") {
            return Ok(Self(text.to_owned()));
        }
        // Browsers send it in lower case, and without a slash at the end, which is easily pasted along.
        let text = text.strip_suffix('/').unwrap_or(text).to_ascii_lowercase();
        let (scheme, host) = text.split_once("://").ok_or(BadOrigin)?;
        let plain = |c: char| c.is_ascii_alphanumeric() || "-._:[]".contains(c);
        if !matches!(scheme, "http" | "https") || host.is_empty() || !host.chars().all(plain) {
            return Err(BadOrigin);
        }
        let port = if scheme == "http" { ":80" } else { ":443" };
        Ok(Self(text.strip_suffix(port).unwrap_or(&text).to_owned()))
    }
}

/// Where visitors can ask, as the link of a page: `mailto:` or `https:`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Contact(String);

/// Text that is not a contact.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BadContact;

impl fmt::Display for BadContact {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a contact is an e-mail address or begins with https://")
    }
}

impl std::error::Error for BadContact {}

impl fmt::Display for Contact {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl FromStr for Contact {
    type Err = BadContact;

    fn from_str(text: &str) -> Result<Self, BadContact> {
        if text.chars().any(|c| c.is_whitespace() || c.is_control()) {
            return Err(BadContact);
        }
        let filled = |start: &str| text.strip_prefix(start).is_some_and(|rest| !rest.is_empty());
        let mail = text.strip_prefix("mailto:").unwrap_or(text);
        match mail.split_once('@') {
            _ if filled("https://") => Ok(Self(text.to_owned())),
            Some((name, host)) if !name.is_empty() && host.contains('.') => {
                Ok(Self(format!("mailto:{mail}")))
            }
            _ => Err(BadContact),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_contact_is_a_link_that_a_page_can_show() {
        let read = |text: &str| text.parse::<Contact>().map(|c| c.to_string());
        assert_eq!(read("privacy@shop.example"), Ok("mailto:privacy@shop.example".into()));
        assert_eq!(read("mailto:privacy@shop.example"), Ok("mailto:privacy@shop.example".into()));
        assert_eq!(read("https://shop.example/privacy"), Ok("https://shop.example/privacy".into()));
        for bad in [
            "",
            "privacy",
            "@shop.example",
            "a@b",
            "https://",
            "http://shop.example",
            "javascript:alert(1)",
            "a @b.c",
        ] {
            assert_eq!(read(bad), Err(BadContact), "{bad}");
        }
    }

    #[test]
    fn origins_are_compared_as_browsers_send_them() {
        let origins = ["HTTPS://Shop.example/", "http://127.0.0.1:8080", "https://a.example:443"];
        let config = Config { origins: origins.map(|o| o.parse().unwrap()).to_vec(), ..Config::default() };
        for allowed in ["https://shop.example", "http://127.0.0.1:8080", "https://a.example"] {
            assert!(config.takes_origin(allowed), "{allowed}");
        }
        for other in
            ["http://shop.example", "https://shop.example.evil", "null", "", "http://127.0.0.1:80800"]
        {
            assert!(!config.takes_origin(other), "{other}");
        }
    }

    #[test]
    fn any_and_none_can_be_named() {
        let only = |origin: &str| Config { origins: vec![origin.parse().unwrap()], ..Config::default() };
        assert!(only("*").takes_origin("https://a.example") && only("*").takes_origin("null"));
        assert!(only("null").takes_origin("null") && !only("null").takes_origin("https://a.example"));
    }

    #[test]
    fn what_is_no_origin_is_refused() {
        for bad in [
            "",
            "shop.example",
            "https://",
            "https://shop.example/path",
            "ftp://a",
            "https://a b",
            "https://*",
        ] {
            assert_eq!(bad.parse::<Origin>(), Err(BadOrigin), "{bad}");
        }
    }
}
