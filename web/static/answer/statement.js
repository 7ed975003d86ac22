/** Turns a statement into what is read: its words, what answers marked in them, and who says so. */

import { make } from "../dom.js";
import { say, tagOf } from "../i18n.js";
import { updateNote } from "../article/versions.js";
import { chip } from "./chip.js";

/** @import { Citation, Language, Source, Statement } from "../ask.js" */
/** @import { Key } from "../i18n.js" */

/** @typedef {[start: number, end: number]} Range of code points, half-open */

/**
 * @typedef {object} Quoting what of a statement tells whose words it is made of
 * @property {string} text
 * @property {Pick<Citation, "article_id" | "quote" | "correction">[]} citations
 */

/**
 * @typedef {object} Context what the statement is an answer from, and to
 * @property {(citation: Citation) => Source | undefined} sourceOf the passage it stands in
 * @property {Language} asked the question's language
 */

/**
 * @typedef {object} Line
 * @property {HTMLElement} line
 * @property {Citation[]} cited what it is taken from
 */

/** Whether a statement is made of its quotes, one below the other. @param {Quoting} statement */
export function isQuoted({ text, citations }) {
  return text === citations.map(({ quote }) => quote).join("\n");
}

/**
 * What the first article of a statement says: a sentence, or every item of a list.
 *
 * @template {Quoting["citations"][number]} Kind
 * @param {{citations: Kind[]}} statement
 */
export function ownQuotes({ citations }) {
  return citations.filter(({ article_id }) => article_id === citations[0].article_id);
}

/**
 * A statement: what its first article says (of a list every item), and folded what others say; of
 * a sentence that was written, the sentence, and folded what it cites.
 *
 * @param {Statement} statement
 * @param {Context} context
 */
export function statementBlock(statement, context) {
  const lines = linesOf(statement, context).map((one) => withChips(one, context));
  return make("div", { class: "statement" }, ...lines, ...foldOf(statement, context));
}

/**
 * The words of a statement, line by line.
 *
 * @param {Statement} statement
 * @param {Context} context
 * @returns {Line[]}
 */
export function linesOf(statement, context) {
  const { text, citations } = statement;
  if (isQuoted(statement)) return ownQuotes(statement).map((one) => quoteLine(one, context));
  return [{ line: make("p", {}, textOf(text, context.asked, citations)), cited: citations }];
}

/**
 * What stands behind a statement beside its own lines; nothing if nothing does.
 *
 * @param {Statement} statement
 * @param {Context} context
 */
export function foldOf(statement, context) {
  const { citations } = statement;
  if (!isQuoted(statement)) return [fold("itsQuotes", citations, context)];
  const own = ownQuotes(statement);
  const others = citations.filter((citation) => !own.includes(citation));
  return others.length > 0 ? [fold("alsoSaid", others, context)] : [];
}

/** The parts of a statement's first quote that answer. @param {Statement} statement */
export function valuesOf({ citations: [first] }) {
  const points = [...first.quote];
  return inside(first).map(([start, end]) => points.slice(start, end).join(""));
}

/** @param {Citation} citation @param {Context} context */
export function languageOf(citation, { sourceOf, asked }) {
  return sourceOf(citation)?.language ?? asked;
}

/** @param {Key} key @param {Citation[]} citations @param {Context} context */
function fold(key, citations, context) {
  const lines = citations.map((one) => withChips(quoteLine(one, context), context));
  const quotes = lines.map((line) => make("li", {}, line));
  const summary = say(make("summary"), key, { count: citations.length });
  return make("details", { class: "quotes" }, summary, make("ul", {}, ...quotes));
}

/**
 * What one article says, and in which language.
 *
 * @param {Citation} citation
 * @param {Context} context
 * @returns {Line}
 */
function quoteLine(citation, context) {
  const language = languageOf(citation, context);
  const line = make("p");
  if (citation.correction) {
    line.append(say(make("span", { class: "correction" }), "correction"), " ");
  }
  line.append(textOf(citation.quote, language, [citation]));
  if (isForeign(language, context.asked)) {
    line.append(" ", say(make("span", { class: "note" }), "original", { language }));
  }
  return { line, cited: [citation] };
}

/** A line with where it is taken from. @param {Line} line @param {Context} context */
function withChips({ line, cited }, context) {
  line.append(...cited.flatMap((citation) => [" ", ...chips(citation, context)]));
  return line;
}

/**
 * The way to a sentence, and whether its article was changed.
 *
 * @param {Citation} citation
 * @param {Context} context
 */
export function chips(citation, context) {
  const source = context.sourceOf(citation);
  const changed = source && source.version > 1 ? updateNote(source) : [];
  return [chip(citation, context), ...changed.flatMap((note) => [" ", note])];
}

/**
 * Words of an answer with the parts that answer marked.
 *
 * @param {string} text
 * @param {Language} language
 * @param {Citation[]} citations whose marks stand in it
 */
function textOf(text, language, citations) {
  const words = make("span", { class: "text", lang: tagOf(language) });
  const points = [...text];
  let at = 0;
  for (const [start, end] of citations.flatMap(inside).sort(([a], [b]) => a - b)) {
    const from = Math.max(start, at);
    if (end <= from) continue;
    const mark = make("mark", {}, points.slice(from, end).join(""));
    words.append(points.slice(at, from).join(""), mark);
    at = end;
  }
  words.append(points.slice(at).join(""));
  return words;
}

/**
 * Where a citation's marks stand in its own words.
 *
 * @param {Citation} citation
 * @returns {Range[]}
 */
function inside({ marks, answer_start: begin }) {
  return marks.map(([start, end]) => [start - begin, end - begin]);
}

/**
 * Whether a reader of one language would not expect the other.
 *
 * @param {Language} one
 * @param {Language} other
 */
function isForeign(one, other) {
  if (one === "und" || other === "und") return false;
  return one.slice(0, 2) !== other.slice(0, 2);
}
