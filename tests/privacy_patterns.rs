//! What has the shape of a secret leaves by no way, though no field declared it: every pattern in every sink.
#![allow(clippy::indexing_slicing, clippy::panic, clippy::unwrap_used, clippy::expect_used, reason = "tests")]

mod common;

use afterimage_recorder::privacy::Settings;
use common::echo::{SINKS, Sink, run_in};
use common::line::Line;

/// Promise, what it is, and how it looks.
const PATTERNS: &[(&str, &str, &str)] = &[
    ("n02", "Visa", "4242424242424242"),
    ("n02", "Visa in groups", "4242 4242 4242 4242"),
    ("n02", "Visa with dashes", "4539-1488-0343-6467"),
    ("n02", "Amex", "3782 822463 10005"),
    ("n02", "Diners", "30569309025904"),
    ("n02", "Discover", "6011000990139424"),
    ("n02", "Mastercard of the new range", "2223003122003222"),
    ("n02", "JCB", "3530111333300000"),
    ("n02", "wide digits", "４２４２４２４２４２４２４２４２"),
    ("n04", "IBAN", "DE89370400440532013000"),
    ("n04", "IBAN in groups", "GB29 NWBK 6016 1331 9268 19"),
    ("n04", "IBAN in small letters", "nl91abna0417164300"),
    ("n04", "US social security number", "219-09-9999"),
    ("n04", "the same with spaces", "219 09 9999"),
    ("n04", "JWT", "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0In0.dBjftJeZ4CVPmB92K27uhbUJU1p1r_wW1gFWFOEjXk"),
    ("n04", "Stripe", "sk_live_4eC39HqLyjWDarjtT1zdp7dc"),
    ("n04", "GitHub", "ghp_16C7e42F292c6912E7710c838347Ae178B4a"),
    ("n04", "GitHub, the new kind", "github_pat_11ABCDEFG0abcdefghijkl_mnopqrstuvwxyz0123456789ABCDEFGHI"),
    ("n04", "GitLab", "glpat-xY7_kLmN3pQrStUvWxYz"),
    ("n04", "AWS", "AKIAIOSFODNN7EXAMPLE"),
    ("n04", "Slack", "xoxb-263594206564-FGqddMF8t08v8N7Oq4i57vs1"),
    ("n04", "Google", "AIzaSyDaGmWKa4JsXZ-HjGw7ISLn_3namBGewQe"),
    ("n04", "Google OAuth", "ya29.a0AfH6SMBx3kq9-ZtYw2vLmNoPqRsTuVw"),
    ("n04", "SendGrid", "SG.ngeVfQFYQlKU0ufo8x5d1A.TwL2iGABf9DHoTf09kqeF8tAmbihYzrnopKc1s5cr"),
    ("n04", "npm", "npm_1a2B3c4D5e6F7g8H9i0JkLmNoPqRsTuVwXyZ"),
    ("n04", "OpenAI", "sk-proj-Zx8kP2mQ7rT4wV9yB1nC3dF6gH0jL5sA"),
    ("n04", "Shopify", "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"),
    ("n04", "Hugging Face", "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"),
    ("n04", "Mailgun", "key-3ax6xnjp29jd6fds4gc373sgvjxteol0"),
    ("n04", "MD5", "d41d8cd98f00b204e9800998ecf8427e"),
    ("n04", "SHA-1", "da39a3ee5e6b4b0d3255bfef95601890afd80709"),
    ("n04", "UUID", "550e8400-e29b-41d4-a716-446655440000"),
    ("n04", "random letters", "fSXph7oFQbUtFUwR2mPqKx9zLdYc"),
    ("n04", "base64", "q83vEjRWeJCrze8SNFZ4kKvN7xI0VniQ"),
    ("n04", "an address", "anna.schmidt@mail.example"),
    ("n04", "a telephone number", "+1 555 234 7654"),
];

/// What goes wrong with a pattern in a sink.
fn leak(pattern: &str, sink: Sink) -> Option<String> {
    let mut line = Line::new(|page, body| {
        page.append(body, page.build("p", &[], &[page.text_node("Unrelated words")]));
    });
    sink.1(&mut line, pattern);
    line.leave();
    assert!(line.says("Unrelated words"));
    let sent: Vec<char> = line.text().to_lowercase().chars().collect();
    run_in(pattern, 9, &sent).map(|found| format!("{found:?} in {}", sink.0))
}

fn check(promise: &str) {
    let mut wrong = Vec::new();
    for (_, name, pattern) in PATTERNS.iter().filter(|p| p.0 == promise) {
        for sink in SINKS.iter().filter(|s| fits(name, s.0)) {
            wrong.extend(leak(pattern, *sink).map(|leak| format!("{name}: {leak}")));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// Whether a sink takes a text to pieces: only cards are put together again, from single digits and groups as printed.
fn apart(sink: &str) -> bool {
    matches!(sink, "letters" | "pairs" | "threes" | "fours" | "sixes" | "elements" | "titles")
}

/// Whether a pattern tells of a secret where it stands.
fn fits(name: &str, sink: &str) -> bool {
    match name {
        // Drawings are numbers, and style sheets name things as they like.
        _ if matches!(sink, "drawing" | "selector") => false,
        "Visa" | "wide digits" => !matches!(sink, "pairs" | "threes" | "titles" | "sixes"),
        _ if apart(sink) => false,
        // Owners unmask fields to read what is in them.
        "an address" | "a telephone number" if sink == "another field" => false,
        // Files are called by digests of what is in them, and numbered; things by what tells them apart.
        "a telephone number" | "MD5" | "SHA-1" | "UUID"
            if matches!(sink, "src" | "srcset" | "style" | "style sheet") =>
        {
            false
        }
        "UUID" => !matches!(sink, "class" | "id"),
        _ => true,
    }
}

#[test]
fn promise_n02_cards_in_every_sink() {
    check("n02");
}

#[test]
fn promise_n04_accounts_and_tokens_in_every_sink() {
    check("n04");
}

#[test]
fn promise_n04_credentials_in_urls() {
    for (url, gone) in [
        ("https://anna:hunter2pass@shop.example/a", "hunter2"),
        ("https://shop.example/a?token=hunter2pass", "hunter2"),
        ("https://shop.example/a#access_token=hunter2pass&x=1", "hunter2"),
        ("https://shop.example/a;jsessionid=hunter2pass/b", "hunter2"),
        ("https://shop.example/reset/fSXph7oFQbUtFUwR", "fSXph7o"),
        ("//anna:hunter2pass@cdn.example/a.png", "hunter2"),
        ("/in?next=%2Fa%3Ftoken%3Dhunter2pass", "hunter2"),
    ] {
        let mut line = Line::at(url, url, Settings::default(), |page, body| {
            for (tag, name) in [
                ("a", "href"),
                ("img", "src"),
                ("form", "action"),
                ("button", "formaction"),
                ("video", "poster"),
                ("object", "data"),
                ("use", "href"),
                ("link", "href"),
                ("iframe", "src"),
                ("blockquote", "cite"),
            ] {
                page.append(body, page.build(tag, &[(name, url)], &[]));
            }
            page.append(body, page.build("img", &[("srcset", &format!("{url} 1x, {url} 2x"))], &[]));
            page.append(body, page.build("p", &[("style", &format!("background:url({url})"))], &[]));
            let css = page.text_node(&format!("@import \"{url}\";p{{background:url('{url}')}}"));
            page.append(body, page.build("style", &[], &[css]));
            let text = page.text_node(&format!("See {url} for more"));
            page.append(body, page.build("p", &[("title", url)], &[text]));
        });
        (SINKS.iter().find(|s| s.0 == "error").unwrap().1)(&mut line, url);
        (SINKS.iter().find(|s| s.0 == "event").unwrap().1)(&mut line, url);
        let go = |u: &str| afterimage_recorder::privacy::Raw::new(u.into());
        line.recorder.navigated(0, go(url), go(&format!("At {url}")));
        line.leave();
        assert!(!line.says(gone), "{url}: {}", line.lines());
        assert!(line.says("See "));
    }
}

#[test]
fn promise_n02_what_stands_beside_a_card() {
    for text in [
        "Visa 4242 4242 4242 4242, 04/31, 472",
        "4242424242424242 exp 04/31 cvc 472",
        "Card: 4242 4242 4242 4242 | Expires: 04/2031 | CVV: 472",
    ] {
        let names = ["tag", "attribute's name", "drawing", "selector", "class", "id"];
        // The parts of a path are looked at one by one.
        let paths = ["href", "src", "srcset", "style", "style sheet", "address", "error"];
        for sink in SINKS.iter().filter(|s| !apart(s.0) && !names.contains(&s.0) && !paths.contains(&s.0)) {
            let mut line = Line::new(|_, _| {});
            sink.1(&mut line, text);
            line.leave();
            for gone in ["4242 4242", "42424242", "04/31", "04/2031", " 472"] {
                assert!(!line.says(gone), "{gone} of {text:?} in {}: {}", sink.0, line.lines());
            }
        }
    }
}
