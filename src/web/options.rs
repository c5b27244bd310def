//! From the options object to [`Config`]: reads, never decides.

use js_sys::{Array, Object, Reflect};
use wasm_bindgen::{JsCast, JsValue};

use crate::config::{Config, ConfigError, Value};

pub(crate) fn read(options: &JsValue, page: &str) -> Result<Config, ConfigError> {
    let names: Vec<String> = match options.dyn_ref::<Object>() {
        Some(object) => Object::keys(object).iter().filter_map(|n| n.as_string()).collect(),
        None => Vec::new(),
    };
    let get = |name: &str| value(&Reflect::get(options, &name.into()).unwrap_or(JsValue::UNDEFINED));
    Config::read(&names, get, page)
}

fn value(js: &JsValue) -> Value {
    if js.is_undefined() || js.is_null() {
        return Value::Missing;
    }
    if let Some(text) = js.as_string() {
        return Value::Text(text);
    }
    if let Some(number) = js.as_f64() {
        return Value::Number(number);
    }
    if let Some(on) = js.as_bool() {
        return Value::Bool(on);
    }
    if js.is_function() {
        return Value::Function;
    }
    match js.dyn_ref::<Array>() {
        Some(list) => {
            list.iter().map(|v| v.as_string()).collect::<Option<_>>().map_or(Value::Other, Value::List)
        }
        None => Value::Other,
    }
}
