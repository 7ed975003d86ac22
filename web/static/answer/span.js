/** Turns the days that the articles come from into a note for who asked about others. */

import { request, Trouble } from "../ask.js";
import { make } from "../dom.js";
import { say } from "../i18n.js";

/** @import { Time } from "../ask.js" */

/**
 * The note, with room for it until it is known; none where no days were asked about.
 *
 * @param {Time | null | undefined} time how the question's time was read
 */
export function spanNote(time) {
  if (!time?.date_from && !time?.date_to) return [];
  const note = make("p", { class: "span" });
  void fill(note, time);
  return [note];
}

/** @param {HTMLElement} note @param {Time} time */
async function fill(note, { date_from, date_to }) {
  try {
    const { from, to } = await (await request("/facets", {})).json();
    if (!from || !to) return;
    if ((date_to && date_to < from) || (date_from && date_from > to)) say(note, "span", { from, to });
  } catch (error) {
    // Without it the answer is the same.
    if (!(error instanceof Trouble)) throw error;
  }
}
