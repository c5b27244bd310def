//! Short names for what passes between a module and its glue: wasm-bindgen's are up to 150 bytes long, in both.

use std::collections::HashMap;

/// `glue` with the names that wasm-opt chose. `chosen` is what its `--minify-imports-and-exports-and-modules` prints: JSON,
/// a line for each name, of imports with the module before.
pub(crate) fn shortened(glue: &str, chosen: &str) -> String {
    let (mut imports, mut exports) = (HashMap::new(), HashMap::new());
    let mut imported = "";
    for line in chosen.lines() {
        match *line.split('"').collect::<Vec<_>>() {
            [_, module, _, long, _, short, _] => {
                imported = module;
                imports.insert(long, short)
            }
            [_, long, _, short, _] => exports.insert(long, short),
            _ => None,
        };
    }
    let mut out = String::with_capacity(glue.len());
    let mut rest = glue;
    while let Some(start) = rest.find(is_name) {
        let (between, from) = rest.split_at(start);
        let (name, after) = from.split_at(from.find(|c| !is_name(c)).unwrap_or(from.len()));
        out.push_str(between);
        // An export is used as `wasm.name`, an import defined as `name: …`.
        let renamed = if out.ends_with("wasm.") {
            exports.get(name)
        } else if after.starts_with(": ") {
            imports.get(name)
        } else {
            None
        };
        out.push_str(renamed.unwrap_or(&name));
        rest = after;
    }
    out.push_str(rest);
    // wasm-bindgen imports from one module only, and wasm-opt calls the first one `a`.
    out.replace(&format!("\"{imported}\""), "\"a\"")
}

fn is_name(c: char) -> bool {
    c.is_ascii_alphanumeric() || matches!(c, '_' | '$')
}

#[cfg(test)]
mod tests {
    use super::shortened;

    #[test]
    fn only_what_crosses_is_renamed() {
        let chosen = r#"{
 "imports": [
  ["./afterimage_bg.js", "__wbg_data_00d1", "a"]
 ],
"exports": [
  ["recorder_data", "b"],
  ["start", "c"]
 ]
}"#;
        let glue = "export function start() { wasm.start(); return wasm.recorder_data; }\n\
            const import0 = { __wbg_data_00d1: function(arg0) { return arg0.start; } };\n\
            return { \"./afterimage_bg.js\": import0 };\n";
        let wanted = "export function start() { wasm.c(); return wasm.b; }\n\
            const import0 = { a: function(arg0) { return arg0.start; } };\n\
            return { \"a\": import0 };\n";
        assert_eq!(shortened(glue, chosen), wanted);
    }
}
