/** Turns how a question was read into chips; pressing one asks it once more without that reading. */

import { chipOf, filtered, partsOf } from "../asking/chips.js";

/** @import { Again } from "./answer.js" */
/** @import { Meta, Options, Time } from "../ask.js" */
/** @import { About, Key } from "../i18n.js" */

/**
 * A chip for what was asked before and went into it, for the time it speaks of, for each filter.
 *
 * @param {{question: string, options: Options}} asked
 * @param {Meta | undefined} meta what the server read, once it has said so
 * @param {(again: Again) => void} ask
 */
export function readings({ question, options }, meta, ask) {
  const chips = [];
  const read = meta?.standalone_question ?? question;
  if (meta && read !== meta.question) {
    /** @type {Options} */
    const alone = { ...options, history: [] };
    chips.push(chipOf([["understood", { question: read }]], () => ask({ question, options: alone })));
  }
  const time = timeRead(meta?.time);
  if (time.length > 0) {
    chips.push(chipOf(time, () => ask({ question, options: { ...options, time: false } })));
  }
  const filters = options.filters ?? {};
  for (const { words, drop } of partsOf(filters)) {
    const left = filtered(options, drop(filters));
    chips.push(chipOf(words, () => ask({ question, options: left, drop })));
  }
  return chips;
}

/** How the question's time was read. @param {Time | null | undefined} time */
function timeRead(time) {
  const { date_from: from = null, date_to: to = null, latest = false } = time ?? {};
  /** @type {[Key, About][]} */
  const read = [];
  if (from || to) read.push(["time", { from, to }]);
  if (latest) read.push(["newestFirst", {}]);
  return read;
}
