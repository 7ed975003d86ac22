/** Turns what is known of an article beside its text into lines: who published it, where else. */

import { make } from "../dom.js";
import { say, tagOf } from "../i18n.js";
import { articleLink, updateNote } from "./versions.js";

/** @import { Article, Copy } from "./viewer.js" */

/**
 * Who published an article and when, as far as is known.
 *
 * @param {Pick<Article, "publisher" | "published" | "language">} article
 * @param {string} [unnamed] what stands for a publisher that is not known
 */
export function byline({ publisher, published, language }, unnamed = "") {
  const line = make("span", { class: "byline" });
  const name = publisher || unnamed;
  if (name) line.append(make("span", { class: "name", lang: tagOf(language) }, name), " ");
  if (published) line.append(dayOf(published));
  return line;
}

/** The day of a moment. @param {string} iso */
export function dayOf(iso) {
  return say(make("time", { datetime: iso }), "day", { iso });
}

/** What is known of an article beside its text. @param {Article} article */
export function about(article) {
  const names = [article.author, ...article.categories].filter(
    (name, at, all) => name && name !== article.publisher && all.indexOf(name) === at,
  );
  const line = make("p", { class: "fine" }, byline(article), ...updateNote(article));
  line.append(...names.map((name) => make("span", { lang: tagOf(article.language) }, name)));
  const page = publisherPage(article.url);
  if (page) line.append(page);
  if (article.origin) line.append(say(make("span"), "from", { origin: article.origin }));
  return line;
}

/** A link to the publisher's own page, if the address is one of the web. @param {string} url */
function publisherPage(url) {
  if (!/^https?:\/\//i.test(url) || !URL.canParse(url)) return null;
  const link = make("a", { href: url, rel: "noopener noreferrer", target: "_blank" });
  return say(link, "publisherPage");
}

/** A way to an article by its title, and who published it. @param {Copy} article */
export function titled(article) {
  const { id, title, language } = article;
  return [make("a", { href: articleLink(id), lang: tagOf(language) }, title), " ", byline(article)];
}

/** The articles that say the same, folded; nothing where there are none. @param {Copy[]} copies */
export function copiesFold(copies) {
  if (copies.length === 0) return [];
  const items = copies.map((copy) => make("li", {}, ...titled(copy)));
  const summary = say(make("summary"), "copies", { count: copies.length });
  return [make("details", { class: "also" }, summary, make("ul", {}, ...items))];
}
