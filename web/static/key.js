/** Turns the key a reader holds into a header of what the page asks; the tab alone remembers it. */

import { recall, remember } from "./memory.js";

const name = "reader-key";

/** Who holds the key. Sends `closed` when the server asks for one that it was not sent. */
class Door extends EventTarget {
  /** Whether the last key was not taken, or is no longer. */
  denied = false;
  #key = recall(name, "sessionStorage") ?? "";

  /** What a request carries. @returns {Record<string, string>} */
  get headers() {
    return this.#key ? { Authorization: `Bearer ${this.#key}` } : {};
  }

  /** Keep a key as long as the tab is open. @param {string} key */
  hold(key) {
    this.#key = key;
    this.denied = false;
    remember(name, key, "sessionStorage");
  }

  /**
   * The server did not take what a request carried. Say whether it may be made again: with the key
   * that the reader gave meanwhile, or without the one that was carried, which is forgotten.
   *
   * @param {string} [carried] as `Authorization`
   */
  refuse(carried) {
    const { Authorization: held } = this.headers;
    if (carried === undefined && held === undefined) {
      this.dispatchEvent(new Event("closed"));
      return false;
    }
    if (carried === held) {
      this.hold("");
      this.denied = true;
    }
    return true;
  }
}

export const door = new Door();
