// Batches that could not be delivered, kept in the visitor's browser until they are, by this page view, the next one or
// another tab: sealed ones only, for a day at most, and gone at once when the visitor says no (`forget` in policy.js).
//
// In IndexedDB, which need not be asked before the first failure; what is under way while the page goes away in local
// storage, which can be written in that moment. Where both are refused, memory is all there is.
import { OUTBOX, attempt } from "./policy.js";
import { hex, random } from "./session.js";

const DAY_MS = 864e5;
/** Most characters in local storage, which belongs to the page. */
const COPY_CHARS = 512 << 10;

/** @typedef {import("./delivery.js").Batch} Batch */

/** What the header of a batch ends with, in hexadecimal: its length is a LEB128 behind five bytes (FORMAT.md). @param {Uint8Array} body */
const digest = (body) => {
  const [, , , , , low, high] = body;
  const end = low < 128 ? 6 + low : 7 + (low & 127) + high * 128;
  return hex(body.subarray(end - 16, end));
};

/** Where pages that were left have copied what was under way. */
const copies = () => attempt(() => Object.keys(localStorage).filter((key) => key.startsWith(OUTBOX))) ?? [];

/** @param {string} url the collector: what was recorded for another one goes nowhere */
export const outbox = (url) => {
  /** @type {Promise<IDBDatabase> | undefined} */
  let opening;
  let closed = false;
  /** What this page stored. @type {Set<Batch>} */
  const kept = new Set();
  /** A key of local storage of its own: what another tab writes at the same time is not overwritten. */
  const own = OUTBOX + random();

  const open = () =>
    (opening ??= new Promise((done, failed) => {
      const request = indexedDB.open(OUTBOX);
      request.onupgradeneeded = () => request.result.createObjectStore(OUTBOX);
      request.onerror = failed;
      request.onsuccess = () => {
        const database = request.result;
        // Somebody, who saw it empty, wants it deleted: what was stored in that moment goes, too.
        database.onversionchange = () => {
          database.close();
          opening = undefined;
          for (const batch of kept) batch.key = batch.safe = undefined;
          kept.clear();
        };
        // The visitor may have said no meanwhile.
        if (closed) indexedDB.deleteDatabase(OUTBOX);
        (closed ? failed : done)(database);
      };
    }));

  /** What the store says, when it is on the disk. @param {(store: IDBObjectStore) => IDBRequest} ask @returns {Promise<any>} */
  const ask = async (ask) => {
    // To open it would be to make it again.
    if (closed) throw 0;
    const database = await open();
    return new Promise((done, failed) => {
      const transaction = database.transaction(OUTBOX, "readwrite");
      const request = ask(transaction.objectStore(OUTBOX));
      // NOTE: in Chromium 156 what is read of more than 64 KiB comes after the transaction's end.
      let parts = 2;
      request.onsuccess = transaction.oncomplete = () => --parts || done(request.result);
      transaction.onabort = failed;
      // A page that goes away would not say so any more, and others would wait for it (seen in WebKitGTK 2.50).
      transaction.commit();
    });
  };

  /**
   * Takes a batch in hands for as long as this page lives, once no other tab has it.
   * @param {string} key @param {(free: () => void) => void} mine
   */
  const claim = (key, mine) =>
    navigator.locks
      ? navigator.locks.request(OUTBOX + key, () => new Promise((free) => mine(/** @type {any} */ (free)))).catch(() => {})
      : mine(() => {});

  return {
    /** @param {Batch} batch */
    keep(batch) {
      if (batch.key) return;
      const key = (batch.key = random());
      kept.add(batch);
      claim(key, (free) => (batch.free = free));
      ask((store) => store.put([url, batch.at, batch.body], key)).then(
        () => (batch.safe = batch.key === key),
        () => {},
      );
    },

    /** @param {Batch} batch */
    async drop(batch) {
      const { key, free } = batch;
      kept.delete(batch);
      if (!key) return;
      try {
        await ask((store) => store.delete(key));
        free?.();
        if (!(await ask((store) => store.count()))) indexedDB.deleteDatabase(OUTBOX);
      } catch {}
    },

    /**
     * Leaves batches to others: a page in the back-forward cache delivers nothing, nor closes what is to be deleted.
     * @param {Batch[]} batches the ones that matter most first
     */
    copy: (batches) =>
      attempt(() => {
        opening?.then((database) => database.close());
        opening = undefined;
        const all = [];
        for (const { safe, free, wake, at, body } of batches) {
          free?.();
          wake?.();
          // What was to be stored a moment ago may not be.
          if (!safe) all.push([url, at, Array.from(body, (byte) => String.fromCharCode(byte)).join("")]);
        }
        while (JSON.stringify(all).length > COPY_CHARS) all.pop();
        if (all[0]) localStorage[own] = JSON.stringify(all);
      }),

    /** Whether so many page views were left that what they had under way can wait for nothing: storage is the page's. */
    crowded: () => copies().length > 1,

    /**
     * What other page views left.
     * @param {(body: Uint8Array, at: number, rest: Partial<Batch>) => void} push
     * @param {string[]} stored digests of what the collector has of it
     */
    async adopt(push, stored) {
      /** @param {[string, number, any]} row @param {Partial<Batch>} rest */
      const take = ([to, at, body], rest) => {
        if (to === url && Date.now() - at < DAY_MS && !stored.includes(digest(body))) push(body, at, { old: true, ...rest });
        else this.drop(/** @type {any} */ (rest));
      };
      try {
        for (const key of copies()) {
          const left = JSON.parse(localStorage[key]);
          delete localStorage[key];
          for (const [to, at, text] of left) take([to, at, Uint8Array.from(text, (/** @type {string} */ c) => c.charCodeAt(0))], {});
        }
      } catch {}
      try {
        // Asked first, as to open it is to make it.
        if (!(await indexedDB.databases()).some(({ name }) => name === OUTBOX)) return;
        const keys = await ask((store) => store.getAllKeys());
        // Who took the last one out was gone before it could.
        if (!keys[0]) indexedDB.deleteDatabase(OUTBOX);
        for (const key of keys)
          claim(key, async (free) => {
            const row = await ask((store) => store.get(key)).catch(() => {});
            row ? take(row, { key, free, safe: true }) : free();
          });
      } catch {}
    },

    /** Keeps nothing more. What is there is deleted by `forget`. */
    close() {
      closed = true;
    },
  };
};
