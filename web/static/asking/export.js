/** Turns conversations into a Markdown file to keep. */

import { notesOn } from "../answer/writing.js";
import { escaped, markdown } from "../copying/references.js";
import { make } from "../dom.js";
import { word } from "../i18n.js";
import { inVersion } from "../article/versions.js";

/** @import { Exchange } from "../answer/answer.js" */
/** @import { AnswerEvent, Source, Statement } from "../ask.js" */
/** @import { Work } from "../copying/references.js" */
/** @import { Kept } from "./keeping.js" */

/** Conversations, each under the day it was begun. @param {Kept[]} all */
export function conversationsText(all) {
  const told = all.map(({ begun, exchanges }) => {
    return [`# ${word("begun", { iso: begun })}`, ...exchanges.map(exchangeText)].join("\n\n");
  });
  return `${told.join("\n\n")}\n`;
}

/** @param {Exchange} exchange */
function exchangeText({ question, events }) {
  const heading = `## ${escaped(question.replace(/\s+/g, " "))}`;
  return `${heading}\n\n${answerText(events)}`;
}

/** What was answered, with numbered sources and their addresses. @param {AnswerEvent[]} events */
function answerText(events) {
  const statements = events.flatMap(({ event, data }) => (event === "statement" ? [data] : []));
  const sources = events.flatMap(({ event, data }) => (event === "source" ? [data] : []));
  const done = events.flatMap(({ event, data }) => (event === "done" ? [data] : []))[0];
  if (done.status === "not_found") return escaped(word("notFound"));
  const told = statements.filter(({ citations }) => citations.length > 0);
  const gone = statements.filter(({ citations }) => citations.length === 0);
  const notes = notesOn(done.writing, told);
  const before = done.status === "conflicting" ? [word("conflicting")] : [];
  const after = [
    ...gone.map(({ withdrawn = "" }) => word("gone", { iso: withdrawn })),
    ...notes.map(({ key, about }) => word(key, about)),
  ];
  if (told.length === 0) return after.map(escaped).join("\n\n");
  const works = cited(told, sources);
  return markdown({ before, statements: told, after, works, today: "" });
}

/**
 * The articles that are cited, each once; their addresses are newsqa's own.
 *
 * @param {Statement[]} statements
 * @param {Source[]} sources
 * @returns {Work[]}
 */
function cited(statements, sources) {
  const sourceOf = (/** @type {string} */ id) => sources.find((one) => one.article_id === id);
  const citations = statements.flatMap((statement) => statement.citations);
  const ids = citations.map(({ article_id }) => article_id);
  const firsts = citations.filter(({ article_id }, at) => ids.indexOf(article_id) === at);
  return firsts.flatMap(({ article_id: id, url }) => {
    const source = sourceOf(id);
    if (!source) return [];
    const link = new URL(inVersion(url, source.version), import.meta.url).href;
    return [{ ...source, id, link, versions: [], copies: [] }];
  });
}

/** Give the reader a file. @param {string} name @param {string} text */
export function download(name, text) {
  const href = URL.createObjectURL(new Blob([text], { type: "text/markdown;charset=utf-8" }));
  make("a", { href, download: name }).click();
  setTimeout(() => URL.revokeObjectURL(href), 60_000);
}
