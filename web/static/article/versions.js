/** Turns the versions of an article into what says that it was changed, and ways to read each. */

import { make } from "../dom.js";
import { say, tagOf } from "../i18n.js";

/** @import { Article } from "./viewer.js" */

/**
 * @typedef {object} Version
 * @property {number} version from 1
 * @property {string | null} taken when newsqa took it, if that is known
 * @property {string} title
 */

/** The page that opens an article as it is now. @param {string} id */
export function articleLink(id) {
  return `/articles/${encodeURIComponent(id)}`;
}

/**
 * The address of a place in an article, in the version that it was quoted from: in another its
 * offsets would point elsewhere.
 *
 * @param {string} url
 * @param {number | undefined} version if it is known
 */
export function inVersion(url, version) {
  return version ? url.replace("#", `?version=${version}#`) : url;
}

/**
 * That an article was changed after it came out, and when; nothing if it was not.
 *
 * @param {Pick<Article, "version" | "updated" | "published">} article
 */
export function updateNote({ version, updated, published }) {
  const later = updated !== null && updated.slice(0, 10) !== published?.slice(0, 10);
  if (!(version > 1 || later)) return [];
  return [say(make("span", { class: "updated" }), "updated", { version, iso: updated })];
}

/** That there is a newer version than this one, and the way to it. @param {Article} article */
export function earlierNote({ id, version, versions }) {
  if (version === versions.at(-1)?.version) return [];
  const newest = say(make("a", { href: articleLink(id) }), "openNewest");
  return [make("p", { class: "earlier" }, say(make("span"), "earlier", { version }), " ", newest)];
}

/**
 * The versions to choose from, the newest first; nothing where there is but one.
 *
 * @param {Article} article
 */
export function versionFold(article) {
  const { versions } = article;
  if (versions.length < 2) return [];
  const items = versions.map((one) => item(one, article)).reverse();
  const summary = say(make("summary"), "versions", { count: versions.length });
  return [make("details", { class: "versions" }, summary, make("ul", {}, ...items))];
}

/** @param {Version} one @param {Article} shown */
function item({ version, taken, title }, { id, title: shownTitle, language, ...shown }) {
  const newest = version === shown.versions.at(-1)?.version;
  const href = newest ? articleLink(id) : `${articleLink(id)}?version=${version}`;
  const link = say(make("a", { href }), newest ? "newestVersion" : "version", {
    version,
    iso: taken,
  });
  if (version === shown.version) link.ariaCurrent = "true";
  const line = make("li", {}, link);
  if (title !== shownTitle) line.append(make("span", { lang: tagOf(language) }, title));
  return line;
}
