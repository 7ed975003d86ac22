/** Turns a parcel into what became of the articles in it, telling on the way how many are taken. */

import { readEvents, Trouble } from "../ask.js";

/** @import { Access } from "./access.js" */
/** @import { Parcel } from "./parcels.js" */

/**
 * @typedef {object} Added what the server says in the end
 * @property {{id: string, outcome: "added" | "updated" | "unchanged"}[]} articles
 * @property {{origin: string, reason: string}[]} refused
 * @property {string[]} warnings
 */

/**
 * Send a parcel.
 *
 * @param {Parcel} parcel
 * @param {Access} access
 * @param {(finished: number) => void} tell called once all of it is sent, and then as it is taken
 * @returns {Promise<Added>}
 * @throws {Trouble} when it is not taken, or that is not known
 * @throws {DOMException} when the browser cannot read the file
 */
export async function send(parcel, access, tell) {
  const body = await parcel.body();
  const headers = { Accept: "text/event-stream", "Content-Type": parcel.kind };
  const response = await access.request(parcel.path, { method: "POST", headers, body });
  tell(0);
  try {
    for await (const { event, data } of readEvents(response.body ?? new ReadableStream())) {
      const value = JSON.parse(data);
      if (event === "progress") tell(value.finished);
      if (event === "done") return value;
      if (event === "error") throw Trouble.from(value);
    }
  } catch (error) {
    // A connection that breaks while it is read is a TypeError in every browser.
    if (!(error instanceof TypeError)) throw error;
  }
  throw new Trouble("interrupted");
}
