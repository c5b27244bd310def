//! Just enough CSS: where rules begin and end, and the URLs in them.
//!
//! Follows CSS Syntax Level 3 as far as strings, comments, escapes and brackets go; what is between them is not
//! looked at.

use std::ops::Range;

use crate::url;

/// The rules of a sheet, as they are written.
pub(crate) fn rules(css: &str) -> Vec<&str> {
    spans(css).into_iter().filter_map(|s| css.get(s)).collect()
}

/// The declarations of a rule that holds nothing else: names and values.
pub(crate) fn declarations(rule: &str) -> Vec<(&str, &str)> {
    let inner = body(rule).and_then(|body| rule.get(body)).unwrap_or_default();
    let (mut parts, mut start) = (Vec::new(), 0);
    let mut scanner = Scanner::new(inner);
    while let Some((at, token)) = scanner.next() {
        if matches!(token, Token::Semicolon) && scanner.depth == 0 {
            parts.push(start..at);
            start = at + 1;
        }
    }
    parts.push(start..inner.len());
    let pair = |part: Range<usize>| inner.get(part)?.split_once(':');
    parts.into_iter().filter_map(pair).map(|(name, value)| (name.trim(), value.trim())).collect()
}

/// A rule with the one at `path` inside it replaced, put in before it, or taken out.
pub(crate) fn edit(rule: &str, path: &[u32], new: Option<&str>) -> Option<String> {
    let body = body(rule)?;
    let inner = rule.get(body.clone())?;
    let spans = spans(inner);
    let (first, rest) = path.split_first()?;
    let at = usize::try_from(*first).ok()?;
    let (range, text) = match (spans.get(at), new) {
        (Some(span), _) if !rest.is_empty() => (span.clone(), edit(inner.get(span.clone())?, rest, new)?),
        (Some(span), None) => (span.clone(), String::new()),
        (Some(span), Some(new)) => (span.start..span.start, format!("{new} ")),
        (None, Some(new)) if at == spans.len() && rest.is_empty() => {
            let open = inner.trim_end().ends_with(|c: char| !matches!(c, ';' | '}'));
            (inner.len()..inner.len(), format!("{}{new}", if open { "; " } else { " " }))
        }
        _ => return None,
    };
    let (start, end) = (body.start + range.start, body.start + range.end);
    Some(format!("{}{text}{}", rule.get(..start)?, rule.get(end..)?))
}

/// What is between a rule's braces.
fn body(rule: &str) -> Option<Range<usize>> {
    let mut open = None;
    let mut scanner = Scanner::new(rule);
    while let Some((at, token)) = scanner.next() {
        match (token, open) {
            (Token::Open(b'{'), None) => open = Some(at + 1),
            (Token::Close(_, 0), Some(start)) => return Some(start..at),
            _ => {}
        }
    }
    open.map(|start| start..rule.len())
}

/// Where each rule is. Declarations between rules are none.
fn spans(css: &str) -> Vec<Range<usize>> {
    let mut spans = Vec::new();
    let mut start = None;
    let mut scanner = Scanner::new(css);
    while let Some((at, token)) = scanner.next() {
        let begun = match token {
            Token::Space => continue,
            _ => *start.get_or_insert(at),
        };
        let ends = match token {
            Token::Close(b'}', 0) => true,
            Token::Semicolon if scanner.depth == 0 => {
                start = None;
                css.get(begun..).is_some_and(|s| s.starts_with('@') && !s.starts_with("@charset"))
            }
            _ => false,
        };
        if ends {
            spans.push(begun..at + 1);
            start = None;
        }
    }
    if let Some(begun) = start
        && scanner.depth > 0
    {
        spans.push(begun..css.len());
    }
    spans
}

#[derive(Clone, Copy)]
enum Token {
    /// White space or a comment.
    Space,
    /// A bracket of this kind opens.
    Open(u8),
    /// A bracket of this kind closes, and so many are still open.
    Close(u8, usize),
    Semicolon,
    Other,
}

/// Walks over CSS; every step is one token, and every token starts at a character.
struct Scanner<'a> {
    bytes: &'a [u8],
    at: usize,
    depth: usize,
}

impl<'a> Scanner<'a> {
    fn new(css: &'a str) -> Self {
        Self { bytes: css.as_bytes(), at: 0, depth: 0 }
    }

    fn peek(&self, ahead: usize) -> Option<u8> {
        self.bytes.get(self.at + ahead).copied()
    }

    /// The next token and where it starts.
    fn next(&mut self) -> Option<(usize, Token)> {
        let at = self.at;
        let byte = self.peek(0)?;
        self.at += 1;
        let token = match byte {
            b' ' | b'\t' | b'\n' | b'\r' | 0x0c => Token::Space,
            b'/' if self.peek(0) == Some(b'*') => {
                self.skip_past(b"*/");
                Token::Space
            }
            b'"' | b'\'' => {
                self.string(byte);
                Token::Other
            }
            b'\\' => {
                self.at += 1;
                Token::Other
            }
            b'{' | b'(' | b'[' => {
                self.depth += 1;
                Token::Open(byte)
            }
            b'}' | b')' | b']' => {
                self.depth = self.depth.saturating_sub(1);
                Token::Close(byte, self.depth)
            }
            b';' => Token::Semicolon,
            _ => Token::Other,
        };
        Some((at, token))
    }

    fn skip_past(&mut self, end: &[u8]) {
        self.at += 1;
        let rest = self.bytes.get(self.at..).unwrap_or_default();
        let found = rest.windows(end.len()).position(|w| w == end);
        self.at += found.map_or(rest.len(), |f| f + end.len());
    }

    fn string(&mut self, quote: u8) {
        while let Some(byte) = self.peek(0) {
            self.at += 1;
            match byte {
                b'\\' => self.at += 1,
                b'\n' => return,
                b if b == quote => return,
                _ => {}
            }
        }
    }
}

/// CSS with the URLs in it made absolute.
pub(crate) fn absolute(css: &str, base: &str) -> String {
    let mut out = String::with_capacity(css.len());
    let mut copied = 0;
    let mut scanner = Scanner::new(css);
    let mut import = false;
    while let Some((at, token)) = scanner.next() {
        let Some(rest) = css.get(at..) else { continue };
        let reference = match token {
            Token::Semicolon | Token::Open(b'{') => {
                import = false;
                None
            }
            Token::Other if starts_with(rest, "@import") => {
                import = true;
                None
            }
            Token::Other if import && rest.starts_with(['"', '\'']) => {
                import = false;
                css.get(at + 1..scanner.at.saturating_sub(1)).map(|r| (at..scanner.at, r, false))
            }
            Token::Other if starts_with(rest, "url(") && !ends_with_name(css.get(..at)) => {
                import = false;
                let found = url_token(rest);
                scanner.at = at + found.as_ref().map_or(4, |(length, _)| *length);
                found.map(|(length, reference)| (at..at + length, reference, true))
            }
            _ => None,
        };
        let Some((range, reference, function)) = reference else { continue };
        let resolved = url::resolve(base, reference);
        if *resolved != *reference {
            let quoted = resolved.replace('\\', "\\\\").replace('"', "\\\"");
            out.push_str(css.get(copied..range.start).unwrap_or_default());
            out.push_str(&if function { format!("url(\"{quoted}\")") } else { format!("\"{quoted}\"") });
            copied = range.end;
        }
    }
    out.push_str(css.get(copied..).unwrap_or_default());
    out
}

/// CSS whose rules for hovering also hold for the class that rrweb's player gives what the pointer is over. It sees to that
/// itself in texts, and not in rules that are put in.
pub(crate) fn hovered(css: &str) -> String {
    let (mut out, mut copied, mut start) = (String::with_capacity(css.len()), 0, 0);
    let mut scanner = Scanner::new(css);
    while let Some((at, token)) = scanner.next() {
        match token {
            Token::Open(b'{') => {
                let selectors = css.get(start..at).unwrap_or_default().trim_end();
                let more = hovering(selectors);
                if !more.is_empty() {
                    let end = start + selectors.len();
                    out.extend([css.get(copied..end).unwrap_or_default(), ", ", &more.join(", "), " "]);
                    copied = at;
                }
                start = at + 1;
            }
            Token::Close(b'}', _) | Token::Semicolon => start = at + 1,
            _ => {}
        }
    }
    out.push_str(css.get(copied..).unwrap_or_default());
    out
}

/// Of some selectors those for hovering, with the class in its place.
fn hovering(selectors: &str) -> Vec<String> {
    if selectors.trim_start().starts_with('@') || !selectors.contains(":hover") {
        return Vec::new();
    }
    let (mut parts, mut start) = (Vec::new(), 0);
    let mut scanner = Scanner::new(selectors);
    while let Some((at, token)) = scanner.next() {
        if matches!(token, Token::Other) && scanner.depth == 0 && selectors.get(at..=at) == Some(",") {
            parts.push(start..at);
            start = at + 1;
        }
    }
    parts.push(start..selectors.len());
    let part = |part: Range<usize>| selectors.get(part).map(str::trim);
    let wanted = |part: &&str| part.contains(":hover") && !part.contains("\\:hover");
    parts.into_iter().filter_map(part).filter(wanted).map(|p| p.replace(":hover", ".\\:hover")).collect()
}

fn starts_with(text: &str, lower: &str) -> bool {
    text.get(..lower.len()).is_some_and(|t| t.eq_ignore_ascii_case(lower))
}

/// Whether the text ends in a character of a name, so that what follows is the rest of one.
fn ends_with_name(text: Option<&str>) -> bool {
    text.is_some_and(|t| t.ends_with(|c: char| c.is_alphanumeric() || c == '-' || c == '_'))
}

/// The length of the `url(…)` that `text` starts with, and the URL in it.
fn url_token(text: &str) -> Option<(usize, &str)> {
    let inner = text.get(4..)?;
    let open = 4 + (inner.len() - inner.trim_start().len());
    let mut scanner = Scanner { bytes: text.as_bytes(), at: open, depth: 0 };
    match scanner.peek(0)? {
        quote @ (b'"' | b'\'') => {
            scanner.at += 1;
            scanner.string(quote);
            let reference = text.get(open + 1..scanner.at.checked_sub(1)?)?;
            let rest = text.get(scanner.at..)?;
            rest.trim_start().starts_with(')').then_some(())?;
            Some((scanner.at + rest.find(')')? + 1, reference))
        }
        _ => {
            let end = open + text.get(open..)?.find(')')?;
            Some((end + 1, text.get(open..end)?.trim_end()))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rules_end_at_braces_and_statements_at_semicolons() {
        let css = "@charset \"x\"; @import url(a;b.css); /* a{} */ .a{b:\"}\"} @media x{.c{d:e}.f{}} .g\\{{}";
        assert_eq!(rules(css), ["@import url(a;b.css);", ".a{b:\"}\"}", "@media x{.c{d:e}.f{}}", ".g\\{{}"]);
        assert_eq!(rules(".open{a:b"), [".open{a:b"], "the end of the sheet closes all");
        assert!(rules("} stray ; text").len() <= 1);
    }

    #[test]
    fn nested_rules_are_put_in_and_taken_out() {
        let media = "@media x{.a{}.b{}}";
        assert_eq!(edit(media, &[1], Some(".n{}")).unwrap(), "@media x{.a{}.n{} .b{}}");
        assert_eq!(edit(media, &[2], Some(".n{}")).unwrap(), "@media x{.a{}.b{} .n{}}");
        assert_eq!(edit(media, &[0], None).unwrap(), "@media x{.b{}}");
        assert_eq!(edit(media, &[3], Some(".n{}")), None);
        assert_eq!(edit("@layer l{@media x{.a{}}}", &[0, 0], None).unwrap(), "@layer l{@media x{}}");
        assert_eq!(edit(".a{b:c}", &[0], Some("&:hover{}")).unwrap(), ".a{b:c; &:hover{}}");
    }

    #[test]
    fn rules_for_hovering_hold_for_the_players_class() {
        let out = hovered(".a:hover, b, :is(c, d:hover) {e:f} g{h:i}");
        assert_eq!(out, ".a:hover, b, :is(c, d:hover), .a.\\:hover, :is(c, d.\\:hover) {e:f} g{h:i}");
        let nested = "@media (hover:hover){a{x:y;&:hover{b:c}}}";
        assert_eq!(hovered(nested), "@media (hover:hover){a{x:y;&:hover, &.\\:hover {b:c}}}");
        for same in ["a{b:':hover{'}", ".\\:hover{}", "a:hover", "é:hover,", ""] {
            assert_eq!(hovered(same), same);
        }
    }

    #[test]
    fn urls_become_absolute() {
        let base = "https://a.example/x/y.css";
        let css = "@import 'z.css'; .a{b:url( img.png ) url('/r\"s.png') url(#f) url(data:,x) curl(q)} /* url(no) */";
        let out = "@import \"https://a.example/x/z.css\"; .a{b:url(\"https://a.example/x/img.png\") \
                   url(\"https://a.example/r\\\"s.png\") url(#f) url(data:,x) curl(q)} /* url(no) */";
        assert_eq!(absolute(css, base), out);
        for broken in ["url(", "url('", "url(\"a", "@import", "url('a' x)", "é url(é", "\\"] {
            let _ = absolute(broken, base);
        }
    }
}
