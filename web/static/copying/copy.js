/** Turns an answer into a fold of formats to copy it in. */

import { request, Trouble } from "../ask.js";
import { make } from "../dom.js";
import { say } from "../i18n.js";
import { apa, gbt7714, markdown, plainText } from "./references.js";

/** @import { Article } from "../article/viewer.js" */
/** @import { Citation } from "../ask.js" */
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
 * The fold. Opening it fetches the cited articles, which know their publisher's address: pressing a
 * button must find the text ready, since browsers let a press alone write to the clipboard.
 *
 * @param {Citation[]} citations
 * @param {() => Omit<Told, "works" | "today">} tell what the answer says, in the language in use
 */
export function copyFold(citations, tell) {
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
      works = await cited(citations);
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
  const summary = say(make("summary"), "copy");
  const fold = make("details", { class: "copy" }, summary, row, outcome, byHand);
  fold.addEventListener("toggle", () => void (fold.open && open()));
  return fold;
}

/**
 * The articles that are cited, each once.
 *
 * @param {Citation[]} citations
 * @returns {Promise<Work[]>}
 */
function cited(citations) {
  const ids = citations.map((one) => one.article_id);
  const firsts = citations.filter((one, at) => ids.indexOf(one.article_id) === at);
  return Promise.all(firsts.map(({ url }) => work(new URL(url, location.origin))));
}

/** @param {URL} place @returns {Promise<Work>} */
async function work(place) {
  const response = await request(place.pathname, { headers: { Accept: "application/json" } });
  const article = /** @type {Article} */ (await response.json());
  return { ...article, link: article.url || place.href };
}

/** Whether the browser lets the text be copied. @param {string} text */
async function toClipboard(text) {
  // Outside secure contexts (http: but for this machine) there is no clipboard.
  const writing = navigator.clipboard?.writeText(text);
  return writing?.then(
    () => true,
    () => false,
  );
}

/** Show text selected, to be copied by hand. @param {string} text @param {HTMLElement} place */
function offer(text, place) {
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
