/** Turns exchanges that were kept into the same without what was withdrawn since. */

import { request, Trouble } from "../ask.js";

/** @import { AnswerEvent, Statement } from "../ask.js" */
/** @import { Exchange } from "../answer/answer.js" */

/** Articles that are asked for at a time. */
const atOnce = 3;

/**
 * Ask for each article that the exchanges tell of; yield those that were withdrawn, and when.
 *
 * @param {Exchange[]} exchanges
 * @param {(article: string, iso: string) => void} found
 */
export async function findWithdrawn(exchanges, found) {
  const articles = new Set(exchanges.flatMap(({ events }) => events.flatMap(articlesOf)));
  const left = articles.values();
  const ask = async () => {
    for (const article of left) {
      const iso = await withdrawal(article);
      if (iso !== null) found(article, iso);
    }
  };
  await Promise.all(Array.from({ length: atOnce }, ask));
}

/** When an article was withdrawn; null if it was not, or nobody can tell. @param {string} article */
async function withdrawal(article) {
  try {
    const headers = { Accept: "application/json" };
    await request(`/articles/${encodeURIComponent(article)}`, { headers });
  } catch (error) {
    if (!(error instanceof Trouble)) throw error;
    if (error.reason === "gone") return error.about.iso;
  }
  return null;
}

/** The articles that an event tells of. @param {AnswerEvent} event */
function articlesOf({ event, data }) {
  if (event === "source") return [data.article_id];
  return event === "statement" ? data.citations.map(({ article_id }) => article_id) : [];
}

/**
 * The events of an answer without the words of an article.
 *
 * @param {AnswerEvent[]} events
 * @param {string} article
 * @param {string} iso when it was withdrawn
 * @returns {AnswerEvent[]}
 */
export function without(events, article, iso) {
  if (!events.some((one) => articlesOf(one).includes(article))) return events;
  /** @type {string[]} */
  const answer = [];
  return events.flatMap((/** @type {AnswerEvent} */ told) => {
    const { event, data } = told;
    if (event === "source") return data.article_id === article ? [] : told;
    if (event === "done") {
      return { event, data: data.status === "not_found" ? data : { ...data, answer: answer.join("\n") } };
    }
    if (event !== "statement") return told;
    const left = unquoted(data, article, iso);
    if (left.text) answer.push(left.text);
    return { event, data: left };
  });
}

/**
 * What is left of a statement without an article: what others say as well, if it is quoted.
 *
 * @param {Statement} statement
 * @param {string} article
 * @param {string} iso
 * @returns {Statement}
 */
function unquoted(statement, article, iso) {
  const { text, citations } = statement;
  const others = citations.filter(({ article_id }) => article_id !== article);
  if (others.length === citations.length) return statement;
  const quoted = text === citations.map(({ quote }) => quote).join("\n");
  if (quoted && others.length > 0) {
    return { text: others.map(({ quote }) => quote).join("\n"), citations: others };
  }
  return { text: "", citations: [], withdrawn: iso };
}
