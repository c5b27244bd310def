/** What is known of a session besides its replay, and what is missing from it. */

import { byId, bytes, count, duration, element, host, moment, path } from "./format.js";

/** The rules of the recorder, by number: what each holds back. */
const RULES = [
  "Masked text",
  "Masked field values",
  "Protected fields",
  "Hidden inputs",
  "Attributes",
  "Parts of addresses",
  "Parts of style sheets",
  "Payment cards",
  "Accounts and government ids",
  "Tokens and keys",
  "One-time codes",
  "E-mail addresses and phone numbers",
  "Echoes of protected fields",
  "Changes in step with protected fields",
  "Key pads",
  "Blocked elements",
  "Ignored elements",
  "Names",
];
/** Why recording ended, by number. */
const REASONS = ["stopped by the page", "refused by the collector", "the session ended", "a limit was reached", "a fault in the recorder"];

/** @param {any} session @param {unknown[]} problems */
export function showFacts(session, problems) {
  byId("views").replaceChildren(...session.views.map(view));
  byId("facts").replaceChildren(...pairs(facts(session)));
  showWithheld(session.privacy.withheld);
  byId("policy").replaceChildren(...pairs([[count(session.privacy.policies.length, "policy", "policies").replace(/^1 p/, "P"), digests(session.privacy.policies)]]));
  showProblems(problems, session.views);
}

/** @param {any} session @returns {[string, string | Node | undefined][]} */
function facts(session) {
  const [first = {}] = session.views;
  return [
    ["Started", moment(session.startedMs)],
    ["Duration", duration(session.endedMs - session.startedMs)],
    ["Site", session.site],
    ["Came from", first.referrer],
    ["Browser", session.browser],
    ["System", session.os],
    ["Languages", session.languages.replaceAll(",", ", ")],
    ["Time zone", first.timeZone],
    ["Screen", first.screen],
    ["Viewport", first.viewport],
    ["Received", `${count(session.batches, "batch", "batches")}, ${bytes(session.bytes)}`],
    ["Recorder", first.recorder],
    ["Session", element("code", {}, session.id)],
  ];
}

/** @param {[string, string | Node | undefined][]} all */
function pairs(all) {
  return all.filter(([, value]) => value).map(([name, value]) => element("div", {}, element("dt", {}, name), element("dd", {}, value ?? "")));
}

/** @param {string[]} policies */
function digests(policies) {
  return element("span", { class: "digests" }, ...policies.map((digest) => element("code", { title: digest }, digest.slice(0, 12))));
}

/** @param {[number, number][]} withheld */
function showWithheld(withheld) {
  const most = Math.max(...withheld.map(([, n]) => n), 1);
  const sorted = [...withheld].sort(([, a], [, b]) => b - a);
  const rows = sorted.map(([rule, n]) => {
    const meter = element("meter", { min: 0, max: most, value: n, "aria-hidden": "true" });
    return element("div", {}, element("dt", {}, RULES[rule] ?? `Rule ${rule}`), element("dd", {}, meter, String(n)));
  });
  byId("withheld").replaceChildren(...(rows.length ? rows : [element("p", { class: "quiet" }, "Nothing had to be withheld.")]));
}

/** @param {any} view */
function view(view) {
  const where = view.url ? path(view.url) : "its beginning is missing";
  const numbers = [duration(view.endedMs - view.startedMs), count(view.clicks, "click")];
  if (view.errors) numbers.push(count(view.errors, "error"));
  const inside = view.navigations.map((/** @type {any} */ n) => element("li", {}, path(n.url)));
  const row = element(
    "li",
    {},
    element("p", { class: "where" }, element("strong", { title: view.url }, where), " ", element("span", { class: "quiet" }, host(view.url ?? ""))),
    element("p", { class: "quiet" }, numbers.join(" · ")),
  );
  if (view.title) row.firstElementChild?.after(element("p", {}, view.title));
  if (inside.length) row.append(element("ul", { class: "inside" }, ...inside));
  const warnings = view.gaps.map(gap);
  if (view.stopReason !== null) warnings.push(`Recording ended: ${REASONS[view.stopReason] ?? "unknown reason"}`);
  for (const warning of warnings) row.append(element("p", { class: "warning" }, warning));
  return row;
}

/** @param {[number, number]} gap */
const gap = ([first, last]) => (first === last ? `Batch ${first} did not arrive` : `Batches ${first} to ${last} did not arrive`);

/** What is wrong with the recording, said before it is watched. @param {unknown[]} problems @param {any[]} views */
function showProblems(problems, views) {
  const box = byId("problems");
  box.hidden = problems.length === 0;
  if (box.hidden) return;
  box.replaceChildren(
    element("strong", {}, "This recording is not complete."),
    element("ul", {}, ...problems.map((problem) => element("li", {}, named(String(problem), views)))),
  );
}

/** Page views by their addresses, where they have one. @param {string} text @param {any[]} views */
function named(text, views) {
  return text.replace(/page view ([0-9a-f]{16})/, (whole, id) => {
    const { url } = views.find((v) => v.id === id) ?? {};
    return url ? path(url) : whole;
  });
}
