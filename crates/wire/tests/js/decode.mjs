// A decoder written from FORMAT.md alone, to find out whether that document says enough.
// `node decode.mjs FILE…` prints one JSON object a file, each on a line: the batch, or {"error": name of the code}.
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { inflateRawSync } from "node:zlib";

const LIMIT = 1 << 20;
const format = readFileSync(join(dirname(fileURLToPath(import.meta.url)), "../../FORMAT.md"), "utf8");

/** The rows of the first table after `heading`, as arrays of cells. */
function table(text, heading) {
  const lines = text.slice(text.indexOf(heading) + heading.length).split("\n");
  const start = lines.findIndex((line) => line.startsWith("|"));
  const rows = [];
  for (const line of lines.slice(start + 2)) {
    if (!line.startsWith("|")) break;
    rows.push(line.split("|").slice(1, -1).map((cell) => cell.trim().replaceAll("`", "")));
  }
  return rows;
}

const PRESETS = format.split("\n## Preset names\n")[1].split("```text\n")[1].split("```")[0].trim().split(/\s+/);
const ROLES = ["Name", "Value", "Text", "Css", "Url", "Input", "Data"];
const ROLE_OF = new Map(
  table(format, "The role of an attribute's value").flatMap(([role, names]) => names.split(", ").map((n) => [n, role])),
);
/** Number → name and fields of the plain records. */
const PLAIN = new Map(
  format.split("## Plain records")[1].split("\n## ")[0].split("\n### ").slice(1).map((section) => {
    const [, number, name] = section.match(/^(\d+) (\w+)/);
    return [Number(number), { name, fields: table(section, "\n") }];
  }),
);

class Bad extends Error {}
const check = (condition, code) => {
  if (!condition) throw new Bad(code);
};
const hex = (bytes) => Buffer.from(bytes).toString("hex");
const utf8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

class Reader {
  constructor(bytes) {
    this.bytes = bytes;
    this.at = 0;
  }
  get left() {
    return this.bytes.length - this.at;
  }
  take(n) {
    check(n <= this.left, "Truncated");
    this.at += n;
    return this.bytes.subarray(this.at - n, this.at);
  }
  varint() {
    let value = 0n;
    for (let shift = 0n; shift < 70n; shift += 7n) {
      const [byte] = this.take(1);
      check(shift < 63n || (byte & 127) <= 1, "BadInteger");
      value |= BigInt(byte & 127) << shift;
      if (byte < 128) {
        check(byte > 0 || shift === 0n, "BadInteger");
        return value;
      }
    }
    throw new Bad("BadInteger");
  }
  signed() {
    const value = this.varint();
    return value & 1n ? -(value >> 1n) - 1n : value >> 1n;
  }
  uint() {
    const value = this.varint();
    check(value < 1n << 32n, "BadInteger");
    return Number(value);
  }
  int() {
    return narrow(this.signed());
  }
  delta(before) {
    const value = this.signed() + BigInt(before);
    check(value >= 0n && value < 1n << 32n, "BadInteger");
    return Number(value);
  }
  bool() {
    const value = this.varint();
    check(value < 2n, "BadValue");
    return value === 1n;
  }
  count(least) {
    const value = this.varint();
    check(value <= BigInt(Math.floor(this.left / least)), "Truncated");
    return Number(value);
  }
  part() {
    return new Reader(this.take(this.count(1)));
  }
  text(n) {
    const bytes = this.take(n);
    try {
      return utf8.decode(bytes);
    } catch {
      throw new Bad("BadText");
    }
  }
  finish() {
    check(this.left === 0, "TrailingBytes");
  }
}

function narrow(value) {
  check(value >= -(1n << 31n) && value < 1n << 31n, "BadInteger");
  return Number(value);
}

const list = (n, item) => Array.from({ length: n }, (_, i) => item(i));

/** Items to the end of the body. */
function toEnd(r, item) {
  const items = [];
  while (r.left > 0) items.push(item(items));
  return items;
}

function decodeHeader(body) {
  const r = new Reader(body);
  check(body.length >= 4 && r.text(3) === "AFI", "NotABatch");
  check(r.take(1)[0] === 1, "UnknownVersion");
  const [compression] = r.take(1);
  check(compression <= 1, "UnknownCompression");
  const h = r.part();
  const header = {
    compression,
    session: hex(h.take(16)),
    page_view: hex(h.take(8)),
    sequence: h.uint(),
    epoch: h.uint(),
    flags: h.uint(),
    origin_ms: String(h.varint()),
    sealed_ms: String(h.varint()),
  };
  const length = h.count(1);
  check(length <= 64, "TooLarge");
  header.site = h.text(length);
  header.payload_bytes = h.uint();
  header.previous = hex(h.take(16));
  const covered = h.bytes.subarray(0, h.at);
  header.digest = hex(h.take(16));
  h.finish();
  return { header, covered, payload: r.take(r.left) };
}

function inflate({ compression, payload_bytes: wanted }, payload) {
  check(wanted <= LIMIT, "TooLarge");
  if (compression === 0) {
    check(payload.length >= wanted, "Truncated");
    check(payload.length <= wanted, "TrailingBytes");
    return payload;
  }
  let result;
  try {
    result = inflateRawSync(payload, { maxOutputLength: Math.max(wanted, 1), info: true });
  } catch (error) {
    throw new Bad(error.code === "ERR_BUFFER_TOO_LARGE" ? "TooLarge" : "BadCompression");
  }
  check(result.engine.bytesWritten === payload.length, "TrailingBytes");
  check(result.buffer.length <= wanted, "TooLarge");
  check(result.buffer.length === wanted, "BadCompression");
  return result.buffer;
}

function decode(body) {
  const { header, covered, payload: travelled } = decodeHeader(body);
  const payload = inflate(header, travelled);
  const digest = createHash("sha256").update("AFI\x01").update(covered).update(payload).digest();
  check(hex(digest.subarray(0, 16)) === header.digest, "BadDigest");
  const r = new Reader(payload);
  const sections = new Map();
  let last = 0n;
  while (r.left > 0) {
    const id = r.varint();
    check(id > last, "BadSection");
    sections.set((last = id), r.part());
  }
  check(sections.has(1n) && sections.has(2n) && sections.has(3n), "BadSection");
  const strings = decodeStrings(sections.get(1n));
  return { header, policy: decodePolicy(sections.get(2n)), records: decodeRecords(sections.get(3n), strings) };
}

function decodeStrings(r) {
  const strings = new Map();
  for (const role of ROLES) {
    const lengths = list(r.count(1), () => 0).map(() => r.uint());
    strings.set(role, lengths.map((length) => r.text(length)));
  }
  r.finish();
  strings.set("Name", [...PRESETS, ...strings.get("Name")]);
  return strings;
}

function decodePolicy(r) {
  const policy = hex(r.take(16));
  let last = -1;
  const withheld = toEnd(r, () => {
    const pair = [r.uint(), r.uint()];
    check(pair[0] > last && pair[1] > 0, "BadValue");
    last = pair[0];
    return pair;
  });
  return { policy, withheld };
}

function decodeRecords(r, strings) {
  const count = r.count(3);
  const kinds = list(count, () => r.uint());
  let time = 0;
  const times = list(count, () => (time = r.delta(time)));
  const lengths = list(count, () => r.uint());
  const records = list(count, (i) => {
    const body = new Body(r.take(lengths[i]), strings);
    const { name, fields } = body.record(kinds[i]);
    body.finish();
    return { time_ms: times[i], kind: kinds[i], name, fields };
  });
  r.finish();
  return records;
}

/** A record's body: a reader that knows the strings. */
class Body extends Reader {
  constructor(bytes, strings) {
    super(bytes);
    this.strings = strings;
  }
  resolve(role, reference) {
    const column = this.strings.get(role);
    check(reference < BigInt(column.length), "BadReference");
    return column[Number(reference)];
  }
  string(role) {
    return this.resolve(role, this.varint());
  }
  optional(role) {
    const number = this.varint();
    return number === 0n ? null : this.resolve(role, number - 1n);
  }
  textOrCss() {
    const number = this.varint();
    const css = (number & 1n) === 1n;
    return { text: this.resolve(css ? "Css" : "Text", number >> 1n), css };
  }
  field(type) {
    if (type === "part") return hex(this.take(this.count(1)));
    return type === "uint" ? this.uint() : type === "int" ? this.int() : type === "bool" ? this.bool() : this.string(type);
  }
  record(kind) {
    const plain = PLAIN.get(kind);
    if (plain) {
      const fields = plain.fields.map(([field, type]) => [field, this.field(type)]);
      return { name: plain.name, fields: Object.fromEntries(fields) };
    }
    switch (kind) {
      case 4:
        return { name: "Tree", fields: { first: this.uint(), entries: toEnd(this, (before) => this.entry(before.at(-1))) } };
      case 6: {
        let node = 0;
        return { name: "Remove", fields: { nodes: toEnd(this, () => (node = this.delta(node))) } };
      }
      case 7: {
        let node = 0;
        const change = () => {
          node = this.delta(node);
          const name = this.string("Name");
          return { node, name, value: this.optional(ROLE_OF.get(name) ?? "Value") };
        };
        return { name: "Attributes", fields: { changes: toEnd(this, change) } };
      }
      case 8: {
        let node = 0;
        const change = () => ({ node: (node = this.delta(node)), ...this.textOrCss() });
        return { name: "Texts", fields: { changes: toEnd(this, change) } };
      }
      case 10:
        return { name: "Scrolls", fields: { samples: this.samples(false) } };
      case 11:
        return { name: "Moves", fields: { device: this.uint(), id: this.uint(), samples: this.samples(true) } };
      case 21: {
        const sheet = this.uint();
        const path = list(this.count(1), () => 0).map(() => this.uint());
        return { name: "StyleRule", fields: { sheet, path, rule: this.optional("Css") } };
      }
      case 22:
        return { name: "AdoptedSheets", fields: { root: this.uint(), sheets: toEnd(this, () => this.uint()) } };
      default:
        return { name: "Unknown", fields: { body: hex(this.take(this.left)) } };
    }
  }
  entry(before) {
    const head = this.varint();
    const [kind, number] = [Number(head & 7n), head >> 3n];
    let place = "child";
    if (number === 0n) {
      place = { parent: this.uint(), previous: this.uint() };
    } else if (number > 1n) {
      check(number - 2n < 1n << 32n, "BadInteger");
      place = { after: Number(number - 2n) };
    }
    const node = this.node(kind);
    const root = kind === 0 || kind === 6;
    const above = before?.node.type;
    if (number === 1n) {
      check(before && !["text", "css", "doctype"].includes(above), "BadValue");
      check(!root || above === "element" || above === "existing", "BadValue");
    } else if (number > 1n) {
      check(before && !root, "BadValue");
    }
    return { place, node };
  }
  node(kind) {
    switch (kind) {
      case 0:
        return { type: "document" };
      case 4: {
        const { text, css } = this.textOrCss();
        return { type: css ? "css" : "text", text };
      }
      case 5:
        return { type: "doctype", name: this.string("Name"), public: this.string("Name"), system: this.string("Name") };
      case 6:
        return { type: "shadow_root", closed: this.bool() };
      case 7:
        return { type: "existing", id: this.uint() };
      default: {
        const name = this.string("Name");
        const attributes = list(this.count(2), () => 0).map(() => {
          const attribute = this.string("Name");
          return [attribute, this.string(ROLE_OF.get(attribute) ?? "Value")];
        });
        return { type: "element", namespace: kind, name, attributes };
      }
    }
  }
  samples(gliding) {
    const count = this.count(3);
    const samples = list(count, () => 0).map(() => ({ after_ms: this.uint() }));
    let node = 0;
    for (let done = 0; done < count; ) {
      const run = this.uint();
      const next = this.delta(node);
      check(run > 0 && run <= count - done && (done === 0 || next !== node), "BadValue");
      node = next;
      for (const sample of samples.slice(done, done + run)) sample.node = node;
      done += run;
    }
    for (const axis of ["x", "y"]) {
      let [position, speed] = [0n, 0n];
      for (const sample of samples) {
        const change = this.signed() + speed;
        position += change;
        sample[axis] = narrow(position);
        speed = gliding ? change : 0n;
      }
    }
    return samples;
  }
}

for (const file of process.argv.slice(2)) {
  let result;
  try {
    result = decode(readFileSync(file));
  } catch (error) {
    if (!(error instanceof Bad)) throw error;
    result = { error: error.message };
  }
  console.log(JSON.stringify(result));
}
