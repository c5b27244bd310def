"use strict";
// What the recorder breaks on such a page shows here: the fixtures have no violation of their own.
window.violations = [];
document.addEventListener("securitypolicyviolation", (event) => window.violations.push(`${event.violatedDirective} ${event.blockedURI}`));
window.pageErrors = [];
addEventListener("error", (event) => window.pageErrors.push(String(event.message)));
addEventListener("unhandledrejection", (event) => window.pageErrors.push(String(event.reason)));
define(
  () => { $("p").textContent = "changed"; },
  () => { $("p").style.color = "teal"; document.body.append(make("p", "added")); },
  () => { $("p").hidden = true; },
);
