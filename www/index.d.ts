/**
 * afterimage records sessions of visitors and never collects what it must not: passwords, card data, codes and their
 * echoes do not leave the browser.
 *
 * ```js
 * import { start } from "@afterimage/recorder";
 * const recorder = await start({ collector: "/collect", site: "shop" });
 * ```
 *
 * @packageDocumentation
 */

/** What `start` can be told. Everything but `collector` has a default. */
export interface Options {
  /** Where recordings are posted: an https URL, one on loopback, or one relative to the page. */
  collector: string;
  /** Keeps recordings of several sites apart at one collector; at most 64 bytes. Default: `""`. */
  site?: string;
  /**
   * How much is readable. `"strict"`: no text, no media. `"default"`: the page's text, no field's value. `"open"`: also
   * fields named in `unmask`. Passwords, card data, codes and other hard secrets are readable under none of them.
   * Default: `"default"`.
   */
  policy?: "strict" | "default" | "open";
  /** `"required"`: nothing is recorded before {@link grant} was called in this browser. Default: `"granted"`. */
  consent?: "granted" | "required";
  /** The share of sessions to record, 0 to 1. Decided once a session. Default: `1`. */
  sample?: number;
  /** Set to `true` when the visitor is known to be a child: nothing is recorded, what was not sent is dropped. */
  minor?: boolean;
  /** Honour Global Privacy Control. Default: `true`. */
  gpc?: boolean;
  /** Honour Do Not Track. Default: `true`. */
  dnt?: boolean;
  /** Selectors of elements whose text or value may be read; counts under `default` (text) and `open`. */
  unmask?: string | readonly string[];
  /** Selectors of elements whose text and values are replaced. */
  mask?: string | readonly string[];
  /** Selectors of elements of which only the box is recorded. */
  block?: string | readonly string[];
  /** Selectors of elements where interaction is not recorded. */
  ignore?: string | readonly string[];
  /** Names of URL parameters whose values may be kept; all others are cut. */
  query?: string | readonly string[];
  /** Where the browser refuses cookies: record with a session that ends with the page, or nothing. Default: `"page"`. */
  withoutCookies?: "page" | "nothing";
  /** Milliseconds between batches, 1000 to 60000. Default: `5000`. */
  interval?: number;
  /**
   * Per cent of the main thread that the recorder may take over ten seconds. Above it, it records in less detail, step by
   * step, and says so in the recording. Default: `1`.
   */
  budget?: number;
  /**
   * Ask the collector which parts of a large page other visitors have sent already, and leave them out: for afterimage's own
   * collector, whose answers are known to be true. Bodies that leave something out can be read by that collector alone.
   * Default: `false`.
   */
  known?: boolean;
  /**
   * Record what canvases show, as images: `true`, or how many a second of each at most, up to 4. Of canvases in sight only, and
   * never where anything is masked, blocked or ignored, nor under the policy `"strict"`. No rule can judge what a picture
   * shows. `canvas.js` and `canvas-worker.js` are fetched for it from beside `core.js`. Default: `false`.
   */
  canvas?: boolean | number;
  /** Pixels of such an image's longer edge at most, 64 to 2000. Default: `640`. */
  canvasEdge?: number;
  /**
   * Record what the page writes to its console: words and numbers, of objects only that they were there. Under the same rules
   * as texts, and nothing while a secret is typed. `developer.js` is fetched for it from beside `core.js`. Default: `false`.
   */
  console?: boolean;
  /**
   * Record which requests the page makes: address (under the rules for URLs), what asked for it, when, for how long, status and
   * size; never a body or a header. `developer.js` is fetched for it from beside `core.js`. Default: `false`.
   */
  network?: boolean;
  /**
   * Origins of pages that record themselves, too, as part of this page's session, where this page is in a frame of theirs or
   * they in one of this: `"https://shop.example"`, nothing shorter. Both pages must name each other here, and have the same
   * `collector`, `site` and `policy`. `frames.js` is fetched for it from beside `core.js`. Default: none.
   */
  frames?: string | string[];
  /** Called at most once per start, when something broke and recording ended. The page is never disturbed by it. */
  onError?: (error: unknown) => void;
  /**
   * Where the WebAssembly is, when it is not beside the module: a URL, bytes, a compiled module, a response, or a promise
   * of one of them.
   */
  wasm?: WebAssemblySource | Promise<WebAssemblySource>;
}

/** A form in which `afterimage.wasm` can be given. */
export type WebAssemblySource = string | URL | Response | ArrayBuffer | ArrayBufferView | WebAssembly.Module;

/**
 * - `recording`, `paused`
 * - `disabled`: the visitor, or the page, switched it off
 * - `refused`: the browser's or the visitor's wish, see {@link Status.reason}
 * - `waiting`: consent is required and was not given yet
 * - `sampled-out`: this session is not in the sample
 * - `stopped`: it ran and ended, or could not be started
 * - `idle`: not started, or on its way
 */
export type State = "recording" | "paused" | "disabled" | "refused" | "waiting" | "sampled-out" | "stopped" | "idle";

export interface Status {
  state: State;
  /**
   * Why: `"visitor"` or `"page"` when disabled; `"gpc"`, `"dnt"`, `"minor"`, `"consent"`, `"cookies"` when refused;
   * `"asked"`, `"collector"`, `"session"`, `"limit"`, `"fault"`, `"load"` or the code of a wrong option when stopped;
   * otherwise empty.
   */
  reason: string;
  /** Whether the browser keeps cookies for this page; without them an answer lasts as long as the page. */
  cookies: boolean;
  /** What the visitor answered. */
  consent: "granted" | "withdrawn" | "unknown";
}

/**
 * The recorder of this page. There is one, and it can always be called: while nothing is recorded its methods do
 * nothing. None of them throws or rejects.
 */
export interface Recorder {
  readonly state: State;
  /** The session's id at the collector, hexadecimal; empty or undefined while nothing is recorded. */
  readonly sessionId: string | undefined;
  /**
   * Records something only the page knows. Name and payload go through the same rules as everything else.
   *
   * ```js
   * recorder.event("checkout", { plan: "pro" });
   * ```
   */
  event(name: string, payload?: unknown): void;
  /** Records nothing until `resume`. */
  pause(): void;
  resume(): void;
  /** Resolves when all that was captured so far has been answered by the collector. */
  flush(): Promise<void>;
  /** Sends what is held, then ends the recording on this page. */
  stop(): Promise<void>;
  /** Ends the recording, drops what was not sent and has the collector delete the session; resolves to whether it did. */
  erase(): Promise<boolean>;
  /** Which rule hid or kept an element, and why: `"protected-field: its type"`, `"kept: no rule withholds it"`. */
  why(element: Element): string;
}

/** How {@link disable} and {@link withdraw} treat what was recorded before. */
export interface Refusal {
  /** Also have the collector delete this session. */
  erase?: boolean;
}

/** A status, and whether the collector deleted the session where that was asked for. */
export type Answered = Status & { erased?: boolean };

/**
 * Starts recording if it is allowed, and resolves to the recorder either way: look at its `state`. Rejects only when an
 * option is wrong, with an error that names it and has a `code`. Nothing is fetched while recording is not allowed.
 * Called again, it applies what the new options say about whether recording may go on (`minor`, `consent`).
 *
 * ```js
 * const recorder = await start({ collector: "/collect", consent: "required" });
 * if (recorder.state === "waiting") showBanner();
 * ```
 */
export function start(options: Options): Promise<Recorder>;

/**
 * Switches recording off for this browser and site, at once and in every open tab. What was not sent is dropped.
 *
 * ```js
 * const { erased } = await disable({ erase: true });
 * ```
 */
export function disable(refusal?: Refusal): Promise<Answered>;

/** Takes {@link disable} back; pages that were started go on, in a new session. */
export function enable(): Promise<Answered>;

/** The visitor consents: recording starts, here and in other tabs, and on later pages. */
export function grant(): Promise<Answered>;

/** The visitor withdraws consent: recording ends at once, in every open tab. What was not sent is dropped. */
export function withdraw(refusal?: Refusal): Promise<Answered>;

/** Whether this page is recorded, and why not. */
export function status(): Status;

/** The recorder of this page, whether it was started or not. */
export const recorder: Recorder;

/** Resolves to the recorder once {@link start} has been decided. */
export const ready: Promise<Recorder>;

/** The one global of the drop-in script: `window.afterimage`. */
export interface Afterimage {
  start: typeof start;
  disable: typeof disable;
  enable: typeof enable;
  grant: typeof grant;
  withdraw: typeof withdraw;
  status: typeof status;
  readonly recorder: Recorder;
  readonly ready: Promise<Recorder>;
}
