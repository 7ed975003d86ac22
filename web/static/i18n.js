/** Turns the key of a word into Chinese or English, and says it again when the language changes. */

/** @typedef {"zh" | "en"} Tongue */
/** @typedef {Record<string, string | number | null>} About what a sentence is about: plain values */
/** @typedef {keyof typeof en} Key */

const en = {
  tag: "en",
  other: "中文",
  otherTag: "zh-Hans",
  skip: "Skip to the question",
  heading: "Ask the news",
  promise: "Every answer is made of the articles’ own sentences, each linked to its place.",
  thread: "Questions and answers",
  question: "Your question",
  hint: "Ask in English or Chinese",
  ask: "Ask",
  stop: "Stop",
  again: "Ask again",
  close: "Close",
  newest: "Newest articles",
  themeLabel: "Theme: ",
  system: "System",
  light: "Light",
  dark: "Dark",
  searching: "Searching the articles…",
  reading: "Reading what was found…",
  understood: "Understood as: ",
  time: (/** @type {About} */ about) => `Time read as: ${englishPeriod(about)}`,
  newestFirst: "Newest first",
  untimed: "Ask without the time",
  citation: "Citation",
  conflicting: "The articles disagree. What each of them says:",
  notFound: "These articles don’t answer this question.",
  empty: "There are no articles yet to answer from.",
  related: "Related, not an answer",
  high: "Confidence: high",
  medium: "Confidence: medium",
  low: "Confidence: low, check the source",
  stopped: "Stopped.",
  refused: "This question can’t be used as it is.",
  missing: "There is no such article. It may have been removed.",
  busy: "Too many questions at the moment. Please try again shortly.",
  unready: "Not ready yet: the articles are still being read. Please try again shortly.",
  broken: "Something went wrong on the server.",
  unreachable: "The server can’t be reached. Please check the connection.",
  interrupted: "The connection was lost before the answer was complete.",
  opening: "Opening the article…",
  publisherPage: "Read at the publisher",
  sources: (/** @type {About} */ { count }) => `Sources (${count})`,
  cited: (/** @type {About} */ { numbers }) => `Cited: ${numbers}`,
  copies: (/** @type {About} */ { count }) => (count === 1 ? "+ 1 copy" : `+ ${count} copies`),
  original: (/** @type {About} */ { language }) =>
    `${language === "en" ? "English" : "Chinese"} original`,
  searched: (/** @type {About} */ { articles, ms }) =>
    `${articles === 1 ? "1 article" : `${number(articles, "en")} articles`} searched in ` +
    duration(ms, "en"),
  from: (/** @type {About} */ { origin }) => `From ${origin}`,
  day: (/** @type {About} */ { iso }) => day(iso, "en-GB"),
};

/** @type {typeof en} */
const zh = {
  tag: "zh-Hans",
  other: "English",
  otherTag: "en",
  skip: "跳到提问框",
  heading: "向新闻提问",
  promise: "回答里的每一句都是文章的原句，点开就能看到它在文中的位置。",
  thread: "问题与回答",
  question: "你的问题",
  hint: "用中文或英文提问",
  ask: "提问",
  stop: "停止",
  again: "再问一次",
  close: "关闭",
  newest: "最新文章",
  themeLabel: "主题：",
  system: "跟随系统",
  light: "浅色",
  dark: "深色",
  searching: "正在检索文章……",
  reading: "正在阅读找到的内容……",
  understood: "理解为：",
  time: (about) => `时间理解为：${chinesePeriod(about)}`,
  newestFirst: "最新的在先",
  untimed: "不限时间再问",
  citation: "引文",
  conflicting: "各篇文章说法不一，分别是：",
  notFound: "这些文章没有回答这个问题。",
  empty: "还没有可供回答的文章。",
  related: "相关内容，并非答案",
  high: "可信度：高",
  medium: "可信度：中",
  low: "可信度：低，请核对原文",
  stopped: "已停止。",
  refused: "这个问题无法处理，请修改后再问。",
  missing: "没有这篇文章，可能已被移除。",
  busy: "提问的人太多，请稍后再试。",
  unready: "尚未就绪：文章还在读取中，请稍后再试。",
  broken: "服务器出错了。",
  unreachable: "无法连接服务器，请检查网络。",
  interrupted: "回答尚未完成，连接就断开了。",
  opening: "正在打开文章……",
  publisherPage: "阅读发布者原文",
  sources: ({ count }) => `来源（${count}）`,
  cited: ({ numbers }) => `被引用：${numbers}`,
  copies: ({ count }) => `另有 ${count} 篇转载`,
  original: ({ language }) => (language === "en" ? "英文原文" : "中文原文"),
  searched: ({ articles, ms }) =>
    `检索了 ${number(articles, "zh-CN")} 篇文章，用时 ${duration(ms, "zh-CN")}`,
  from: ({ origin }) => `出自 ${origin}`,
  day: ({ iso }) => day(iso, "zh-CN"),
};

/** @type {Record<string, typeof en>} */
const tongues = { en, zh };

/** @type {Tongue} */
let tongue = "en";

/** A number as the language writes it. @param {unknown} value @param {string} locale */
function number(value, locale) {
  return new Intl.NumberFormat(locale).format(Number(value));
}

/** @param {unknown} ms @param {string} locale */
function duration(ms, locale) {
  const [value, unit, digits] =
    Number(ms) < 1000 ? [Number(ms), "millisecond", 0] : [Number(ms) / 1000, "second", 1];
  const options = { unit, maximumFractionDigits: digits };
  return new Intl.NumberFormat(locale, { style: "unit", ...options }).format(value);
}

/** @type {Intl.DateTimeFormatOptions} */
const medium = { dateStyle: "medium", timeZone: "UTC" };

/**
 * The day an article names, whatever the reader's own time zone.
 *
 * @param {unknown} iso
 * @param {string} locale
 */
function day(iso, locale) {
  return new Intl.DateTimeFormat(locale, medium).format(midnight(iso));
}

/** @param {unknown} iso */
function midnight(iso) {
  return new Date(`${String(iso).slice(0, 10)}T00:00Z`);
}

/** The days from one to another, either of which may be open. @param {About} about */
function englishPeriod({ from, to }) {
  if (!to) return `since ${day(from, "en-GB")}`;
  if (!from) return `until ${day(to, "en-GB")}`;
  return new Intl.DateTimeFormat("en-GB", medium).formatRange(midnight(from), midnight(to));
}

/** The same in Chinese, for which Intl would write figures and strokes. @param {About} about */
function chinesePeriod({ from, to }) {
  const [begin, end] = [from, to].map((iso) => (iso ? day(iso, "zh-CN") : ""));
  if (!to) return `${begin}以来`;
  if (!from) return `${end}为止`;
  if (from === to) return begin;
  const year = begin.slice(0, begin.indexOf("年") + 1);
  return `${begin}至${end.startsWith(year) ? end.slice(year.length) : end}`;
}

/** The words for a key, in the language in use. @param {Key} key @param {About} [about] */
export function word(key, about = {}) {
  const found = tongues[tongue][key];
  return typeof found === "function" ? found(about) : found;
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
  const chosen = localStorage.getItem("language") ?? navigator.language;
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
  localStorage.setItem("language", tongue);
}

/**
 * The `lang` attribute for text in an article's language; "" says that it is unknown.
 *
 * @param {import("./ask.js").Language} language
 */
export function tagOf(language) {
  return { zh: "zh-Hans", "zh-Hant": "zh-Hant", en: "en", und: "" }[language];
}
