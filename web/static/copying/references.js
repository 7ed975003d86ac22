/** Turns an answer and the articles it cites into text: plain, Markdown, GB/T 7714 and APA. */

import { authorsOf, parts } from "./authors.js";
import { word } from "../i18n.js";
import { isQuoted, ownQuotes } from "../answer/statement.js";

/** @import { Quoting } from "../answer/statement.js" */
/** @import { Article } from "../article/viewer.js" */

/**
 * @typedef {Article & {link: string}} Work an article that is cited; `link` is the publisher's
 *   address, or where that is not known newsqa's own
 */

/**
 * @typedef {object} Told
 * @property {string[]} before what is said before the statements
 * @property {Quoting[]} statements
 * @property {string[]} after what is said after them
 * @property {Work[]} works in the order of citing, each once: their numbers in the text
 * @property {string} today the day of copying, as 2026-11-22
 */

/** Authors whom GB/T 7714 names before it says "and others". */
const named = 3;

/** The answer's sentences with numbers, and what they stand for. @param {Told} told */
export function plainText({ before, statements, after, works }) {
  const sentences = statements.map((one) => {
    const marks = numbers(one, works).map((number) => `[${number}]`);
    return words(one) + gap(words(one)) + marks.join("");
  });
  const sources = works.map((work, at) => `[${at + 1}] ${about(work, work.title)} ${work.link}`);
  return blocks([...before, ...sentences, ...after].join("\n"), word("sourceList"), sources);
}

/** The same, linked. @param {Told} told */
export function markdown({ before, statements, after, works }) {
  const sentences = statements.map((one) => {
    const marks = numbers(one, works).map((number) => {
      return `[[${number}]](${target(works[number - 1])})`;
    });
    return escaped(words(one)) + gap(words(one)) + marks.join("");
  });
  const sources = works.map((work, at) => {
    const shown = { ...work, publisher: escaped(work.publisher) };
    return `${at + 1}. ${about(shown, `[${escaped(work.title)}](${target(work)})`)}`;
  });
  const said = [...before.map(escaped), ...sentences, ...after.map(escaped)].join("\n\n");
  return blocks(said, `**${word("sourceList")}**\n`, sources);
}

/** A reference list by GB/T 7714-2015, numbered in the order of citing. @param {Told} told */
export function gbt7714({ works, today }) {
  return works.map((work, at) => `[${at + 1}] ${gbtEntry(work, today)}`).join("\n");
}

/** A reference list by APA's seventh edition, in alphabetical order. @param {Told} told */
export function apa({ works }) {
  const order = new Intl.Collator("zh");
  // An article before the first word does not count.
  const key = (/** @type {string} */ entry) => entry.replace(/^(?:the|an?) /i, "");
  const entries = works.map((work) => (isChinese(work) ? chineseApa(work) : englishApa(work)));
  return entries.sort((a, b) => order.compare(key(a), key(b))).join("\n");
}

/**
 * An article in a newspaper, or where no paper is known, a page on the web (EB).
 *
 * @param {Work} work
 * @param {string} today
 */
function gbtEntry(work, today) {
  const { title, publisher, published, url } = work;
  const day = published?.slice(0, 10) ?? "";
  const kind = (publisher || !url ? "N" : "EB") + (url ? "/OL" : "");
  const place = publisher ? [publisher, day].filter(Boolean).join(", ") : day && `(${day})`;
  const seen = url && `[${today}]`;
  const elements = [gbtAuthors(work), `${title}[${kind}]`, place + seen, url];
  return `${elements.filter(Boolean).join(". ")}.`;
}

/** @param {Work} work */
function gbtAuthors(work) {
  const names = authorsOf(work).map((name) => {
    const person = parts(name);
    return person
      ? `${person.family.toUpperCase()} ${person.initials.replace(/[.]/g, "")}`
      : name;
  });
  const others = isChinese(work) ? "等" : "et al";
  return (names.length > named ? [...names.slice(0, named), others] : names).join(", ");
}

/** @param {Work} work */
function englishApa(work) {
  const { title, publisher, published, url } = work;
  const names = authorsOf(work).map((name) => {
    const person = parts(name);
    return person ? `${person.family}, ${person.initials}` : name;
  });
  const last = names.pop();
  const author = (names.length > 0 ? `${names.join(", ")}, & ${last}` : last) || publisher;
  const date = published ? apaDay(published) : "n.d.";
  const site = author === publisher ? "" : publisher;
  const elements = author ? [author, `(${date})`, title, site] : [title, `(${date})`];
  return [...elements.filter(Boolean).map((one) => closed(one, ".")), url].join(" ").trim();
}

/**
 * As Chinese reference lists write APA: full-width marks, names as they are.
 *
 * @param {Work} work
 */
function chineseApa(work) {
  const { title, publisher, published, url } = work;
  const author = authorsOf(work).join("、") || publisher;
  const unknown = work.language === "zh-Hant" ? "無日期" : "无日期";
  const [year, month, day] = (published?.slice(0, 10) ?? "").split("-").map(Number);
  const date = published ? `${year}年${month}月${day}日` : unknown;
  const site = author === publisher ? "" : publisher;
  const elements = author ? [`${author}（${date}）`, title, site] : [`${title}（${date}）`];
  return elements.filter(Boolean).map((one) => closed(one, "。")).join("") + url;
}

/** "2026, March 1". @param {string} iso */
function apaDay(iso) {
  const date = new Date(`${iso.slice(0, 10)}T00:00Z`);
  const month = date.toLocaleString("en-US", { month: "long", timeZone: "UTC" });
  return `${date.getUTCFullYear()}, ${month} ${date.getUTCDate()}`;
}

/** @param {Work} work */
function isChinese({ language }) {
  return language.startsWith("zh");
}

/**
 * Who published a work and when, after its title.
 *
 * @param {Work} work
 * @param {string} title as it is to be written
 */
function about({ publisher, published }, title) {
  const day = published && word("day", { iso: published });
  const place = [publisher, day].filter(Boolean).join(", ");
  return [title, place].filter(Boolean).map((one) => closed(one, ".")).join(" ");
}

/** What a statement says, in its first article's words. @param {Quoting} statement */
function words(statement) {
  if (!isQuoted(statement)) return statement.text;
  const own = ownQuotes(statement);
  const quote = own.map((citation) => citation.quote).join("\n");
  return own[0].correction ? word("corrected", { quote }) : quote;
}

/**
 * The numbers of the works that a statement cites.
 *
 * @param {Quoting} statement
 * @param {Work[]} works
 */
function numbers({ citations }, works) {
  const found = citations.map((one) => works.findIndex(({ id }) => id === one.article_id) + 1);
  return [...new Set(found)];
}

/** A sentence that ends as Chinese does needs no space after it. @param {string} text */
function gap(text) {
  return /[\u3000-\u303f\uff00-\uffef\p{Script=Han}]”?$/u.test(text) ? "" : " ";
}

/**
 * A sentence with its full stop, unless it ends as one.
 *
 * @param {string} text
 * @param {string} stop
 */
function closed(text, stop) {
  return /[.?!。？！…][”’"]?$/.test(text) ? text : text + stop;
}

/** Text that Markdown shows as it is. @param {string} text */
export function escaped(text) {
  const marks = /[\\`*_[\]<>~]|&(?=#?\w+;)|^[#+-](?=\s)|(?<=^\d+)[.)](?=\s)/gm;
  return text.replace(marks, "\\$&");
}

/** An address as the target of a Markdown link. @param {Work} work */
function target({ link }) {
  return link.replaceAll("(", "%28").replaceAll(")", "%29");
}

/** @param {string} said @param {string} heading @param {string[]} sources */
function blocks(said, heading, sources) {
  return `${said}\n\n${heading}\n${sources.join("\n")}`;
}
