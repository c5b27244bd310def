// What of www/ the tests run, bundled into target/xtask/recorder.js by `cargo xtask test-web`.
export { delivery } from "../../www/delivery.js";
export { facts } from "../../www/facts.js";
export { sentry } from "../../www/guard.js";
export { live } from "../../www/live.js";
