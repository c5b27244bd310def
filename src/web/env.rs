//! The browser around the page: clock, randomness, storage. Every one may be absent or refuse.

use web_sys::{Document, Window};

use crate::privacy::Raw;
use crate::recorder::Browser;

/// The session cookie.
pub(crate) const COOKIE: &str = "afterimage";
const VISITS: &str = "afterimage_visits";

/// Random bytes; `None` where there is no good source of them.
pub(crate) fn random<const N: usize>(window: &Window) -> Option<[u8; N]> {
    let mut bytes = [0; N];
    window.crypto().ok()?.get_random_values_with_u8_array(&mut bytes).ok()?;
    Some(bytes)
}

#[wasm_bindgen::prelude::wasm_bindgen]
extern "C" {
    #[wasm_bindgen(js_name = Document)]
    type Cookies;
    #[wasm_bindgen(method, getter, catch)]
    fn cookie(this: &Cookies) -> Result<String, wasm_bindgen::JsValue>;
    #[wasm_bindgen(method, setter = cookie, catch)]
    fn set_cookie_text(this: &Cookies, value: &str) -> Result<(), wasm_bindgen::JsValue>;
}

fn jar(document: &Document) -> &Cookies {
    use wasm_bindgen::JsCast;
    document.unchecked_ref()
}

/// All cookies script may see; empty where it may see none.
pub(crate) fn cookies(document: &Document) -> String {
    jar(document).cookie().unwrap_or_default()
}

/// Sets the session cookie: of this host only, same site, gone half an hour after it was last set. An empty value
/// deletes it.
pub(crate) fn set_cookie(window: &Window, document: &Document, value: &str) {
    let secure = window.location().protocol().is_ok_and(|p| p == "https:");
    let age = if value.is_empty() { "0" } else { "1800" };
    let secure = if secure { "; secure" } else { "" };
    let _ = jar(document)
        .set_cookie_text(&[COOKIE, "=", value, "; path=/; samesite=lax; max-age=", age, secure].concat());
}

/// Counts this session among the visits of this browser, in the browser: returns how many there were before.
pub(crate) fn count_visit(window: &Window, first_page_view: bool, now_ms: u64) -> u32 {
    let Ok(Some(storage)) = window.local_storage() else { return 0 };
    let kept = storage.get_item(VISITS).ok().flatten();
    let (before, next) = crate::session::count_visit(kept.as_deref(), now_ms / 86_400_000);
    if first_page_view {
        let _ = storage.set_item(VISITS, &next);
        return before;
    }
    before.saturating_sub(1)
}

/// The environment record's facts.
pub(crate) fn browser(window: &Window, cookies_blocked: bool) -> Browser {
    let navigator = window.navigator();
    let screen = window.screen().ok();
    let size = |n: Option<i32>| n.unwrap_or(0).max(0) as u32;
    let matches = |query| window.match_media(query).ok().flatten().is_some_and(|m| m.matches());
    let flags = [
        matches("(prefers-color-scheme: dark)"),
        matches("(prefers-reduced-motion: reduce)"),
        navigator.max_touch_points() > 0,
        cookies_blocked,
    ];
    Browser {
        user_agent: Raw::new(navigator.user_agent().unwrap_or_default()),
        languages: Raw::new(navigator.languages().join(",").into()),
        time_zone: Raw::new(zone(js_sys::Date::new_0().get_timezone_offset())),
        screen: (
            size(screen.as_ref().and_then(|s| s.width().ok())),
            size(screen.as_ref().and_then(|s| s.height().ok())),
        ),
        pixel_ratio: (window.device_pixel_ratio() * 100.0) as u32,
        flags: flags.iter().enumerate().map(|(i, f)| u32::from(*f) << i).sum(),
    }
}

/// The offset from UTC, `+02:00`. The zone's name would cost tens of milliseconds of loading tables, and says more of
/// the visitor than a replay needs.
fn zone(minutes_west: f64) -> String {
    let minutes = minutes_west.abs() as u32;
    let digits = [minutes / 600 % 10, minutes / 60 % 10, minutes % 60 / 10, minutes % 10];
    let [h, hh, m, mm] = digits.map(|d| char::from(b'0' + d as u8));
    [if minutes_west > 0.0 { '-' } else { '+' }, h, hh, ':', m, mm].iter().collect()
}
