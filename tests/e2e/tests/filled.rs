//! What a visitor does not type: words an input method composes, and forms the browser fills in. In Chromium, whose DevTools
//! protocol does both as a visitor would; the events are those of every engine.

use std::collections::BTreeMap;

use afterimage_e2e::{Browser, Collector, Engine};
use serde_json::{Value, json};

const CARD: [(&str, &str); 5] = [
    ("number", "4716258050958645"),
    ("name", "Wilhelmina Oystercatcher"),
    ("expiryMonth", "11"),
    ("expiryYear", "2039"),
    ("cvc", "739"),
];
const ADDRESS: [(&str, &str); 4] = [
    ("NAME_FULL", "Peregrine Thistlewood"),
    ("ADDRESS_HOME_STREET_ADDRESS", "77 Quagmire Crescent"),
    ("ADDRESS_HOME_CITY", "Zennorville"),
    ("EMAIL_ADDRESS", "thistlewood@example.net"),
];

/// A page that shows the card that is filled in, as the worst do.
const FORMS: &str = "<!doctype html><html lang=en><head><title>Filled</title><link rel=icon href='data:,'></head><body>
    <form id=to><label>Name <input id=full autocomplete=name></label><label>Street <input id=street autocomplete=street-address></label>
    <label>Town <input id=town autocomplete=address-level2></label><label>Mail <input id=mail type=email autocomplete=email></label></form>
    <form id=pay><label>Card <input id=number name=cardnumber autocomplete=cc-number></label>
    <label>Name on card <input id=holder name=ccname autocomplete=cc-name></label>
    <label>Month <input id=month name=month autocomplete=cc-exp-month></label><label>Year <input id=year name=year autocomplete=cc-exp-year></label>
    <label>Code <input id=code name=cvc autocomplete=cc-csc></label></form><output id=shown></output>
    <script>pay.oninput = () => (shown.textContent = [...pay.elements].map(({ value }) => value).join(' '))</script></body></html>";

/// The elements of which such a transfer was told, by their ids.
fn transfers(records: &[Value], action: &str) -> Vec<String> {
    let entries = || records.iter().filter_map(|record| record["entries"].as_array()).flatten();
    let told = records.iter().filter(|record| record["kind"] == "transfer" && record["action"] == action);
    told.map(|record| {
        let node = entries().find(|entry| entry["node"] == record["node"]).expect("its element");
        node["attributes"]["id"].as_str().unwrap_or_default().to_owned()
    })
    .collect()
}

/// Has the browser fill in the form around a field.
fn fill_in(browser: &Browser, css: &str, what: &str, values: &Value) {
    browser.click(css);
    let root = browser.tell_chromium("DOM.getDocument", &json!({}))["root"]["nodeId"].clone();
    let found = browser.tell_chromium("DOM.querySelector", &json!({ "nodeId": root, "selector": css }));
    let field = browser.tell_chromium("DOM.describeNode", &json!({ "nodeId": found["nodeId"] }));
    let trigger = json!({ "fieldId": field["node"]["backendNodeId"], what: values });
    drop(browser.tell_chromium("Autofill.trigger", &trigger));
    browser.wait_until(&format!("document.querySelector('{css}').matches(':autofill')"));
}

#[test]
fn forms_that_the_browser_fills_in_are_a_fact_and_nothing_of_a_card_leaves() {
    let browser = &Browser::open(Engine::Chromium, "forms_that_the_browser_fills_in");
    let (collector, _site) = Collector::recording(browser, FORMS);
    drop(browser.tell_chromium("DOM.enable", &json!({})));
    drop(browser.tell_chromium("Autofill.enable", &json!({})));
    let fields: Vec<Value> = ADDRESS.map(|(name, value)| json!({ "name": name, "value": value })).into();
    fill_in(browser, "#full", "address", &json!({ "fields": fields }));
    fill_in(browser, "#number", "card", &json!(BTreeMap::from(CARD)));
    let shown = browser.ask("return shown.textContent", json!([]));
    for (_, value) in CARD {
        assert!(shown.as_str().unwrap_or_default().contains(value), "the page shows {shown}");
    }
    let records = collector.records(&collector.flushed(browser));
    assert_eq!(
        transfers(&records, "autofill"),
        ["full", "street", "town", "mail"],
        "of a card not even that"
    );
    assert!(!records.iter().any(|record| record["kind"] == "stop"), "it records on");
    let (bytes, printed) = collector.received();
    assert!(printed.contains("Name on card"), "the search sees what the page says");
    // Month and code are digits that records have of themselves.
    for (_, value) in CARD.into_iter().chain(ADDRESS).filter(|(_, value)| value.len() > 4) {
        assert!(!printed.contains(value), "{value:?} is in a record");
        let found = bytes.windows(value.len()).any(|window| window == value.as_bytes());
        assert!(!found, "{value:?} is in a body");
    }
}

#[test]
fn words_that_an_input_method_composes_are_a_fact() {
    let browser = &Browser::open(Engine::Chromium, "words_that_an_input_method_composes");
    let page =
        "<!doctype html><html lang=ja><head><title>Composed</title><link rel=icon href='data:,'></head><body>
        <input id=query aria-label=Search><p id=text contenteditable aria-label=Text></p>
        <input id=number autocomplete=cc-number aria-label=Card><output id=shown></output>
        <script>number.oninput = () => (shown.textContent = number.value)</script></body></html>";
    let (collector, _site) = Collector::recording(browser, page);
    for css in ["#query", "#text", "#number"] {
        browser.click(css);
        for so_far in ["に", "にほん", "にほんばし"] {
            let at = so_far.chars().count();
            drop(browser.tell_chromium(
                "Input.imeSetComposition",
                &json!({ "text": so_far, "selectionStart": at, "selectionEnd": at }),
            ));
        }
        drop(browser.tell_chromium("Input.insertText", &json!({ "text": "日本橋" })));
    }
    assert_eq!(
        browser.ask("return query.value + text.textContent + shown.textContent", json!([])),
        "日本橋".repeat(3)
    );
    let records = collector.records(&collector.flushed(browser));
    // How often something is composed would tell how long a text is that is masked, as what is edited in place.
    assert_eq!(transfers(&records, "compose"), ["query"]);
    let (_, printed) = collector.received();
    for said in ["にほん", "日本橋"] {
        assert!(!printed.contains(said), "{said:?} is in a record");
    }
}
