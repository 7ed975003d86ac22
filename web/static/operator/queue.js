/** Turns rows that wait into rows that are over: one after another, until stopped. */

import { Trouble } from "../ask.js";
import { send } from "./sending.js";

/** @import { Access } from "./access.js" */
/** @import { Row } from "./row.js" */

/** What is being sent. Events: `change` at every step; `begin` and `rest` of a run of rows. */
export class Queue extends EventTarget {
  /** All of the list. @type {Row[]} */
  rows = [];
  busy = false;
  paused = false;
  #access;

  /** @param {Access} access */
  constructor(access) {
    super();
    this.#access = access;
  }

  /** Those whose turn is to come. */
  get waiting() {
    return this.rows.filter((row) => row.fate === "waiting");
  }

  /** Send these as well. @param {Row[]} rows */
  add(rows) {
    this.rows.push(...rows);
    if (rows.length > 0) void this.run();
    else this.#tell("change");
  }

  /** Go on, or begin, with the rows that wait. */
  async run() {
    this.paused = false;
    if (this.busy) return;
    this.busy = true;
    this.#tell("begin");
    for (let row; !this.paused && (row = this.rows.find(({ fate }) => fate === "waiting")); ) {
      await this.#send(row);
      this.#tell("change");
    }
    this.busy = false;
    this.#tell("rest");
  }

  /** Stop when the row that is being sent is over. */
  stop() {
    this.paused = true;
    this.#tell("change");
  }

  /** Drop the rows that are over. */
  clear() {
    this.rows = this.rows.filter(({ fate }) => fate === "waiting" || fate === "sending");
    this.#tell("change");
  }

  /** @param {Row} row */
  async #send(row) {
    row.send();
    this.#tell("change");
    try {
      row.finish(await send(row.parcel, this.#access, (count) => row.take(count)));
    } catch (error) {
      if (error instanceof Trouble) this.#fail(row, error);
      else if (error instanceof DOMException) row.fail("unreadable");
      else throw error;
    }
  }

  /** @param {Row} row @param {Trouble} trouble */
  #fail(row, trouble) {
    if (trouble.reason === "refused") return row.refuse(trouble);
    const lost = trouble.reason === "unreachable" || trouble.reason === "interrupted";
    // What follows would fare no better.
    if (lost || trouble.reason === "locked") this.paused = true;
    if (trouble.reason === "locked") row.wait();
    else row.fail(lost ? "lost" : "notNow", trouble.detail);
  }

  /** @param {"change" | "begin" | "rest"} what */
  #tell(what) {
    this.dispatchEvent(new Event(what));
  }
}
