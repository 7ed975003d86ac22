/** Turns an answer, or one sentence of an article, into a fold of formats to copy it in. */

import { request, Trouble } from "../ask.js";
import { make } from "../dom.js";
import { say } from "../i18n.js";
import { inVersion } from "../article/versions.js";
import { apa, gbt7714, markdown, plainText } from "./references.js";

/** @import { Article } from "../article/viewer.js" */
/** @import { Citation, Source } from "../ask.js" */
/** @import { Key } from "../i18n.js" */
/** @import { Told, Work } from "./references.js" */

/** @type {[Key, (told: Told) => string][]} */
const formats = [
  ["plainText", plainText],
  ["markdown", markdown],
  ["gbt7714", gbt7714],
  ["apa", apa],
];

/**
 * The answer, to be copied. Opening the fold fetches the cited articles, which know their
 * publisher's address: pressing a button must find the text ready, since browsers let a press alone
 * write to the clipboard.
 *
 * @param {Citation[]} citations
 * @param {(citation: Citation) => Source | undefined} sourceOf
 * @param {() => Omit<Told, "works" | "today">} tell what the answer says, in the language in use
 */
export function copyFold(citations, sourceOf, tell) {
  return fold("copy", () => cited(citations, sourceOf), tell);
}

/**
 * A sentence of an article that is there, to be copied.
 *
 * @param {Article} article
 * @param {string} quote
 * @param {URL} place where it is read
 */
export function sentenceFold(article, quote, place) {
  const citations = [{ article_id: article.id, quote, correction: false }];
  const told = { before: [], statements: [{ text: quote, citations }], after: [] };
  return fold("copyCitation", async () => [work(article, place)], () => told);
}

/**
 * @param {"copy" | "copyCitation"} name
 * @param {() => Promise<Work[]>} fetchWorks
 * @param {() => Omit<Told, "works" | "today">} tell
 */
function fold(name, fetchWorks, tell) {
  const outcome = make("p", { role: "status" });
  const byHand = make("div");
  /** @type {Work[]} */
  let works = [];

  /** @param {Key} key @param {(told: Told) => string} format */
  async function press(key, format) {
    const text = format({ ...tell(), works, today: today() });
    const copied = await toClipboard(text);
    outcome.replaceChildren(...(copied ? [said("copied"), said(key)] : []));
    byHand.replaceChildren();
    if (!copied) offer(text, byHand);
  }

  async function open() {
    outcome.replaceChildren();
    byHand.replaceChildren();
    if (works.length > 0) return;
    try {
      works = await fetchWorks();
      for (const button of buttons) button.disabled = false;
    } catch (error) {
      if (!(error instanceof Trouble)) throw error;
      outcome.replaceChildren(say(make("span"), error.reason, error.about));
    }
  }

  const buttons = formats.map(([key, format]) => {
    const button = say(make("button", { type: "button", class: "quiet", disabled: "" }), key);
    button.addEventListener("click", () => void press(key, format));
    return button;
  });
  const row = make("div", { class: "formats" }, ...buttons);
  const summary = say(make("summary"), name);
  const details = make("details", { class: "copy" }, summary, row, outcome, byHand);
  details.addEventListener("toggle", () => void (details.open && open()));
  return details;
}

/**
 * The articles that are cited, each once, as they were when they were quoted.
 *
 * @param {Citation[]} citations
 * @param {(citation: Citation) => Source | undefined} sourceOf
 * @returns {Promise<Work[]>}
 */
function cited(citations, sourceOf) {
  const ids = citations.map((one) => one.article_id);
  const firsts = citations.filter((one, at) => ids.indexOf(one.article_id) === at);
  return Promise.all(
    firsts.map(async (one) => {
      const place = new URL(inVersion(one.url, sourceOf(one)?.version), import.meta.url);
      const headers = { Accept: "application/json" };
      const response = await request(place.pathname + place.search, { headers });
      return work(await response.json(), place);
    }),
  );
}

/** @param {Article} article @param {URL} place @returns {Work} */
function work(article, place) {
  return { ...article, link: article.url || place.href };
}

/** Whether the browser lets the text be copied. @param {string} text */
export async function toClipboard(text) {
  // Outside secure contexts (http: but for this machine) there is no clipboard.
  const writing = navigator.clipboard?.writeText(text);
  return writing?.then(
    () => true,
    () => false,
  );
}

/** Show text selected, to be copied by hand. @param {string} text @param {HTMLElement} place */
export function offer(text, place) {
  const area = make("textarea", { readonly: "", rows: "8" }, text);
  place.append(make("label", {}, said("copyByHand"), area));
  area.select();
}

/** @param {Key} key */
function said(key) {
  return say(make("span"), key);
}

/** The reader's day, as 2026-11-22: so Swedish writes it. */
function today() {
  return new Date().toLocaleDateString("sv-SE");
}
