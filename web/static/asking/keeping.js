/** Turns the conversation of a tab into what the browser keeps, beside those of other tabs. */

import { recall, remember } from "../memory.js";

/** @import { Exchange } from "../answer/answer.js" */

/**
 * @typedef {object} Kept
 * @property {string} id
 * @property {string} begun a moment, as 2026-11-22T08:00:00.000Z
 * @property {Exchange[]} exchanges
 */

const prefix = "conversation:";

/** What all conversations may take, in characters; browsers give a page about 5 million. */
const room = 3_000_000;

/** A name that no other conversation or exchange has. */
export function freshId() {
  // crypto.randomUUID is not there outside secure contexts.
  return Date.now().toString(36) + Math.random().toString(36).slice(2, 10);
}

/** All that is kept, begun last first. @returns {Kept[]} */
export function keptAll() {
  const all = names().flatMap((name) => {
    const kept = readKept(name);
    // What the page cannot show the reader could not delete.
    if (!kept) forget(name.slice(prefix.length));
    return kept ?? [];
  });
  return all.sort((a, b) => b.begun.localeCompare(a.begun));
}

/** @param {string} id */
export function forget(id) {
  try {
    localStorage.removeItem(prefix + id);
  } catch {
    // Where nothing may be kept there is nothing to forget.
  }
}

/** Whether something that is kept changed in another tab. @param {StorageEvent} event */
export function isKept({ key }) {
  return key === null || key.startsWith(prefix);
}

/** The conversation that this tab shows, as it is kept. */
export class Keeping {
  /** Whether the browser keeps what it is given. */
  works = true;
  #id = freshId();
  /** Exchanges that this tab knows to be kept, by id. @type {Set<string>} */
  #known = new Set();

  get id() {
    return this.#id;
  }

  /** The conversation this tab showed before it was loaded again. @returns {Kept | null} */
  get shownBefore() {
    return readKept(prefix + recall("conversation", "sessionStorage"));
  }

  /** Show another conversation from now on; without one, a new. @param {Kept} [kept] */
  turnTo({ id, exchanges } = { id: freshId(), begun: "", exchanges: [] }) {
    this.#id = id;
    this.#known = new Set(exchanges.map((exchange) => exchange.id));
    remember("conversation", id, "sessionStorage");
  }

  /**
   * Keep what the tab shows. Exchanges that another tab added to the same conversation stay, and
   * those that another tab deleted do not come back.
   *
   * @param {Exchange[]} exchanges
   */
  keep(exchanges) {
    const mine = new Map(exchanges.map((exchange) => [exchange.id, exchange]));
    if (mine.size + this.#known.size === 0) return;
    const kept = readKept(prefix + this.#id);
    const others = kept?.exchanges ?? [];
    const merged = others
      .filter(({ id }) => mine.has(id) || !this.#known.has(id))
      .map((other) => mine.get(other.id) ?? other);
    const there = new Set([...others.map(({ id }) => id), ...this.#known]);
    merged.push(...exchanges.filter(({ id }) => !there.has(id)));
    remember("conversation", this.#id, "sessionStorage");
    if (merged.length === 0) forget(this.#id);
    else this.works = write({ id: this.#id, begun: kept?.begun ?? now(), exchanges: merged });
    if (this.works) this.#known = new Set(mine.keys());
  }
}

function now() {
  return new Date().toISOString();
}

function names() {
  try {
    return Object.keys(localStorage).filter((name) => name.startsWith(prefix));
  } catch {
    return [];
  }
}

/**
 * A conversation that is kept; null if there is none, or none that this page can read.
 *
 * @param {string} name
 * @returns {Kept | null}
 */
function readKept(name) {
  try {
    const kept = JSON.parse(recall(name) ?? "null");
    return prefix + kept.id === name && isWhole(kept) ? kept : null;
  } catch {
    return null;
  }
}

/** Whether nothing is missing: an older page may have kept it. @param {Kept} kept */
function isWhole({ begun, exchanges }) {
  return (
    Date.parse(begun) > 0 &&
    exchanges.length > 0 &&
    exchanges.every(({ id, question, options, events }) => {
      return id && question && options && events.at(-1)?.event === "done";
    })
  );
}

/**
 * Write a conversation, for which the oldest others make room; say whether it is kept.
 *
 * @param {Kept} kept
 */
function write(kept) {
  const text = JSON.stringify(kept);
  const others = keptAll().filter(({ id }) => id !== kept.id);
  const sizes = others.map(({ id }) => recall(prefix + id)?.length ?? 0);
  let taken = sizes.reduce((sum, size) => sum + size, text.length);
  for (;;) {
    if (taken <= room && wrote(prefix + kept.id, text)) return true;
    const oldest = others.pop();
    if (!oldest) return false;
    taken -= sizes.pop() ?? 0;
    forget(oldest.id);
  }
}

/** @param {string} name @param {string} text */
function wrote(name, text) {
  try {
    localStorage.setItem(name, text);
    return true;
  } catch {
    return false;
  }
}
