//! What the gate keeps and what it withholds, sink by sink.
#![allow(clippy::unwrap_used, clippy::indexing_slicing)] // a test may panic

use afterimage_recorder::privacy::{
    Clean, Element, FieldClass, Gate, Kind, MASK, Policy, Raw, Rule, Rules, Settings,
};
use afterimage_wire::strings::Role;
use afterimage_wire::{Batch, BatchWriter, Header};

fn raw(text: &str) -> Raw {
    Raw::new(text.into())
}

fn with(policy: Policy) -> Gate {
    Gate::new(Settings { policy, ..Settings::default() })
}

fn text(text: &str) -> String {
    with(Policy::Default).text(Rules::NONE, "p", raw(text)).as_ref().into()
}

fn attributes(list: &[(&str, &str)]) -> Vec<(String, Raw)> {
    list.iter().map(|(n, v)| ((*n).into(), raw(v))).collect()
}

fn attribute(tag: &str, name: &str, value: &str, siblings: &[(&str, &str)]) -> Option<String> {
    let gate = with(Policy::Default);
    let siblings = attributes(siblings);
    gate.attribute(&Rules::NONE, tag, name, raw(value), &siblings).map(|c| c.as_ref().into())
}

fn url(url: &str) -> String {
    with(Policy::Default).url(raw(url)).as_ref().into()
}

/// The text column after sealing.
fn sealed(gate: &mut Gate, texts: &[&str]) -> Vec<String> {
    sealed_as(gate, Role::Text, texts)
}

fn sealed_as(gate: &mut Gate, role: Role, texts: &[&str]) -> Vec<String> {
    let mut writer = BatchWriter::default();
    for text in texts {
        writer.string(role, text);
    }
    gate.seal(&mut writer);
    let skip = afterimage_wire::strings::Table::first(role);
    writer.table().column(role).iter().skip(skip).map(String::from).collect()
}

const PASSWORD: FieldClass = FieldClass::Protected(Kind::Password);

fn typed(gate: &mut Gate, class: FieldClass, value: &str) {
    for (end, c) in value.char_indices() {
        gate.learn(class, raw(&value[..end + c.len_utf8()]));
    }
}

#[test]
fn ordinary_text_is_kept() {
    for kept in [
        "JavaScript and WebAssembly",
        "iPhone 15 Pro from $1,299.00",
        "Published 2024-05-12 at 14:30, updated 12/05/2024",
        "1 234 567 visitors in 2023–2024",
        "Bafulnex wortalina",
        "Order by phone or visit us in 1030 Vienna",
        "Room 4031, open 9-17",
        "The password must have at least 8 characters",
        "Your cart (3)",
        "Error code: not found",
        "Call getElementsByTagName('div') in Chrome 120.0.6099",
        "Rechtsschutzversicherungsgesellschaften",
        "Version 1.2.3-beta.4",
        "ISBN 978-3-16",
        "100 % Baumwolle, 30 °C",
        "New York, NY 10001",
        "日本語のテキスト 2024年5月12日",
        "3,141,592 views",
        "@handle said hi",
    ] {
        assert_eq!(text(kept), kept);
    }
}

#[test]
fn promise_n02_card_numbers_in_text() {
    assert_eq!(text("Visa 4242 4242 4242 4242 ends"), format!("Visa {MASK} ends"));
    assert_eq!(text("4242-4242-4242-4242"), MASK);
    assert_eq!(text("amex 378282246310005"), format!("amex {MASK}"));
    assert_eq!(text("full width ４２４２ ４２４２ ４２４２ ４２４２"), format!("full width {MASK}"));
    assert_eq!(text("ends in 4242"), "ends in 4242");
    assert_eq!(text("Expires 04/31"), format!("Expires {MASK}"));
    assert_eq!(text("Valid thru 04 / 2031"), format!("Valid thru {MASK}"));
    assert_eq!(text("CVV 472"), format!("CVV {MASK}"));
    assert_eq!(text("timestamp 1715520000000"), "timestamp 1715520000000");
    let card = text("Your card 4242 4242 4242 4242, valid until 04/31, code 563, was added");
    assert_eq!(card, format!("Your card {MASK}, valid until {MASK}, code {MASK}, was added"));
    assert_eq!(text("Your order, code 563, was added"), "Your order, code 563, was added");
}

#[test]
fn promise_n04_accounts_codes_and_tokens_in_text() {
    for (secret, around) in [
        ("DE89 3704 0044 0532 0130 00", "IBAN {} here"),
        ("GB29 NWBK 6016 1331 9268 19", "to {}."),
        ("DE12345678901234567890", "account {}"),
        ("123-45-6789", "SSN {}"),
        ("fSXph7oFQbUtFUwR2mPqKx9zLdYc", "Your key: {}"),
        ("d41d8cd98f00b204e9800998ecf8427e", "md5 {}"),
        ("550e8400-e29b-41d4-a716-446655440000", "id {}"),
        ("eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0In0.dBjftJeZ4CVPmB92K27u", "jwt {}"),
        ("sk_live_4eC39HqLyjWDarjtT1zdp7dc", "key {}"),
        ("482913", "Your code is {}"),
        ("482913", "{} is your verification code"),
        ("482 913", "Verification code: {}"),
        ("xK9m2Qp4", "Your new password is {}"),
        ("Rilvat27!kelo", "Your temporary password is {}"),
    ] {
        let masked = text(&around.replace("{}", secret));
        let (before, after) = around.split_once("{}").unwrap();
        assert!(masked.contains(MASK) && masked.starts_with(before) && masked.ends_with(after), "{masked}");
        assert!(!masked.contains(&secret[2..secret.len() - 2]), "{masked}");
    }
    assert_eq!(text("482913"), MASK);
    assert_eq!(text("Authorization: Bearer aB3kL9xQ"), format!("Authorization: Bearer {MASK}"));
    assert_eq!(text("GET /app/data?signature=hunter2 failed"), format!("GET /app/data{MASK} failed"));
    assert_eq!(text("see https://x.example/a?b=c#d now"), format!("see https://x.example/a{MASK} now"));
}

#[test]
fn contacts_are_masked_unless_the_policy_is_open() {
    assert_eq!(text("Mail anna.s@mail.example today"), format!("Mail {MASK} today"));
    assert_eq!(text("Call +1 555 234 7654"), format!("Call {MASK}"));
    assert_eq!(text("Tel. (555) 234-7654"), format!("Tel. {MASK}"));
    assert_eq!(text("06 12 34 56 78"), MASK);
    let open = with(Policy::Open);
    assert_eq!(open.text(Rules::NONE, "p", raw("Mail a@b.example")).as_ref(), "Mail a@b.example");
}

#[test]
fn policies_and_marks_decide_about_text() {
    let strict = with(Policy::Strict);
    assert_eq!(strict.text(Rules::UNMASK, "p", raw("Dear Anna\n")).as_ref(), "•••• ••••\n");
    let gate = with(Policy::Default);
    assert_eq!(gate.text(Rules::MASK, "p", raw("internationalisation")).as_ref(), "••••••••••••");
    assert_eq!(gate.text(Rules::SECRET, "div", raw("x")).as_ref(), MASK);
    assert_eq!(gate.text(Rules::SECRET, "div", raw(" ")).as_ref(), MASK);
    assert_eq!(gate.text(Rules::IN_STEP, "span", raw("K")).as_ref(), MASK);
    assert_eq!(gate.text(Rules::NONE, "textarea", raw("my notes")).as_ref(), MASK);
    assert_eq!(gate.text(Rules::DROP, "script", raw("let a")).as_ref(), "");
    assert_eq!(gate.text(Rules::STYLE, "style", raw("a{color:red}")).as_ref(), "a{color:red}");
    assert_eq!(strict.data(raw("TypeError: no user Anna")).as_ref(), format!("TypeError: {MASK}"));
    assert_eq!(
        strict.data(raw(r#"{"plan":"pro \" x","n":3,"o":{"who":"Anna"}}"#)).as_ref(),
        format!(r#"{{"plan":"{MASK}","n":3,"o":{{"who":"{MASK}"}}}}"#)
    );
}

#[test]
fn marks_of_other_recorders_count() {
    let gate = with(Policy::Default);
    let rules = |list: &[(&str, &str)], parent, matched| {
        gate.rules(&Element { tag: "div", attributes: &attributes(list), parent, matched })
    };
    for (name, value, wanted) in [
        ("class", "a rr-block", Rules::BLOCK),
        ("class", "rr-mask", Rules::MASK),
        ("class", "rr-ignore", Rules::IGNORE),
        ("class", "ph-no-capture", Rules::BLOCK),
        ("class", "fs-mask", Rules::MASK),
        ("class", "sentry-block", Rules::BLOCK),
        ("data-openreplay-obscured", "", Rules::MASK),
        ("data-openreplay-hidden", "", Rules::BLOCK),
        ("data-clarity-mask", "true", Rules::MASK),
        ("data-clarity-unmask", "true", Rules::UNMASK),
        ("data-hj-suppress", "", Rules::MASK),
        ("data-sentry-mask", "", Rules::MASK),
        ("data-dd-privacy", "mask", Rules::MASK),
        ("data-dd-privacy", "hidden", Rules::BLOCK),
        ("data-matomo-mask", "", Rules::MASK),
        ("data-afterimage", "mask", Rules::MASK),
        ("data-afterimage", "unmask", Rules::UNMASK),
        ("data-afterimage", "block", Rules::BLOCK),
        ("data-afterimage", "ignore", Rules::IGNORE),
    ] {
        assert_eq!(rules(&[(name, value)], Rules::NONE, Rules::NONE), wanted, "{name}={value}");
    }
    assert_eq!(rules(&[("data-clarity-mask", "false")], Rules::NONE, Rules::NONE), Rules::NONE);
    // The nearest counts; a mask beside an unmask wins; all else stays.
    let inner = rules(
        &[("data-afterimage", "unmask")],
        Rules::MASK.with(Rules::SECRET).with(Rules::STYLE),
        Rules::NONE,
    );
    assert_eq!(inner, Rules::UNMASK.with(Rules::SECRET));
    assert_eq!(rules(&[("data-afterimage", "unmask")], Rules::NONE, Rules::MASK), Rules::MASK);
    let script = Element { tag: "script", attributes: &[], parent: Rules::NONE, matched: Rules::NONE };
    assert!(gate.rules(&script).dropped());
}

#[test]
fn attributes_are_kept_by_list_only() {
    for (tag, name, value) in [
        ("div", "onclick", "pay('4242')"),
        ("input", "value", "hello"),
        ("option", "value", "4242424242424242"),
        ("iframe", "srcdoc", "<p>x"),
        ("script", "nonce", "abc"),
        ("link", "integrity", "sha256-x"),
        ("div", "data-value", "hunter2"),
        ("div", "data-csrf", "abc123"),
        ("div", "data-user-name", "Anna"),
        ("a", "ping", "/p?x"),
        ("input", "pattern", "x"),
        ("div", "v-model", "x"),
        ("meta", "content", "token"),
        ("iframe", "src", "javascript:alert(1)"),
        ("path", "d", "fSXph7oFQbUtFUwR2mPqKx9zLdYc"),
        ("img", "src", "blob:https://x.example/abc"),
    ] {
        assert_eq!(attribute(tag, name, value, &[]), None, "{tag} {name}");
    }
    assert_eq!(attribute("input", "name", "csrf", &[("type", "HIDDEN")]), None);
    assert_eq!(attribute("input", "type", "hidden", &[("type", "hidden")]).as_deref(), Some("hidden"));
    assert_eq!(attribute("input", "value", "Send", &[("type", "submit")]).as_deref(), Some("Send"));
    assert_eq!(
        attribute("meta", "content", "width=device-width", &[("name", "viewport")]).as_deref(),
        Some("width=device-width")
    );
    assert_eq!(attribute("meta", "content", "Key abc", &[("property", "og:description")]), None);
    for (tag, name, value) in [
        ("div", "class", "btn btn-primary css-1q2w3e4 Button_root__3xY2z"),
        ("input", "type", "password"),
        ("div", "id", "radix-:r3:"),
        ("svg", "viewBox", "0 0 24 24"),
        ("path", "d", "M4242 4242 4242 4242z"),
        ("path", "d", "M0 75h800v125h-800z M250,400h100v-100h100v100c0.6-0.8,1-1.9H0z"),
        ("path", "fill", "#121212"),
        ("iframe", "marginheight", "0"),
        ("lineargradient", "gradientTransform", "rotate(45)"),
        ("button", "aria-expanded", "true"),
        ("div", "data-state", "open"),
        ("h1", "title", "A heading"),
        ("a", "href", "/shop/shoes"),
        ("a", "href", "#reviews"),
        ("use", "href", "/sprite.svg#icon-x"),
        ("use", "href", "#pm-icon-1190842"),
        ("use", "href", "https://shop.example/write#pm-icon-1190842"),
        ("circle", "fill", "url(#gradient)"),
        ("rect", "fill", "url(#paint0_linear_1204_33517)"),
        ("progress", "value", "70"),
        ("img", "srcset", "/a.png 1x, /b.png 2x"),
    ] {
        assert_eq!(attribute(tag, name, value, &[]).as_deref(), Some(value), "{tag} {name}");
    }
    // What would not be kept as an id is not as the name of one; and a link's fragment is no part.
    for odd in ["#4242424242424242", "#fSXph7oFQbUtFUwR2mPqKx9zLdYc", "#anna@mail.example"] {
        assert_eq!(attribute("use", "href", odd, &[]).unwrap(), "");
        assert!(!attribute("rect", "fill", &format!("url({odd})"), &[]).unwrap().contains(&odd[1..]));
    }
    assert_eq!(attribute("a", "href", "#pm-icon-1190842", &[]).unwrap(), "");
    assert_eq!(attribute("img", "alt", "Card 4242424242424242", &[]).unwrap(), format!("Card {MASK}"));
    assert_eq!(attribute("div", "class", "a s-fSXph7oFQbUtFUwR2mPqKx9zLdYc", &[]).unwrap(), "a x");
    assert_eq!(attribute("img", "srcset", "/b.png?sig=abc 1x", &[]).unwrap(), "/b.png 1x");
    assert_eq!(attribute("a", "href", "mailto:a@b.example", &[]).unwrap(), "mailto:");
    // A link that runs something still looks like one.
    assert_eq!(attribute("a", "href", "javascript:alert(1)", &[]).unwrap(), "#");
}

#[test]
fn attributes_a_style_sheet_selects_are_kept() {
    let mut gate = with(Policy::Default);
    gate.note_css(&raw("[data-theme=\"sepia\"] p{} .x[data-cloak]{} a[data-kind^='pro'] {}"));
    let kept = |name: &str, value: &str| {
        gate.attribute(&Rules::NONE, "div", name, raw(value), &[]).map(|c| c.as_ref().to_owned())
    };
    assert_eq!(kept("data-theme", "sepia").as_deref(), Some("sepia"));
    assert_eq!(kept("data-theme", "hunter2"), None);
    assert_eq!(kept("data-cloak", "hunter2").as_deref(), Some(""));
    assert_eq!(kept("data-kind", "pro-hunter2").as_deref(), Some("pro"));
    assert!(gate.styled("data-theme", &raw("sepia")));
}

#[test]
fn strict_keeps_no_media_and_no_text_of_attributes() {
    let gate = with(Policy::Strict);
    let kept = |tag: &str, name: &str, value: &str| {
        gate.attribute(&Rules::NONE, tag, name, raw(value), &[]).map(|c| c.as_ref().to_owned())
    };
    assert_eq!(kept("img", "src", "/anna.png"), None);
    assert_eq!(kept("img", "alt", "Anna").as_deref(), Some("••••"));
    assert_eq!(kept("a", "href", "/people/anna-schmidt").as_deref(), Some("#"));
    assert_eq!(kept("form", "action", "/people/anna-schmidt").as_deref(), Some("#"));
    assert_eq!(kept("link", "href", "/a.css").as_deref(), Some("/a.css"));
}

#[test]
fn urls_are_cut() {
    for (from, to) in [
        ("https://a.example/shop?q=anna&sid=1#top", "https://a.example/shop"),
        ("https://user:pass@a.example/", "https://a.example/"),
        ("//cdn.example/a.png?x", "//cdn.example/a.png"),
        ("/reset/fSXph7oFQbUtFUwR2mPqKx9z", "/reset/*"),
        ("/verify/482913", "/verify/*"),
        ("/verify/a1b2c3", "/verify/*"),
        ("/user/550e8400-e29b-41d4-a716-446655440000/edit", "/user/*/edit"),
        ("/order/123456789", "/order/*"),
        ("/u/anna%40mail.example", "/u/*"),
        ("/news/2024/05/12/a-long-title-of-an-article", "/news/2024/05/12/a-long-title-of-an-article"),
        ("/products/iphone-15-pro-max", "/products/iphone-15-pro-max"),
        ("/a;jsessionid=4F2A/b", "/a/b"),
        ("?step=review", ""),
        ("#reviews", "#reviews"),
        ("#access_token=abc&x=y", ""),
        ("#482913", ""),
        ("/page#reviews", "/page"),
        ("mailto:anna@a.example?subject=x", "mailto:"),
        ("tel:+15552347654", "tel:"),
        ("javascript:alert('x')", ""),
        ("  JavaScript:alert('x')", ""),
        ("data:text/html,<p>x", ""),
        ("data:image/gif;base64,R0lGODlhAQABAAAAACw=", "data:image/gif;base64,R0lGODlhAQABAAAAACw="),
        ("data:image/svg+xml,%3Csvg%3E%3Ctext%3Ehunter2%3C/text%3E", ""),
        ("data:image/svg+xml;base64,PHN2Zz48dGV4dD5odW50ZXIyPC90ZXh0Pg==", ""),
        ("about:blank", "about:blank"),
        ("file:///home/anna/x.html", ""),
    ] {
        assert_eq!(url(from), to, "{from}");
    }
    let allowed = Gate::new(Settings { query: vec!["utm_source".into()], ..Settings::default() });
    assert_eq!(allowed.url(raw("/a?x=1&utm_source=mail&y=2")).as_ref(), "/a?utm_source=mail");
    assert_eq!(allowed.url(raw("/a?utm_source=fSXph7oFQbUtFUw")).as_ref(), "/a");
    let page = raw("https://a.example");
    let gate = with(Policy::Default);
    assert_eq!(gate.referrer(raw("https://a.example/in?t=1"), &page).as_ref(), "https://a.example/in");
    assert_eq!(gate.referrer(raw("https://other.example/in?t=1"), &page).as_ref(), "https://other.example");
}

#[test]
fn style_sheets_are_kept_but_for_data() {
    let gate = with(Policy::Default);
    let css = |text: &str| gate.css(raw(text)).as_ref().to_owned();
    for kept in [
        "a:hover{color:#a1b2c3;margin:0 -1px}/**/.icon::before{content:\"\\e901\"}",
        ".Button_root__3xY2z>b~i[data-x=\"open\"]{width:calc(100% - 2px)}",
        "@font-face{font-family:\"Inter\";src:url(\"/f/inter-v12.3f2a9b8c.woff2\") format(\"woff2\");unicode-range:U+0000-00FF}",
        ":root{--bg:#fff;--gap:1.5rem}",
        "@media (min-width:640px){.sm\\:grid{display:grid}}",
        "a{background:url(data:image/gif;base64,R0lGODlhAQABAAAAACw=)}",
        "background:url(#g)",
    ] {
        assert_eq!(css(kept), kept);
    }
    assert_eq!(css("a{background:url(/a.png?sig=abc)}"), "a{background:url(\"/a.png\")}");
    assert_eq!(css("@import \"/x.css?token=abc\";"), "@import \"/x.css\";");
    assert_eq!(css("/* build by anna */a{}"), "/**/a{}");
    assert_eq!(css("a::after{content:\"4242 4242 4242 4242\"}"), format!("a::after{{content:\"{MASK}\"}}"));
    assert_eq!(css("--card:4242424242424242"), "--card:x");
    assert_eq!(css("[value=\"fSXph7oFQbUtFUw\"]{color:red}"), format!("[value=\"{MASK}\"]{{color:red}}"));
    let strict = with(Policy::Strict);
    assert_eq!(
        strict.css(raw("a::after{content:\"Anna\"}b::after{content:\"\\e901\"}")).as_ref(),
        format!("a::after{{content:\"{MASK}\"}}b::after{{content:\"\\e901\"}}")
    );
}

#[test]
fn promise_r02_values_are_masked_unless_the_owner_unmasked_the_field() {
    let value = |policy, rules, class, kind: &str, text: &str| {
        with(policy).value(rules, class, kind, raw(text)).map(|c| c.as_ref().to_owned())
    };
    let plain = FieldClass::Plain;
    for policy in [Policy::Strict, Policy::Default, Policy::Open] {
        assert_eq!(value(policy, Rules::NONE, plain, "text", "hello").as_deref(), Some(MASK));
        assert_eq!(value(policy, Rules::UNMASK, PASSWORD, "text", "hello"), None);
        assert_eq!(value(policy, Rules::UNMASK, FieldClass::Hidden, "hidden", "hello"), None);
        assert_eq!(value(policy, Rules::NONE, plain, "radio", "4242"), None);
        assert_eq!(value(policy, Rules::NONE, plain, "file", "C:\\fakepath\\anna.pdf"), None);
    }
    assert_eq!(value(Policy::Strict, Rules::UNMASK, plain, "text", "hello").as_deref(), Some(MASK));
    assert_eq!(value(Policy::Default, Rules::UNMASK, plain, "text", "hello").as_deref(), Some("hello"));
    assert_eq!(value(Policy::Open, Rules::UNMASK, plain, "text", "4242424242424242").as_deref(), Some(MASK));
    assert_eq!(value(Policy::Default, Rules::NONE, plain, "submit", "Send").as_deref(), Some("Send"));
    assert_eq!(value(Policy::Default, Rules::NONE, plain, "text", "").as_deref(), Some(""));
}

#[test]
fn promise_n03_echoes_are_redacted_in_every_column() {
    let mut gate = with(Policy::Default);
    typed(&mut gate, PASSWORD, "fSXph7oFQbUtFUw");
    assert!(gate.knows_secrets());
    let texts = sealed(
        &mut gate,
        &[
            "Heading",
            "\"fSXph\" is weak",
            "FSXPH7OFQBUTFUW",
            "wUFtUbQFo7hpXSf",
            "f-S-X-p-h",
            "user:ZlNYcGg3b0ZRYlV0RlV3",
            "Buy now",
            "fSX",
        ],
    );
    assert_eq!(texts, ["Heading", MASK, MASK, MASK, MASK, MASK, "Buy now", "fSX"]);
    assert_eq!(
        sealed_as(&mut gate, Role::Css, &["#v::before{content:\"fSXph7oFQbUtFUw\";color:red}"]),
        ["#v::before{content:\"_\";color:red}"]
    );
    assert_eq!(
        sealed_as(&mut gate, Role::Data, &["{\"a\":\"bad credentials: fSXph7oFQbUtFUw\"}"]),
        ["{\"a\":\"bad credentials: _\"}"]
    );
    assert_eq!(
        sealed_as(&mut gate, Role::Url, &["https://a.example/p/fSXph7oFQbUtFUw/x"]),
        ["https://a.example/p/_/x"]
    );
    assert_eq!(sealed_as(&mut gate, Role::Value, &["tab fSXph7o"]), ["tab _"]);
    assert_eq!(sealed_as(&mut gate, Role::Name, &["data-fsxph7ofq"]), ["data-_"]);
    assert_eq!(sealed_as(&mut gate, Role::Input, &["66535870683766"]), ["_"]);
    gate.forget();
    assert!(!gate.knows_secrets());
    assert_eq!(sealed(&mut gate, &["fSXph7oFQbUtFUw"]), ["fSXph7oFQbUtFUw"]);
}

#[test]
fn promise_n03_secrets_split_over_nodes() {
    let mut gate = with(Policy::Default);
    gate.learn(PASSWORD, raw("KaUixFh2mPq"));
    let letters = ["Weak:", "K", "a", "U", "i", "x", "F", "h", "2", "m", "P", "q", "Try again"];
    let out = sealed(&mut gate, &letters);
    assert_eq!(out.first().unwrap(), "Weak:");
    assert_eq!(out.last().unwrap(), "Try again");
    assert!(out[1..12].iter().all(|t| t == MASK), "{out:?}");
    assert_eq!(sealed(&mut gate, &["KaUix", "Fh2mP", "q"]), [MASK, MASK, MASK]);
    assert_eq!(sealed(&mut gate, &["KaU", "ixF", "h2m", "Pq"]), [MASK, MASK, MASK, MASK]);
}

#[test]
fn promise_n02_cards_split_over_nodes_need_no_ledger() {
    let mut gate = with(Policy::Default);
    assert_eq!(
        sealed(&mut gate, &["Visa", "4242", "4242", "4242", "4242", "OK"]),
        ["Visa", MASK, MASK, MASK, MASK, "OK"]
    );
    let mut cells: Vec<&str> = vec!["Card"];
    cells.extend(["4", "2", "4", "2", "4", "2", "4", "2", "4", "2", "4", "2", "4", "2", "4", "2"]);
    assert!(sealed(&mut gate, &cells)[1..].iter().all(|t| t == MASK));
    let month: Vec<String> = (1..=31).map(|d| d.to_string()).collect();
    let month: Vec<&str> = month.iter().map(String::as_str).collect();
    assert_eq!(sealed(&mut gate, &month), month);
    let years = ["2019", "2020", "2021", "2022", "2023", "2024"];
    assert_eq!(sealed(&mut gate, &years), years);
    for groups in [["55", "55555", "555554", "444"], ["37", "8282", "24631", "0005"]] {
        assert_eq!(sealed(&mut gate, &[&groups[..], &["12"]].concat())[..4], [MASK; 4]);
    }
}

#[test]
fn columns_of_numbers_are_no_cards() {
    let mut gate = with(Policy::Open);
    let table: Vec<String> = (0..300).flat_map(|i| [i.to_string(), (i * i).to_string()]).collect();
    let table: Vec<&str> = table.iter().map(String::as_str).collect();
    assert_eq!(sealed(&mut gate, &table), table);
    let numbers: Vec<String> = (10..400).map(|i| i.to_string()).collect();
    let numbers: Vec<&str> = numbers.iter().map(String::as_str).collect();
    assert_eq!(sealed(&mut gate, &numbers), numbers);
    // Unless they are grouped as cards are.
    let card = [&["12", "144", "13", "169"], &["4242"; 4][..], &["14", "196"]].concat();
    assert_eq!(sealed(&mut gate, &card)[4..8], [MASK; 4]);
    let card = [&["12", "144", "13", "169"], &["3782", "822463", "10005"][..], &["14", "196"]].concat();
    assert_eq!(sealed(&mut gate, &card)[4..7], [MASK; 3]);
}

#[test]
fn codes_after_their_labels() {
    let mut gate = with(Policy::Default);
    assert_eq!(sealed(&mut gate, &["CVV", "472", "Total", "12.50"]), ["CVV", MASK, "Total", "12.50"]);
    assert_eq!(
        sealed(&mut gate, &["Card number", MASK, "Expires", "04/31", "CVV", "4721"]),
        ["Card number", MASK, "Expires", MASK, "CVV", MASK]
    );
    assert_eq!(
        sealed(&mut gate, &["Card number", "Expires", "CVV", MASK, "04/31", "472"]),
        ["Card number", "Expires", "CVV", MASK, MASK, MASK]
    );
    assert_eq!(sealed(&mut gate, &["Your password", "xK9m2Qp4"]), ["Your password", MASK]);
    assert_eq!(sealed(&mut gate, &["IBAN", "DE12", "370400440532013000"])[2], MASK);
    assert_eq!(sealed(&mut gate, &["Secret key:", "JBSW Y3DP EHPK 3PXP JBSW"])[1], MASK);
    assert_eq!(sealed(&mut gate, &["New", "with 4 legs that hold"])[1], "with 4 legs that hold");
    assert_eq!(sealed(&mut gate, &["Enter PIN", "4", "8", "2", "9"]), ["Enter PIN", MASK, MASK, MASK, MASK]);
    assert_eq!(sealed(&mut gate, &["Page", "1", "2", "3", "4"]), ["Page", "1", "2", "3", "4"]);
    assert_eq!(sealed(&mut gate, &["Kick-off", "20:45", "2", "1"]), ["Kick-off", "20:45", "2", "1"]);
}

#[test]
fn promise_n04_recovery_phrases() {
    let mut gate = with(Policy::Default);
    let phrase = "legal winner thank year wave sausage worth useful legal winner thank yellow";
    assert_eq!(sealed(&mut gate, &["Keep this", phrase, "safe"]), ["Keep this", MASK, "safe"]);
    let words: Vec<&str> = phrase.split(' ').collect();
    let cells = [&["Recovery phrase", "1."], &words[..], &["I wrote it down"]].concat();
    let out = sealed(&mut gate, &cells);
    assert!(out[2..14].iter().all(|word| word == MASK), "{out:?}");
    assert_eq!(out[14], "I wrote it down");
    assert_eq!(sealed(&mut gate, &words), words, "tags, perhaps");
}

#[test]
fn promise_r02_what_is_edited_in_place_is_masked_unless_the_owner_unmasked_it() {
    let gate = with(Policy::Default);
    let text = |attributes: &[(&str, &str)], parent| {
        let attributes = self::attributes(attributes);
        let element = Element { tag: "div", attributes: &attributes, parent, matched: Rules::NONE };
        gate.text(gate.rules(&element), "div", raw("dear Anna")).as_ref().to_owned()
    };
    assert_eq!(text(&[("contenteditable", "")], Rules::NONE), "•••• ••••");
    assert_eq!(text(&[("contenteditable", "false")], Rules::NONE), "dear Anna");
    assert_eq!(text(&[("contenteditable", "true")], Rules::UNMASK), "dear Anna");
}

#[test]
fn promise_n03_what_the_address_says_is_secret() {
    let mut gate = with(Policy::Default);
    gate.learn_url(&raw("https://a.example/?lang=en&key=popular&password=Rilvat%21kelo+x#code=48291"));
    assert_eq!(sealed(&mut gate, &["You sent Rilvat!kelo"]), [MASK]);
    assert_eq!(sealed(&mut gate, &["Code 48291", "a popular en"]), [MASK, "a popular en"]);
}

#[test]
fn short_secrets_are_redacted_as_whole_words() {
    let mut gate = with(Policy::Default);
    typed(&mut gate, FieldClass::Protected(Kind::CardCode), "472");
    typed(&mut gate, FieldClass::Protected(Kind::Expiry), "04/31");
    assert_eq!(
        sealed(
            &mut gate,
            &["sum 472", "4721 items", "1472", "thru 04 / 2031", "2031-04", "04/32", "4", "7", "2"]
        ),
        [MASK, "4721 items", "1472", MASK, MASK, "04/32", MASK, MASK, MASK]
    );
    // A stage of a longer secret is no secret of its own.
    typed(&mut gate, PASSWORD, "pastis");
    assert_eq!(sealed(&mut gate, &["ne pas", "le pastis"]), ["ne pas", MASK]);
}

#[test]
fn groups_of_fields_are_learnt_together() {
    let mut gate = with(Policy::Default);
    for n in 1..=6 {
        let boxes: Vec<Raw> = "482913".chars().take(n).map(|c| raw(&c.to_string())).collect();
        gate.learn_group(&boxes);
    }
    gate.learn_group(&[raw("2031"), raw("04")]);
    assert_eq!(sealed(&mut gate, &["sent 482913", "04/31", "482 items"]), [MASK, MASK, "482 items"]);
}

#[test]
fn words_of_every_page_do_not_wipe_it_out() {
    let mut gate = with(Policy::Default);
    gate.learn(PASSWORD, raw("password-background1"));
    assert_eq!(sealed(&mut gate, &["Password", "Show password"]), ["Password", "Show password"]);
    assert_eq!(sealed(&mut gate, &["password background1"]), [MASK]);
    let css = "a{background-color:red}input[type=\"password\"]{display:none}";
    assert_eq!(sealed_as(&mut gate, Role::Css, &[css]), [css]);
    // A secret that is nothing but such a word is still one.
    gate.learn(PASSWORD, raw("password"));
    assert_eq!(sealed(&mut gate, &["it is password"]), [MASK]);
    gate.learn(PASSWORD, raw("$$$!!!???"));
    assert_eq!(sealed(&mut gate, &["was $$$!!!???", "$$$"]), [MASK, "$$$"]);
}

#[test]
fn a_value_that_is_a_known_secret_protects_its_field() {
    let mut gate = with(Policy::Default);
    gate.learn(PASSWORD, raw("KaUixFh2mPq"));
    assert!(gate.classify_value(&raw("kauixfh")).is_protected());
    assert!(!gate.classify_value(&raw("anna")).is_protected());
}

#[test]
fn reports_count_by_rule_and_carry_the_policy() {
    let mut gate = with(Policy::Default);
    gate.text(Rules::MASK, "p", raw("x"));
    gate.text(Rules::NONE, "p", raw("4242424242424242"));
    gate.value(Rules::NONE, PASSWORD, "text", raw("x"));
    gate.learn(PASSWORD, raw("KaUixFh2mPq"));
    sealed(&mut gate, &["KaUixFh2mPq"]);
    let report = gate.report();
    let of =
        |rule: Rule| report.withheld.iter().find(|(n, _)| *n == rule as u32).map_or(0, |(_, count)| *count);
    assert_eq!(
        (of(Rule::MaskedText), of(Rule::Card), of(Rule::ProtectedField), of(Rule::Echo)),
        (1, 1, 1, 1)
    );
    assert!(gate.report().withheld.is_empty());
    assert_eq!(Rule::name_of(Rule::Echo as u32), Some("echo"));
    assert_ne!(report.policy, with(Policy::Strict).report().policy);
    let json = Settings { query: vec!["b".into(), "a\"".into()], ..Settings::default() }.canonical_json();
    assert_eq!(json, r#"{"policy":"default","query":["b","a\""],"selectors":["","","",""]}"#);
}

#[test]
fn a_sealed_batch_decodes() {
    let mut gate = with(Policy::Default);
    gate.learn(PASSWORD, raw("KaUixFh2mPq"));
    let mut writer = BatchWriter::default();
    let record = afterimage_wire::record::Custom {
        name: Clean::fixed("n"),
        payload: gate.data(raw("say KaUixFh2mPq")),
    };
    record.encode(&mut writer, 1);
    gate.seal(&mut writer);
    let body = writer.finish_body(Header::default(), &gate.report());
    let batch = Batch::decode(&body, 1 << 20).unwrap();
    assert!(!String::from_utf8_lossy(&body).contains("KaUix"));
    assert_eq!(batch.records.len(), 1);
}
