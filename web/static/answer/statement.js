/** Turns a statement into what is read: its words, what answers marked in them, and who says so. */

import { byline } from "../article/viewer.js";
import { make } from "../dom.js";
import { say, tagOf } from "../i18n.js";
import { inVersion, updateNote } from "../article/versions.js";

/** @import { Citation, Language, Source, Statement } from "../ask.js" */
/** @import { Key } from "../i18n.js" */

/** @typedef {[start: number, end: number]} Range of code points, half-open */

/**
 * @typedef {object} Context what the statement is an answer from, and to
 * @property {(article: string) => Source | undefined} sourceOf
 * @property {Language} asked the question's language
 */

/** Whether a statement is made of its quotes, one below the other. @param {Statement} statement */
export function isQuoted({ text, citations }) {
  return text === citations.map(({ quote }) => quote).join("\n");
}

/**
 * What the first article of a statement says: a sentence, or every item of a list.
 *
 * @param {Statement} statement
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
  const { text, citations } = statement;
  const block = make("div", { class: "statement" });
  if (isQuoted(statement)) {
    const own = ownQuotes(statement);
    const others = citations.filter((citation) => !own.includes(citation));
    block.append(...own.map((citation) => quoteLine(citation, context)));
    if (others.length > 0) block.append(fold("alsoSaid", others, context));
    return block;
  }
  const line = make("p", {}, textOf(text, context.asked, citations));
  for (const citation of citations) line.append(" ", chip(citation, context, citation.quote));
  block.append(line, fold("itsQuotes", citations, context));
  return block;
}

/**
 * The part of a statement that answers, as a line of its own; none if nothing is marked.
 *
 * @param {Statement} statement
 * @param {Context} context
 */
export function valueLine({ citations: [first] }, context) {
  const points = [...first.quote];
  const values = inside(first).map(([start, end]) => points.slice(start, end).join(""));
  if (values.length === 0) return [];
  const lang = tagOf(languageOf(first, context));
  return [make("p", { class: "value", lang }, values.join(" · "))];
}

/** @param {Key} key @param {Citation[]} citations @param {Context} context */
function fold(key, citations, context) {
  const quotes = citations.map((citation) => make("li", {}, quoteLine(citation, context)));
  const summary = say(make("summary"), key, { count: citations.length });
  return make("details", { class: "quotes" }, summary, make("ul", {}, ...quotes));
}

/**
 * What one article says, in which language, and where.
 *
 * @param {Citation} citation
 * @param {Context} context
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
  line.append(" ", chip(citation, context));
  const source = context.sourceOf(citation.article_id);
  if (source && source.version > 1) line.append(" ", ...updateNote(source));
  return line;
}

/** @param {Citation} citation @param {Context} context */
function languageOf({ article_id }, { sourceOf, asked }) {
  return sourceOf(article_id)?.language ?? asked;
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
 * A citation's number and source, and the way there.
 *
 * @param {Citation} citation
 * @param {Context} context
 * @param {string} [hint] shown on pointing at it; without it the article's title
 */
function chip({ article_id, index, url }, { sourceOf }, hint) {
  const source = sourceOf(article_id);
  const link = make(
    "a",
    { class: "chip", href: inVersion(url, source?.version) },
    say(make("span", { class: "aside" }), "citation"),
    " ",
    make("span", { class: "number" }, String(index)),
  );
  link.title = hint ?? source?.title ?? "";
  if (source) link.append(" ", byline(source, source.title));
  return link;
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
