/** Turns the operator's key into requests that carry it; it is remembered by the tab alone. */

import { request, Trouble } from "../ask.js";
import { recall, remember } from "../memory.js";

const name = "operator-key";

/** Who holds the key. Event `denied`: the server no longer takes it. */
export class Access extends EventTarget {
  /** The key; empty while locked. */
  key = recall(name, "sessionStorage") ?? "";

  /** Keep the key as long as the tab is open. */
  keep() {
    remember(name, this.key, "sessionStorage");
  }

  /** Forget it. */
  forget() {
    this.key = "";
    this.keep();
  }

  /**
   * The response to a request that only the operator may make.
   *
   * @param {string} path
   * @param {{method?: string, headers?: Record<string, string>, body?: BodyInit}} [options]
   * @throws {Trouble} when the server cannot be reached or answers with an error
   */
  async request(path, options = {}) {
    // A header holds nothing else, so that no such key can be right.
    if (!/^[!-~]+$/.test(this.key)) throw this.#denied(new Trouble("locked"));
    const headers = { ...options.headers, Authorization: `Bearer ${this.key}` };
    try {
      return await request(path, { ...options, headers, cache: "no-store" });
    } catch (error) {
      throw error instanceof Trouble && error.reason === "locked" ? this.#denied(error) : error;
    }
  }

  /** @param {Trouble} trouble */
  #denied(trouble) {
    this.forget();
    this.dispatchEvent(new Event("denied"));
    return trouble;
  }
}
