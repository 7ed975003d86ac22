/** Turns the key of a word into Chinese or English, and says it again when the language changes. */

import { recall, remember } from "./memory.js";
import { answers } from "./words/answers.js";
import { articles } from "./words/articles.js";
import { asking } from "./words/asking.js";
import { copying } from "./words/copying.js";
import { shell } from "./words/shell.js";
import { troubles } from "./words/troubles.js";

/** @typedef {"zh" | "en"} Tongue */
/** @typedef {Record<string, string | number | null>} About what a sentence is about: plain values */
/** @typedef {string | ((about: About) => string)} Said */
/** @typedef {Record<string, [en: Said, zh: Said]>} Words */
/** @typedef {keyof typeof words} Key */

const words = { ...shell, ...asking, ...answers, ...troubles, ...articles, ...copying };

/** @type {Tongue} */
let tongue = "en";

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

/** @param {HTMLElement} element */
function speak(element) {
  const { say: text, label, hint, about = "{}" } = element.dataset;
  if (text) element.textContent = word(/** @type {Key} */ (text), JSON.parse(about));
  if (label) element.ariaLabel = word(/** @type {Key} */ (label));
  if (hint) element.setAttribute("placeholder", word(/** @type {Key} */ (hint)));
}

/** The language chosen before, or the browser's. @returns {Tongue} */
export function preferredTongue() {
  const chosen = recall("language") ?? navigator.language;
  return chosen.startsWith("zh") ? "zh" : "en";
}

/** Say the whole page in a language. @param {Tongue} chosen */
export function speakIn(chosen) {
  tongue = chosen;
  document.documentElement.lang = word("tag");
  for (const element of document.querySelectorAll("[data-say], [data-label], [data-hint]")) {
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
