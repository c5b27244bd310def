//! wasm-bindgen's glue as small as it gets: what it does in fifty places is done in one, and what serves other ways to use
//! a module is left out. It is for one version of wasm-bindgen; the tests in browsers run what comes of it.

use crate::Result;

/// Where what its functions share begins.
const SHARED: &str = "\nfunction addToExternrefTable0(";

/// What its functions share, and what is exported beside the `recorder`.
const OURS: &str = r##"
import { compareDocumentPosition, firstChild, getBoundingClientRect, isConnected, localName, namespaceURI, nextSibling, nodeType, parentNode, previousSibling, shadowRoot, textContent } from "#nodes";
let wasm, length;
let bytes = new Uint8Array();
let numbers;
const encoder = new TextEncoder();
const decoder = new TextDecoder("utf-8", { ignoreBOM: true });

/** The memory; when the module has made it larger, the one before is empty. */
const memory = () => {
  if (!bytes.length) {
    bytes = new Uint8Array(wasm.memory.buffer);
    numbers = new Int32Array(bytes.buffer);
  }
  return bytes;
};
const refer = (value) => {
  const index = wasm.__externref_table_alloc();
  wasm.__wbindgen_externrefs.set(index, value);
  return index;
};
const referIf = (value) => (value == null ? 0 : refer(value));
const read = (at, length) => decoder.decode(memory().subarray(at, at + length));
const take = (at, length) => {
  const taken = memory().slice(at, at + length);
  wasm.__wbindgen_free(at, length, 1);
  return taken;
};
const put = (array) => {
  const at = wasm.__wbindgen_malloc((length = array.length), 1);
  memory().set(array, at);
  return at;
};
/** Characters up to which a loop is faster than to ask the browser. */
const SHORT = 100;
const pass = (text) => {
  let room = text.length;
  let read = 0;
  let code;
  let at = wasm.__wbindgen_malloc(room, 1);
  const to = memory();
  // After the last one there is none, which is less than nothing.
  while ((code = text.charCodeAt(read)) < 128 && read < SHORT) to[at + read++] = code;
  length = read;
  // What is long and begins with ASCII is probably nothing else.
  for (let each = read < SHORT ? 3 : 1; read < text.length; each = 3) {
    at = wasm.__wbindgen_realloc(at, room, (room = length + (text.length - read) * each), 1);
    const done = encoder.encodeInto(text.slice(read), memory().subarray(at + length, at + room));
    read += done.read;
    length += done.written;
  }
  if (length < room) at = wasm.__wbindgen_realloc(at, room, length, 1);
  return at;
};
const give = (to, text) => {
  const at = pass(text);
  memory();
  numbers[to / 4] = at;
  numbers[to / 4 + 1] = length;
};
const giveIf = (to, text) => {
  if (text != null) return give(to, text);
  memory();
  numbers[to / 4] = 0;
};
const caught = (risky) => (...given) => {
  try {
    return risky(...given);
  } catch (error) {
    wasm.__wbindgen_exn_store(refer(error));
  }
};
export const finish = (instance) => {
  wasm = instance.exports;
  wasm.__wbindgen_start();
};
export { __wbg_get_imports as imports };
"##;

/// What becomes of wasm-bindgen's lines: where there is none of the first kind, it is another wasm-bindgen.
const SHORTER: &[(&str, &str)] = &[
    (", wasm.__wbindgen_malloc, wasm.__wbindgen_realloc)", ")"),
    ("passStringToWasm0(", "pass("),
    ("getStringFromWasm0(", "read("),
    ("WASM_VECTOR_LEN", "length"),
    (
        "const ptr1 = pass(ret);\nconst len1 = length;\n\
         getDataViewMemory0().setInt32((arg0 >>> 0) + 4 * 1, len1, true);\n\
         getDataViewMemory0().setInt32((arg0 >>> 0) + 4 * 0, ptr1, true);",
        "give(arg0, ret);",
    ),
    (
        "var ptr1 = isLikeNone(ret) ? 0 : pass(ret);\nvar len1 = length;\n\
         getDataViewMemory0().setInt32((arg0 >>> 0) + 4 * 1, len1, true);\n\
         getDataViewMemory0().setInt32((arg0 >>> 0) + 4 * 0, ptr1, true);",
        "giveIf(arg0, ret);",
    ),
    ("isLikeNone(ret) ? 0 : addToExternrefTable0(ret)", "referIf(ret)"),
    ("isLikeNone(node) ? 0 : addToExternrefTable0(node)", "referIf(node)"),
    ("isLikeNone(owner) ? 0 : addToExternrefTable0(owner)", "referIf(owner)"),
    ("isLikeNone(root) ? 0 : addToExternrefTable0(root)", "referIf(root)"),
    ("isLikeNone(rule) ? 0 :", "rule == null ? 0 :"),
    ("function() { return handleError(function (", "caught(function ("),
    ("}, arguments); },", "}),"),
    (
        "getArrayU8FromWasm0(ret[0], ret[1]).slice();\nwasm.__wbindgen_free(ret[0], ret[1] * 1, 1);",
        "take(ret[0], ret[1]);",
    ),
    ("passArray8ToWasm0(", "put("),
    (", wasm.__wbindgen_malloc)", ")"),
    (
        "getArrayU8FromWasm0(arg3, arg4).slice();\nwasm.__wbindgen_free(arg3, arg4 * 1, 1);",
        "take(arg3, arg4);",
    ),
    (
        "getArrayU8FromWasm0(arg1, arg2).slice();\nwasm.__wbindgen_free(arg1, arg2 * 1, 1);",
        "take(arg1, arg2);",
    ),
    ("let deferred1_0;\nlet deferred1_1;\ntry {\n", ""),
    (
        "deferred1_0 = ret[0];\ndeferred1_1 = ret[1];\nreturn read(ret[0], ret[1]);\n} finally {\n\
         wasm.__wbindgen_free(deferred1_0, deferred1_1, 1);\n}",
        "const text = read(ret[0], ret[1]);\nwasm.__wbindgen_free(ret[0], ret[1], 1);\nreturn text;",
    ),
    // WebAssembly makes numbers of what it is given itself.
    (" = +", " = "),
    ("\nexport function ", "\nfunction "),
    // What a node has itself, whatever stands in for it.
    ("arg0.firstChild;", "firstChild.call(arg0);"),
    ("arg0.isConnected;", "isConnected.call(arg0);"),
    ("arg1.localName;", "localName.call(arg1);"),
    ("arg1.namespaceURI;", "namespaceURI.call(arg1);"),
    ("arg0.nextSibling;", "nextSibling.call(arg0);"),
    ("arg0.nodeType;", "nodeType.call(arg0);"),
    ("arg0.parentNode;", "parentNode.call(arg0);"),
    ("arg0.previousSibling;", "previousSibling.call(arg0);"),
    ("arg0.shadowRoot;", "shadowRoot.call(arg0);"),
    ("arg1.textContent;", "textContent.call(arg1);"),
    ("arg0.compareDocumentPosition(", "compareDocumentPosition.call(arg0, "),
    ("arg0.getBoundingClientRect()", "getBoundingClientRect.call(arg0)"),
];

/// What must be gone then.
const GONE: [&str; 5] = ["isLikeNone", "getDataViewMemory0", "handleError", "FromWasm0", "ToWasm0"];

/// A line where a function without a name begins, as an arrow.
fn arrow(line: &str) -> String {
    let head = line
        .strip_suffix(") {")
        .and_then(|line| line.split_once("function(").or(line.split_once("function (")));
    head.map_or_else(|| format!("{line}\n"), |(before, given)| format!("{before}({given}) => {{\n"))
}

/// The glue with everything that is shared replaced, and its functions exported as one object.
///
/// # Errors
/// When it is not of the kind that is known.
pub(crate) fn tightened(glue: &str) -> Result<String> {
    let unknown = |what: &str| format!("xtask/src/glue.rs does not know this glue of wasm-bindgen: {what}");
    let (functions, _) = glue.split_once(SHARED).ok_or_else(|| unknown(SHARED))?;
    let names: Vec<_> =
        functions.split("\nexport function ").skip(1).filter_map(|f| f.split('(').next()).collect();
    let mut out: String = functions.lines().flat_map(|line| [line.trim(), "\n"]).collect();
    for (long, short) in SHORTER {
        if !out.contains(long) {
            return Err(unknown(long));
        }
        out = out.replace(long, short);
    }
    if let Some(left) = GONE.iter().find(|gone| out.contains(**gone)) {
        return Err(unknown(left));
    }
    let out: String = out.lines().map(arrow).collect();
    Ok(format!("{out}{OURS}export const recorder = {{ {} }};\n", names.join(", ")))
}
