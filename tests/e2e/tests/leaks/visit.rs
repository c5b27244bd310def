//! A visitor who does what a case says, with real input.

use afterimage_e2e::Browser;
use serde_json::{Value, json};

use crate::judge::Press;

/// Where the middle of an element is in the page's viewport: `>>>` steps into shadow roots and frames.
const MIDDLE: &str = "
    let at, x = 0, y = 0;
    for (const part of arguments[0].split('>>>')) {
        if (at?.contentDocument) { const box = at.getBoundingClientRect(); x += box.left + at.clientLeft; y += box.top + at.clientTop }
        at = (at ? at.contentDocument ?? at.shadowRoot ?? at.inside : document).querySelector(part.trim());
        if (!at) throw new Error('no ' + part);
    }
    let box = at.getBoundingClientRect();
    if (box.top + y < 0 || box.bottom + y > innerHeight) { at.scrollIntoView({ block: 'center', behavior: 'instant' }); box = at.getBoundingClientRect() }
    return [Math.floor(x + box.left + box.width / 2), Math.floor(y + box.top + box.height / 2)];";

/// Gives a field a value as scripts do, past what a framework put over its setter.
const FILL: &str = "
    let at = document;
    for (const part of arguments[0].split('>>>')) at = (at.contentDocument ?? at.shadowRoot ?? at.inside ?? at).querySelector(part.trim());
    let prototype = at;
    while ((prototype = Object.getPrototypeOf(prototype)) && !Object.hasOwn(prototype, 'value'));
    if (prototype) Object.getOwnPropertyDescriptor(prototype, 'value').set.call(at, arguments[1]); else at.textContent = arguments[1];
    if (arguments[2]) for (const type of ['input', 'change']) at.dispatchEvent(new Event(type, { bubbles: true, composed: true }));";

/// One visit to one case's pages.
pub(crate) struct Visit<'a> {
    pub(crate) browser: &'a Browser,
    /// The address of the case's pages.
    pub(crate) folder: &'a str,
    /// What was pressed on screen.
    pub(crate) presses: Vec<Press>,
}

impl Visit<'_> {
    /// Does one step of a case.
    pub(crate) fn step(&mut self, step: &str) {
        let (what, rest) = step.split_once(' ').unwrap_or((step, ""));
        let (target, text) = rest.split_once(' ').unwrap_or((rest, ""));
        match what {
            "type" => {
                self.click(target);
                self.keys(text);
            }
            "keys" => self.keys(rest),
            "press" => self.press(rest),
            "click" => drop(self.click(target)),
            "pad" => self.pad(target, text),
            "fill" => drop(self.browser.ask(FILL, json!([target, text, true]))),
            "set" => drop(self.browser.ask(FILL, json!([target, text, false]))),
            "paste" => {
                self.click(target);
                self.run(&format!("{{ const text = {}; {PASTE} }}", json!(text)));
            }
            "hover" => self.point(self.middle(target), &[]),
            "run" => self.run(rest),
            "wait" => {
                std::thread::sleep(std::time::Duration::from_millis(rest.parse().expect("milliseconds")))
            }
            "flush" => self.flush(),
            "record" => {
                self.run("startRecorder()");
                self.ready();
            }
            "open" => {
                self.browser.go(&format!("{}{rest}", self.folder));
                self.ready();
            }
            "arrive" => {
                self.browser.wait_until(&format!(
                    "location.pathname.endsWith('/{rest}') && document.readyState == 'complete'"
                ));
                self.ready();
            }
            "reload" => {
                self.browser.reload();
                self.ready();
            }
            "back" => {
                self.browser.back();
                self.ready();
            }
            _ => panic!("no step {step}"),
        }
    }

    /// Runs a script of the page's own: what drivers run may live in a world apart.
    fn run(&self, script: &str) {
        let failed = self.browser.ask(
            "const script = document.createElement('script');
             script.textContent = `try { ${arguments[0]} } catch (error) { document.documentElement.lang = 'x-' + error }`;
             document.head.append(script);
             script.remove();
             const { lang } = document.documentElement;
             return lang.startsWith('x-') ? lang : ''",
            json!([script]),
        );
        assert_eq!(failed, "", "{script}");
    }

    /// Waits until the page shown is recorded.
    pub(crate) fn ready(&self) {
        drop(self.browser.ask_async(
            "for (let i = 0; i < 4000 && window.afterimage?.recorder?.state != 'recording'; i++)
                 await new Promise((later) => setTimeout(later, 5))",
            json!([]),
        ));
    }

    pub(crate) fn flush(&self) {
        drop(self.browser.ask_async("await afterimage.recorder.flush()", json!([])));
    }

    pub(crate) fn click(&self, target: &str) -> (i64, i64) {
        let at = self.middle(target);
        self.point(at, &press());
        at
    }

    fn middle(&self, target: &str) -> (i64, i64) {
        let at = self.browser.ask(MIDDLE, json!([target]));
        (at[0].as_i64().expect("x"), at[1].as_i64().expect("y"))
    }

    fn point(&self, (x, y): (i64, i64), then: &[Value]) {
        let step = |x: i64, y: i64| json!({ "type": "pointerMove", "duration": 0, "origin": "viewport", "x": x, "y": y });
        let steps = [&[step(x + 1, y + 1), step(x, y)], then].concat();
        let mouse = json!({ "type": "pointer", "id": "mouse", "parameters": { "pointerType": "mouse" }, "actions": steps });
        self.browser.perform(&json!([mouse]));
    }

    /// Types, in a few bursts, so that the page and the recorder have their turns between.
    fn keys(&self, text: &str) {
        let characters: Vec<char> = text.chars().collect();
        for burst in characters.chunks(6) {
            let keys: Vec<Value> = burst
                .iter()
                .flat_map(|c| {
                    ["keyDown", "keyUp"].map(|action| json!({ "type": action, "value": c.to_string() }))
                })
                .collect();
            self.browser.perform(&json!([{ "type": "key", "id": "keyboard", "actions": keys }]));
        }
    }

    /// A key by its name, after `Control+` or `Shift+` where it is held.
    fn press(&self, name: &str) {
        let code = |name: &str| match name {
            "Tab" => "\u{E004}".to_owned(),
            "Enter" => "\u{E007}".to_owned(),
            "Backspace" => "\u{E003}".to_owned(),
            "Escape" => "\u{E00C}".to_owned(),
            "End" => "\u{E010}".to_owned(),
            "Control" => "\u{E009}".to_owned(),
            "Shift" => "\u{E008}".to_owned(),
            key => key.to_owned(),
        };
        let keys: Vec<String> = name.split('+').map(code).collect();
        let key = |action: &'static str| move |value: &String| json!({ "type": action, "value": value });
        let actions: Vec<Value> =
            keys.iter().map(key("keyDown")).chain(keys.iter().rev().map(key("keyUp"))).collect();
        self.browser.perform(&json!([{ "type": "key", "id": "keyboard", "actions": actions }]));
    }

    /// Presses the keys on screen, those that match, that spell a text.
    fn pad(&mut self, keys: &str, text: &str) {
        for c in text.chars() {
            let found = self.browser.ask(
                "const keys = window.padKeys?.() ?? [...document.querySelectorAll(arguments[0])];
                 const bears = (key) => key.k ?? (key.getAttribute('aria-label') || key.textContent).trim();
                 const i = keys.findIndex((key) => bears(key) == arguments[1]);
                 const box = keys[i]?.getBoundingClientRect();
                 return box ? [i, Math.floor(box.left + box.width / 2), Math.floor(box.top + box.height / 2)] : []",
                json!([keys, c.to_string()]),
            );
            let at = |i: usize| found[i].as_i64().unwrap_or_else(|| panic!("no key {c}"));
            self.presses.push(Press { at: (at(1), at(2)), key: at(0) as usize });
            self.point((at(1), at(2)), &press());
        }
    }
}

fn press() -> [Value; 2] {
    ["pointerDown", "pointerUp"].map(|action| json!({ "type": action, "button": 0 }))
}

/// Puts text in where the caret is, with the events of a paste.
const PASTE: &str = "
    const data = new DataTransfer();
    data.setData('text/plain', text);
    const at = document.activeElement;
    if (at.dispatchEvent(new ClipboardEvent('paste', { clipboardData: data, bubbles: true, cancelable: true, composed: true })))
        document.execCommand('insertText', false, text);";
