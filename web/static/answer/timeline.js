/** Turns the citations of an answer into its articles day by day, the oldest first. */

import { dayOf } from "../article/about.js";
import { make } from "../dom.js";
import { say, tagOf } from "../i18n.js";
import { numberChip } from "./chip.js";

/** @import { Citation, Source } from "../ask.js" */
/** @import { Context } from "./statement.js" */

/** @typedef {{source: Source, day: string, cited: Citation[]}} Entry an article of the answer */

/** Articles of a timeline that is not folded. */
const few = 5;

/**
 * The timeline; nothing where the articles are all of one day.
 *
 * @param {Citation[]} citations
 * @param {Context} context
 */
export function timeline(citations, context) {
  const entries = dated(citations, context).sort((a, b) => a.day.localeCompare(b.day));
  if (new Set(entries.map(({ day }) => day)).size < 2) return [];
  const list = make("ol", {}, ...entries.map((entry) => item(entry, context)));
  if (entries.length > few) {
    return [make("details", { class: "timeline" }, say(make("summary"), "timeline"), list)];
  }
  return [make("section", { class: "timeline" }, say(make("h3"), "timeline"), list)];
}

/**
 * The articles whose day is known, in the order of citing.
 *
 * @param {Citation[]} citations
 * @param {Context} context
 */
function dated(citations, { sourceOf }) {
  /** @type {Map<string, Entry>} */
  const entries = new Map();
  for (const citation of citations) {
    const source = sourceOf(citation);
    if (!source?.published) continue;
    const entry = entries.get(source.article_id);
    if (entry) entry.cited.push(citation);
    else {
      const day = source.published.slice(0, 10);
      entries.set(source.article_id, { source, day, cited: [citation] });
    }
  }
  return [...entries.values()];
}

/** @param {Entry} entry @param {Context} context */
function item({ source, day, cited }, context) {
  const { title, publisher, language } = source;
  const lang = tagOf(language);
  const about = make("span", { class: "title", lang }, title);
  if (publisher) about.append(" ", make("span", { class: "name" }, publisher));
  const numbers = cited.flatMap((citation) => [" ", numberChip(citation, context)]);
  return make("li", {}, dayOf(day), make("span", {}, about, ...numbers));
}
