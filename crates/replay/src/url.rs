//! Just enough URLs: resolving a reference, and telling schemes (RFC 3986, section 5.2).

use std::borrow::Cow;

/// `reference`, made absolute. What is absolute already, only a fragment, or cannot be resolved stays as it is.
pub(crate) fn resolve<'a>(base: &str, reference: &'a str) -> Cow<'a, str> {
    let trimmed = reference.trim_matches(|c: char| c.is_ascii_whitespace() || c.is_ascii_control());
    if trimmed.is_empty() || trimmed.starts_with('#') || scheme(trimmed).is_some() {
        return Cow::Borrowed(reference);
    }
    let Some((origin, path)) = split(base) else { return Cow::Borrowed(reference) };
    if trimmed.starts_with("//") {
        let scheme = scheme(base).unwrap_or("https");
        return Cow::Owned(format!("{scheme}:{trimmed}"));
    }
    let (target, rest) = trimmed.split_at(trimmed.find(['?', '#']).unwrap_or(trimmed.len()));
    let path = path.split(['?', '#']).next().unwrap_or_default();
    let path = if target.is_empty() {
        Cow::Borrowed(path)
    } else if target.starts_with('/') {
        Cow::Borrowed(target)
    } else {
        let folder = path.rfind('/').and_then(|end| path.get(..=end)).unwrap_or("/");
        Cow::Owned(format!("{folder}{target}"))
    };
    Cow::Owned(format!("{origin}{}{rest}", without_dots(&path)))
}

/// The scheme of an absolute URL.
pub(crate) fn scheme(url: &str) -> Option<&str> {
    let (scheme, _) = url.split_once(':')?;
    let name = scheme.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'+' | b'-' | b'.'));
    (name && scheme.starts_with(|c: char| c.is_ascii_alphabetic())).then_some(scheme)
}

/// Whether following the URL would run a script. Browsers ignore white space and control characters in schemes.
pub(crate) fn runs_script(url: &str) -> bool {
    let plain = |c: &char| !c.is_ascii_whitespace() && !c.is_ascii_control();
    let start: String = url.chars().filter(plain).take(11).collect();
    let start = start.to_ascii_lowercase();
    start.starts_with("javascript:") || start.starts_with("vbscript:")
}

/// Whether a URL is an image's, by the end of its path.
pub(crate) fn is_image(url: &str) -> bool {
    let path = url.split(['?', '#']).next().unwrap_or_default().to_ascii_lowercase();
    let known = [".svg", ".png", ".jpg", ".jpeg", ".gif", ".webp", ".avif", ".bmp", ".ico"];
    path.starts_with("data:image/") || known.iter().any(|end| path.ends_with(end))
}

/// Origin and the rest of an absolute URL with an authority.
fn split(url: &str) -> Option<(&str, &str)> {
    let authority = url.find("://")? + 3;
    scheme(url)?;
    let length = url.get(authority..)?.find(['/', '?', '#']);
    Some(url.split_at(length.map_or(url.len(), |l| authority + l)))
}

fn without_dots(path: &str) -> String {
    let mut kept: Vec<&str> = Vec::new();
    let mut folder = false;
    for part in path.split('/').skip(1) {
        folder = matches!(part, "." | "..");
        match part {
            "." => {}
            ".." => drop(kept.pop()),
            _ => kept.push(part),
        }
    }
    if folder {
        kept.push("");
    }
    format!("/{}", kept.join("/"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn references_resolve() {
        let cases = [
            ("img.png", "https://a.example/x/img.png"),
            ("../img.png?q#f", "https://a.example/img.png?q#f"),
            ("./", "https://a.example/x/"),
            ("../../..", "https://a.example/"),
            ("/r", "https://a.example/r"),
            ("//b.example/r", "https://b.example/r"),
            ("?q", "https://a.example/x/y?q"),
            ("#f", "#f"),
            ("", ""),
            ("data:,x", "data:,x"),
            ("mailto:x", "mailto:x"),
        ];
        for (reference, wanted) in cases {
            assert_eq!(resolve("https://a.example/x/y?old#old", reference), wanted);
        }
        assert_eq!(resolve("https://a.example", "b"), "https://a.example/b");
        assert_eq!(resolve("about:blank", "b"), "b");
        assert_eq!(resolve("", "b"), "b");
    }

    #[test]
    fn scripts_are_told_however_they_are_written() {
        for url in ["javascript:x", " JavaScript:x", "java\nscript:x", "\u{1}javascript:", "vbscript:x"] {
            assert!(runs_script(url), "{url:?}");
        }
        for url in ["https://javascript:x@a", "javascript", "/javascript:", "data:text/html,x"] {
            assert!(!runs_script(url), "{url:?}");
        }
    }
}
