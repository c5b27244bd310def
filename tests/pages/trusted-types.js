"use strict";
// The one policy the page allows; browsers without Trusted Types get plain strings.
const policy = window.trustedTypes?.createPolicy("page", { createHTML: (text) => text }) ?? { createHTML: (text) => text };
window.violations = [];
document.addEventListener("securitypolicyviolation", (event) => window.violations.push(`${event.violatedDirective} ${event.sample}`));
define(
  () => { $("p").innerHTML = policy.createHTML("<b>trusted</b>"); },
  () => $("p").insertAdjacentHTML("afterend", policy.createHTML("<p>more</p>")),
  () => { $("p").textContent = "plain"; },
);
