/** Turns the key of a word into Chinese or English, and says it again when the language changes. */

import { recall, remember } from "./memory.js";
import { answers } from "./words/answers.js";
import { articles } from "./words/articles.js";
import { asking } from "./words/asking.js";
import { copying } from "./words/copying.js";
import { history } from "./words/history.js";
import { shell } from "./words/shell.js";
import { troubles } from "./words/troubles.js";

/** @typedef {"zh" | "en"} Tongue */
/** @typedef {Record<string, string | number | null>} About what a sentence is about: plain values */
/** @typedef {string | ((about: About) => string)} Said */
/** @typedef {Record<string, [en: Said, zh: Said]>} Words */
/** @typedef {keyof typeof words | keyof typeof import("./words/operating.js").operating} Key */

const words = { ...shell, ...asking, ...answers, ...troubles, ...articles, ...copying, ...history };

/** @type {Tongue} */
let tongue = "en";

/** Add the words of a page that says more than a reader's. @param {Words} more */
export function learn(more) {
  Object.assign(words, more);
}

/** The words for a key, in the language in use. @param {Key} key @param {About} [about] */
export function word(key, about = {}) {
  const [en, zh] = /** @type {Words} */ (words)[key];
  const said = tongue === "zh" ? zh : en;
  return typeof said === "function" ? said(about) : said;
}

/**
 * Make an element say something, now and in whichever language is chosen later.
 *
 * @template {HTMLElement} Kind
 * @param {Kind} element
 * @param {Key} key
 * @param {About} [about]
 * @returns {Kind}
 */
export function say(element, key, about = {}) {
  element.dataset.say = key;
  element.dataset.about = JSON.stringify(about);
  speak(element);
  return element;
}

/**
 * The same of an element's name, for those who do not see what it is.
 *
 * @template {HTMLElement} Kind
 * @param {Kind} element
 * @param {Key} key
 * @returns {Kind}
 */
export function label(element, key) {
  element.dataset.label = key;
  speak(element);
  return element;
}

/** @param {HTMLElement} element */
function speak(element) {
  const { say: text, label: name, hint, about = "{}" } = element.dataset;
  if (text) element.textContent = word(/** @type {Key} */ (text), JSON.parse(about));
  if (name) element.ariaLabel = word(/** @type {Key} */ (name));
  if (hint) element.setAttribute("placeholder", word(/** @type {Key} */ (hint)));
}

/** The language chosen before, or the browser's. @returns {Tongue} */
export function preferredTongue() {
  const chosen = recall("language") ?? navigator.language;
  return chosen.startsWith("zh") ? "zh" : "en";
}

/**
 * Say in a language the whole page, or all in one element of somebody else's.
 *
 * @param {Tongue} chosen
 * @param {HTMLElement} [root]
 */
export function speakIn(chosen, root = document.documentElement) {
  tongue = chosen;
  root.lang = word("tag");
  for (const element of root.querySelectorAll("[data-say], [data-label], [data-hint]")) {
    speak(/** @type {HTMLElement} */ (element));
  }
}

/** Change to the other language and remember it. */
export function switchTongue() {
  speakIn(tongue === "zh" ? "en" : "zh");
  remember("language", tongue);
}

/**
 * The `lang` attribute for text in an article's language; "" says that it is unknown.
 *
 * @param {import("./ask.js").Language} language
 */
export function tagOf(language) {
  return { zh: "zh-Hans", "zh-Hant": "zh-Hant", en: "en", und: "" }[language];
}
