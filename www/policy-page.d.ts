import type { Options } from "./index.js";

/** A sentence for visitors, and the id of the promise or the name of the option it is about. */
export interface Said {
  id: string;
  text: string;
}

/** What is recorded on a site, what never is, for how long and by whom. */
export interface Policy {
  site: string;
  /** Where recordings are sent. */
  collector: string | undefined;
  /** Who keeps them, as the collector says; `null` where it does not. */
  operator: string | null;
  /** A link: `https:` or `mailto:`. */
  contact: string | null;
  /** Days after which a session is deleted; `null` where there is no limit or the collector does not say. */
  keepDays: number | null;
  addressesStored: boolean | null;
  policy: "strict" | "default" | "open";
  consent: "granted" | "required";
  sample: number;
  gpc: boolean;
  dnt: boolean;
  minor: boolean;
  withoutCookies: "page" | "nothing";
  /** What the options except from the rules, or put under them in addition. */
  exceptions: (Said & { value: string })[];
  recorded: Said[];
  never: (Said & { name: string })[];
  /** What is kept in the browser, by name. */
  stored: { names: string[]; text: string }[];
  /** Whether this browser may be recorded now, and why not. */
  state: { recording: boolean; reason: string };
  /** Whether the options were found. */
  known: boolean;
  /** What is wrong with them. */
  wrong: string | null;
}

/**
 * What the policy page shows, as data. Importing this has no effect but on that page.
 *
 * ```js
 * import { policy } from "@afterimage/recorder/policy.js";
 * const { keepDays, recorded } = await policy({ collector: "/collect" }, "de");
 * ```
 * @param options those given to `start`; by default those of the site's own script tag
 * @param language two letters; by default English
 */
export function policy(options?: Partial<Options>, language?: string): Promise<Policy>;
