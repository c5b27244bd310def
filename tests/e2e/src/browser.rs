//! A browser under test: the part of WebDriver that a scripted visitor needs.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use serde_json::{Value, json};

use crate::driver::{Cookies, Driver};
use crate::process::Scratch;
use crate::{Engine, artifacts, eventually};

/// How the protocol marks a reference to an element.
const ELEMENT: &str = "element-6066-11e4-a52e-4f735466cecf";

/// An element of the page shown, by the driver's reference.
#[derive(Clone, Debug)]
pub struct Element(String);

/// A browser with one session; dropping it closes both.
#[derive(Debug)]
pub struct Browser {
    /// Which engine it is.
    pub engine: Engine,
    folder: PathBuf,
    session: String,
    driver: Driver,
}

impl Browser {
    /// Starts a browser with a new profile, for the test of that name.
    #[must_use]
    pub fn open(engine: Engine, test: &str) -> Self {
        Self::open_with(engine, test, Cookies::Kept)
    }

    /// The same, and cookies are blocked.
    #[must_use]
    pub fn open_without_cookies(engine: Engine, test: &str) -> Self {
        Self::open_with(engine, test, Cookies::Blocked)
    }

    fn open_with(engine: Engine, test: &str, cookies: Cookies) -> Self {
        let folder = artifacts(engine, test);
        let (driver, session) =
            session(engine, &folder.join("driver.log"), cookies, &Arc::new(Scratch::new()));
        let browser = Self { engine, folder, session, driver };
        browser.post("timeouts", &json!({ "script": 60_000, "pageLoad": 60_000 }));
        browser
    }

    /// Ends it with no chance to tidy up, and starts it again with the same profile.
    pub fn kill_and_reopen(&mut self) {
        self.driver.kill();
        let profile = self.driver.profile.clone();
        let log = self.artifact("driver.log");
        (self.driver, self.session) = session(self.engine, &log, Cookies::Kept, &profile);
        self.post("timeouts", &json!({ "script": 60_000, "pageLoad": 60_000 }));
    }

    /// A file in the folder of this test's artifacts.
    #[must_use]
    pub fn artifact(&self, name: &str) -> PathBuf {
        self.folder.join(name)
    }

    /// Opens an address and waits until it has loaded.
    pub fn go(&self, url: &str) {
        self.post("url", &json!({ "url": url }));
    }

    /// Goes back in the history.
    pub fn back(&self) {
        self.post("back", &json!({}));
    }

    /// Loads the page again.
    pub fn reload(&self) {
        self.post("refresh", &json!({}));
    }

    /// Runs the body of a function in the page and returns what it returns; `arguments` are the array given.
    #[must_use]
    pub fn ask(&self, body: &str, arguments: Value) -> Value {
        self.post("execute/sync", &json!({ "script": body, "args": arguments }))
    }

    /// Runs the body of a function for its effect.
    pub fn run(&self, body: &str) {
        drop(self.ask(body, json!([])));
    }

    /// Runs the body of an async function in the page and returns what it resolves to.
    ///
    /// # Panics
    /// When it rejects, with the reason.
    #[must_use]
    pub fn ask_async(&self, body: &str, arguments: Value) -> Value {
        let script = format!(
            "const done = arguments[arguments.length - 1];
             (async function () {{ {body} }}).apply(null, arguments)
                 .then((value) => done({{ value }}), (error) => done({{ error: String((error && error.stack) || error) }}));"
        );
        let settled = self.post("execute/async", &json!({ "script": script, "args": arguments }));
        assert!(settled["error"].is_null(), "in the page: {}", settled["error"]);
        settled["value"].clone()
    }

    /// Waits until an expression is truthy in the page.
    pub fn wait_until(&self, expression: &str) {
        // Between two pages there is nobody to ask: an error is a no.
        let script = json!({ "script": format!("return !!({expression})"), "args": [] });
        eventually(expression, || (self.try_post("execute/sync", &script) == Ok(json!(true))).then_some(()));
    }

    /// The first element that matches, once there is one; ` >>> ` steps into a shadow root.
    #[must_use]
    pub fn find(&self, css: &str) -> Element {
        let script = "let at = document;
            for (const part of arguments[0].split(' >>> ')) at = (at?.shadowRoot ?? at)?.querySelector(part);
            return at;";
        let find = json!({ "script": script, "args": [css] });
        eventually(css, || element(&self.try_post("execute/sync", &find).ok()?))
    }

    /// What is asked from now on is asked in a frame.
    pub fn enter_frame(&self, css: &str) {
        let Element(id) = self.find(css);
        self.post("frame", &json!({ "id": { ELEMENT: id } }));
    }

    /// What is asked from now on is asked in the page itself.
    pub fn leave_frames(&self) {
        self.post("frame", &json!({ "id": null }));
    }

    /// Moves the pointer to the middle of an element, in steps as a hand would, after scrolling it into view.
    pub fn hover(&self, css: &str) {
        self.pointer(css, &[]);
    }

    /// Clicks the middle of an element with real pointer events.
    pub fn click(&self, css: &str) {
        self.pointer(
            css,
            &[json!({ "type": "pointerDown", "button": 0 }), json!({ "type": "pointerUp", "button": 0 })],
        );
    }

    fn pointer(&self, css: &str, then: &[Value]) {
        let found = self.find(css);
        let element = json!({ ELEMENT: found.0 });
        // NOTE: WebKitWebDriver refuses pointer actions on an element outside the viewport, and none of the three scrolls.
        drop(self.ask(
            "const box = arguments[0].getBoundingClientRect();
             if (box.top < 0 || box.bottom > innerHeight || box.left < 0 || box.right > innerWidth)
                 arguments[0].scrollIntoView({ block: 'center', behavior: 'instant' });",
            json!([element]),
        ));
        let step = |x: i32, y: i32| json!({ "type": "pointerMove", "duration": 30, "origin": element, "x": x, "y": y });
        let steps = [[step(3, 2), step(0, 0)].as_slice(), then].concat();
        let mouse = json!({ "type": "pointer", "id": "mouse", "parameters": { "pointerType": "mouse" }, "actions": steps });
        self.post("actions", &json!({ "actions": [mouse] }));
    }

    /// Clicks an element and types into it.
    pub fn type_into(&self, css: &str, text: &str) {
        self.click(css);
        let Element(id) = self.find(css);
        self.post(&format!("element/{id}/value"), &json!({ "text": text }));
    }

    /// Presses one key where the focus is, by its character or WebDriver's code (`\u{E004}` is Tab, `\u{E007}` Enter).
    pub fn press(&self, key: char) {
        let actions = json!([{ "type": "keyDown", "value": key.to_string() }, { "type": "keyUp", "value": key.to_string() }]);
        self.post(
            "actions",
            &json!({ "actions": [{ "type": "key", "id": "keyboard", "actions": actions }] }),
        );
    }

    /// Performs input as the protocol writes it down: sources with their actions.
    pub fn perform(&self, sources: &Value) {
        self.post("actions", &json!({ "actions": sources }));
    }

    /// Saves what is seen as `name` among the artifacts.
    pub fn screenshot(&self, name: &str) {
        let encoded = self.get("screenshot");
        let image = decode_base64(encoded.as_str().expect("a screenshot"));
        std::fs::write(self.artifact(name), image).expect("a screenshot's file");
    }

    /// Sets the window's outer size.
    pub fn resize(&self, width: u32, height: u32) {
        self.post("window/rect", &json!({ "width": width, "height": height }));
    }

    /// Opens a tab, makes it the current one and returns the handle of the one before.
    #[must_use]
    pub fn new_tab(&self) -> String {
        let before = self.window();
        // NOTE: WebKitWebDriver leaves a new tab in the background, where pointer actions never end.
        let kind = if self.engine == Engine::WebKit { "window" } else { "tab" };
        let opened = self.post("window/new", &json!({ "type": kind }));
        self.switch_to(opened["handle"].as_str().expect("a tab's handle"));
        before
    }

    /// The handle of the current tab.
    #[must_use]
    pub fn window(&self) -> String {
        self.get("window").as_str().expect("a window").to_owned()
    }

    /// The handles of all tabs.
    #[must_use]
    pub fn windows(&self) -> Vec<String> {
        serde_json::from_value(self.get("window/handles")).expect("windows")
    }

    /// Makes a tab the current one.
    pub fn switch_to(&self, handle: &str) {
        self.post("window", &json!({ "handle": handle }));
    }

    /// Closes the current tab; another has to be switched to.
    pub fn close_tab(&self) {
        request("DELETE", &format!("{}/window", self.session), None).expect("closing a tab");
    }

    /// The value of a cookie of the page shown.
    #[must_use]
    pub fn cookie(&self, name: &str) -> Option<String> {
        let found = self.cookies().into_iter().find(|cookie| cookie["name"] == name)?;
        found["value"].as_str().map(str::to_owned)
    }

    /// All cookies of the page shown, with their attributes as WebDriver names them.
    #[must_use]
    pub fn cookies(&self) -> Vec<Value> {
        self.get("cookie").as_array().cloned().unwrap_or_default()
    }

    /// What assistive technology is told of an element: role and name.
    #[must_use]
    pub fn role_and_name(&self, css: &str) -> (String, String) {
        let Element(id) = self.find(css);
        let ask =
            |what: &str| self.get(&format!("element/{id}/{what}")).as_str().unwrap_or_default().to_owned();
        (ask("computedrole"), ask("computedlabel"))
    }

    /// Has Chromium do what its DevTools protocol names, and returns what it answers.
    pub fn tell_chromium(&self, method: &str, parameters: &Value) -> Value {
        self.post("goog/cdp/execute", &json!({ "cmd": method, "params": parameters }))
    }

    fn get(&self, command: &str) -> Value {
        request("GET", &format!("{}/{command}", self.session), None)
            .unwrap_or_else(|error| panic!("{command}: {error}"))
    }

    fn post(&self, command: &str, body: &Value) -> Value {
        self.try_post(command, body)
            .unwrap_or_else(|error| panic!("{} {command}: {error}", self.engine.name()))
    }

    fn try_post(&self, command: &str, body: &Value) -> Result<Value, String> {
        request("POST", &format!("{}/{command}", self.session), Some(body))
    }
}

impl Drop for Browser {
    fn drop(&mut self) {
        if std::thread::panicking() {
            let path = self.folder.join("failure.png");
            let shot = request("GET", &format!("{}/screenshot", self.session), None);
            let saved =
                shot.ok().and_then(|image| std::fs::write(&path, decode_base64(image.as_str()?)).ok());
            eprintln!(
                "{}: {}",
                self.engine.name(),
                saved.map_or_else(|| "no screenshot".into(), |()| path.display().to_string())
            );
        }
        // The driver's end takes the browser along if this fails.
        drop(request("DELETE", &self.session, None));
    }
}

/// Starts a driver and its browser. One that dies while it starts, as Firefox's did once
/// on a busy machine, is started again.
fn session(engine: Engine, log: &Path, cookies: Cookies, profile: &Arc<Scratch>) -> (Driver, String) {
    for _ in 0..3 {
        let created = Driver::start(engine, log, cookies, profile.clone()).and_then(|driver| {
            let base = format!("http://127.0.0.1:{}/session", driver.port);
            let asked = json!({ "capabilities": { "alwaysMatch": driver.capabilities } });
            let created = request("POST", &base, Some(&asked))?;
            let id = created["sessionId"].as_str().ok_or("no session id")?;
            Ok((driver, format!("{base}/{id}")))
        });
        match created {
            Ok(created) => return created,
            Err(error) => {
                let said = std::fs::read_to_string(log).unwrap_or_default();
                eprintln!("{} does not start: {error}\n{said}", engine.name());
            }
        }
    }
    panic!("{} did not start three times", engine.name());
}

/// One command: the `value` of the answer, or its error in words.
fn request(method: &str, url: &str, body: Option<&Value>) -> Result<Value, String> {
    let method = match method {
        "GET" => minreq::Method::Get,
        "DELETE" => minreq::Method::Delete,
        _ => minreq::Method::Post,
    };
    let mut request = minreq::Request::new(method, url).with_timeout(Duration::from_secs(120).as_secs());
    if let Some(body) = body {
        request = request.with_header("content-type", "application/json").with_body(body.to_string());
    }
    let answer = request.send().map_err(|error| error.to_string())?;
    let mut parsed: Value = serde_json::from_slice(answer.as_bytes()).map_err(|error| error.to_string())?;
    let value = parsed["value"].take();
    if answer.status_code < 300 {
        Ok(value)
    } else {
        Err(format!("{}: {}", value["error"], value["message"]))
    }
}

fn element(value: &Value) -> Option<Element> {
    value[ELEMENT].as_str().map(|id| Element(id.to_owned()))
}

/// Screenshots travel as text.
pub(crate) fn decode_base64(text: &str) -> Vec<u8> {
    const DIGITS: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let digits = text.bytes().filter_map(|byte| DIGITS.iter().position(|digit| *digit == byte));
    let (mut bytes, mut held, mut bits) = (Vec::new(), 0_usize, 0);
    for digit in digits {
        held = (held << 6 | digit) & 0xFFF_FFFF;
        bits += 6;
        if bits >= 8 {
            bits -= 8;
            bytes.push(u8::try_from(held >> bits & 0xFF).expect("a byte"));
        }
    }
    bytes
}

#[cfg(test)]
mod tests {
    #[test]
    fn base64() {
        assert_eq!(super::decode_base64("aGVsbG8="), b"hello");
        assert_eq!(super::decode_base64("/+8A"), [0xFF, 0xEF, 0]);
    }
}
