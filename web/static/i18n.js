/** Turns the key of a word into Chinese or English, and says it again when the language changes. */

import { chinesePeriod, day, englishPeriod, moment } from "./days.js";
import { recall, remember } from "./memory.js";

/** @import { Failure } from "./ask.js" */

/** @typedef {"zh" | "en"} Tongue */
/** @typedef {Record<string, string | number | null>} About what a sentence is about: plain values */
/** @typedef {keyof typeof en} Key */

/** @type {Intl.DateTimeFormatOptions} */
const hour = { timeStyle: "short" };

const en = {
  tag: "en",
  other: "中文",
  otherTag: "zh-Hans",
  skip: "Skip to the question",
  heading: "Ask the news",
  promise: "Every answer stands on the articles’ own sentences, each linked to its place.",
  thread: "Questions and answers",
  question: "Your question",
  hint: "Ask in English or Chinese",
  ask: "Ask",
  stop: "Stop",
  letWrite: (/** @type {About} */ { model }) => `Let ${model} write the answer`,
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
  correction: "Correction",
  conflicting: "These articles give different figures, the newer first:",
  notFound: "These articles don’t answer this question.",
  empty: "There are no articles yet to answer from.",
  related: "Related, not an answer",
  high: "Confidence: high",
  medium: "Confidence: medium",
  low: "Confidence: low, check the source",
  stopped: "Stopped.",
  refused: "This question can’t be used as it is.",
  missing: "There is no such article.",
  missingVersion: "There is no article in this version.",
  gone: (/** @type {About} */ { iso }) =>
    iso ? `This article was withdrawn on ${moment(iso, "en-GB")}.` : "This article was withdrawn.",
  busy: "Too many questions at the moment. Please try again shortly.",
  unready: "Not ready yet: the articles are still being read. Please try again shortly.",
  broken: "Something went wrong on the server.",
  unreachable: "The server can’t be reached. Please check the connection.",
  interrupted: "The connection was lost before the answer was complete.",
  opening: "Opening the article…",
  publisherPage: "Read at the publisher",
  copy: "Copy",
  plainText: "Plain text",
  markdown: "Markdown",
  gbt7714: "GB/T 7714",
  apa: "APA",
  copied: "Copied: ",
  copyByHand: "The browser doesn’t let the page copy. Here is the text:",
  sourceList: "Sources",
  sources: (/** @type {About} */ { count }) => `Sources (${count})`,
  alsoSaid: (/** @type {About} */ { count }) =>
    `Also said by ${count === 1 ? "1 other source" : `${count} other sources`}`,
  itsQuotes: (/** @type {About} */ { count }) =>
    count === 1 ? "What it cites: 1 sentence" : `What it cites: ${count} sentences`,
  corrected: (/** @type {About} */ { quote }) => `Correction: ${quote}`,
  written: (/** @type {About} */ { model }) =>
    `Written by the language model ${model}; each sentence was checked against what it cites.`,
  unwritten: (/** @type {About} */ { model, failure }) =>
    `The language model ${model} did not answer: ${failures(failure)[0]}.`,
  quotedInstead: "The answer is quoted from the articles instead.",
  unfinished: (/** @type {About} */ { model, failure }) =>
    `The language model ${model} did not finish: ${failures(failure)[0]}.`,
  dropped: (/** @type {About} */ { count }) =>
    `${count === 1 ? "1 sentence was" : `${count} sentences were`} dropped because the articles ` +
    `do not bear ${count === 1 ? "it" : "them"} out.`,
  cited: (/** @type {About} */ { numbers }) => `Cited: ${numbers}`,
  copies: (/** @type {About} */ { count }) =>
    `Also in ${count === 1 ? "1 article" : `${count} articles`}`,
  updated: (/** @type {About} */ { version, iso }) =>
    dotted("Updated", Number(version) > 1 && `version ${version}`, iso && moment(iso, "en-GB")),
  versions: (/** @type {About} */ { count }) => `Versions (${count})`,
  version: (/** @type {About} */ { version, iso }) =>
    dotted(`Version ${version}`, iso && moment(iso, "en-GB", hour)),
  newestVersion: (/** @type {About} */ { version, iso }) =>
    dotted(`Version ${version}, the newest`, iso && moment(iso, "en-GB", hour)),
  earlier: (/** @type {About} */ { version }) => `This is an earlier version (${version}).`,
  openNewest: "Open the newest",
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
  promise: "每个回答都以文章的原句为据，点开就能看到它在文中的位置。",
  thread: "问题与回答",
  question: "你的问题",
  hint: "用中文或英文提问",
  ask: "提问",
  stop: "停止",
  letWrite: ({ model }) => `让 ${model} 撰写回答`,
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
  correction: "更正",
  conflicting: "这些文章给出的数字不同，较新的在前：",
  notFound: "这些文章没有回答这个问题。",
  empty: "还没有可供回答的文章。",
  related: "相关内容，并非答案",
  high: "可信度：高",
  medium: "可信度：中",
  low: "可信度：低，请核对原文",
  stopped: "已停止。",
  refused: "这个问题无法处理，请修改后再问。",
  missing: "没有这篇文章。",
  missingVersion: "没有这个版本的文章。",
  gone: ({ iso }) => (iso ? `这篇文章已于${moment(iso, "zh-CN")}撤回。` : "这篇文章已撤回。"),
  busy: "提问的人太多，请稍后再试。",
  unready: "尚未就绪：文章还在读取中，请稍后再试。",
  broken: "服务器出错了。",
  unreachable: "无法连接服务器，请检查网络。",
  interrupted: "回答尚未完成，连接就断开了。",
  opening: "正在打开文章……",
  publisherPage: "阅读发布者原文",
  copy: "复制",
  plainText: "纯文本",
  markdown: "Markdown",
  gbt7714: "GB/T 7714",
  apa: "APA",
  copied: "已复制：",
  copyByHand: "浏览器不允许本页直接复制，请复制下面的文字：",
  sourceList: "来源",
  sources: ({ count }) => `来源（${count}）`,
  alsoSaid: ({ count }) => `另有 ${count} 个来源也这样说`,
  itsQuotes: ({ count }) => `所引原文 ${count} 句`,
  corrected: ({ quote }) => `更正：${quote}`,
  written: ({ model }) => `由语言模型 ${model} 撰写，每一句都已与所引原文核对。`,
  unwritten: ({ model, failure }) => `语言模型 ${model} 没有作答：${failures(failure)[1]}。`,
  quotedInstead: "改由文章原句作答。",
  unfinished: ({ model, failure }) => `语言模型 ${model} 没有写完：${failures(failure)[1]}。`,
  dropped: ({ count }) => `有 ${count} 句在文章中没有依据，已略去。`,
  cited: ({ numbers }) => `被引用：${numbers}`,
  copies: ({ count }) => `另见于 ${count} 篇文章`,
  updated: ({ version, iso }) =>
    dotted("已更新", Number(version) > 1 && `第${version}版`, iso && moment(iso, "zh-CN")),
  versions: ({ count }) => `版本（${count}）`,
  version: ({ version, iso }) => dotted(`第${version}版`, iso && moment(iso, "zh-CN", hour)),
  newestVersion: ({ version, iso }) =>
    dotted(`第${version}版（最新）`, iso && moment(iso, "zh-CN", hour)),
  earlier: ({ version }) => `这是较早的版本（第${version}版）。`,
  openNewest: "打开最新版本",
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

/**
 * Why a language model did not write an answer, or not to the end: in English and in Chinese.
 *
 * @type {Record<Failure, [string, string]>}
 */
const reasons = {
  unreachable: ["its endpoint could not be reached", "无法连接其服务"],
  unauthorized: ["its endpoint did not accept the key", "其服务不接受所用的密钥"],
  no_such_model: [
    "its endpoint does not know it, or is not at this address",
    "其服务没有这个模型，或服务地址有误",
  ],
  rate_limited: ["its endpoint takes no more requests for now", "其服务目前请求过多"],
  refused: ["its endpoint refused the request", "其服务拒绝了请求"],
  timeout: ["it took too long", "用时过长"],
  interrupted: ["its answer broke off", "回答中途断开"],
  unreadable: ["its answer could not be read", "无法读取它的回答"],
  length: ["its answer grew too long", "回答过长"],
  content_filter: [
    "its endpoint withheld the answer, or the rest of it",
    "其服务没有放出回答，或没有放出其余部分",
  ],
  empty: ["it wrote nothing", "什么也没有写"],
  ungrounded: [
    "nothing it wrote is borne out by the sentences it cites",
    "所写的内容在所引原文中都没有依据",
  ],
};

/** @param {unknown} failure */
function failures(failure) {
  return reasons[/** @type {Failure} */ (failure)];
}

/** What is known, with dots between. @param {...(string | number | null | false)} parts */
function dotted(...parts) {
  return parts.filter(Boolean).join(" · ");
}

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
