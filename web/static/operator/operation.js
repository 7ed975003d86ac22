/** Turns GET /operation into what the server holds and does, time and again while it rebuilds. */

import { Trouble } from "../ask.js";

/** @import { Access } from "./access.js" */

/**
 * @typedef {object} Rebuild
 * @property {"idle" | "running" | "done" | "failed"} state
 * @property {number} finished
 * @property {number} total
 * @property {string | null} began
 * @property {string | null} ended
 * @property {string | null} error
 */

/** @typedef {{origin: string, reason: string, when: string}} Refusal */

/**
 * @typedef {object} State
 * @property {number} articles
 * @property {number} passages
 * @property {string | null} model
 * @property {string | null} rebuilt
 * @property {string | null} newest when an article was last taken
 * @property {number} refusals how many there are; those listed are the newest
 * @property {Refusal[]} refused
 * @property {Rebuild} rebuild
 * @property {string | null} trouble why questions cannot be answered
 */

/** Between two looks at a rebuild, in milliseconds. */
const pause = 1000;

/** What the operator oversees. Event `change`: it was looked at, or could not be. */
export class Operation extends EventTarget {
  /** As it was when last seen. @type {State | null} */
  state = null;
  /** Why it cannot be seen now. @type {Trouble | null} */
  trouble = null;
  #access;
  #timer = 0;

  /** @param {Access} access */
  constructor(access) {
    super();
    this.#access = access;
  }

  /** Look how things stand, and go on looking while a rebuild runs. */
  async look() {
    await this.#try(async () => {
      this.state = await (await this.#access.request("/operation")).json();
    });
    clearTimeout(this.#timer);
    if (this.state?.rebuild.state === "running" && this.#access.key) {
      this.#timer = setTimeout(() => void this.look(), pause);
    }
    this.dispatchEvent(new Event("change"));
  }

  /** Have the index made anew. */
  async rebuild() {
    await this.#try(() => this.#access.request("/operation/rebuild", { method: "POST" }));
    // It is refused where one runs already: then that one is looked at.
    if (this.trouble && this.trouble.reason !== "refused") this.dispatchEvent(new Event("change"));
    else await this.look();
  }

  /** @param {() => Promise<unknown>} act */
  async #try(act) {
    this.trouble = null;
    try {
      await act();
    } catch (error) {
      if (!(error instanceof Trouble)) throw error;
      this.trouble = error;
    }
  }
}
