/** Turns what was found into a list of articles, each with its excerpts. */

import { byline } from "../article/about.js";
import { copiesFold } from "./copies.js";
import { make } from "../dom.js";
import { say, tagOf } from "../i18n.js";
import { inVersion, updateNote } from "../article/versions.js";

/** @import { Citation, Source } from "../ask.js" */

/** @param {Map<string, Source[]>} found by article @param {Citation[]} citations */
export function sourceList(found, citations) {
  const items = [...found.values()].map((passages) => item(passages, citations));
  return make("ul", { class: "sources" }, ...items);
}

/**
 * One article and what was found in it.
 *
 * @param {Source[]} passages
 * @param {Citation[]} citations
 */
function item(passages, citations) {
  const [{ article_id, url, title, copies, language, version }] = passages;
  const lang = tagOf(language);
  const about = make("p", { class: "fine" }, byline(passages[0]), ...updateNote(passages[0]));
  const cited = citations.filter((citation) => citation.article_id === article_id);
  const numbers = cited.map(({ index }) => index).join(", ");
  if (numbers) about.append(say(make("span"), "cited", { numbers }));
  const excerpts = passages.map(({ text }) => make("p", { class: "excerpt", lang }, text));
  const link = make("a", { href: inVersion(url, version), lang }, title);
  const others = copies.length > 0 ? [copiesFold(copies)] : [];
  return make("li", {}, link, about, ...excerpts, ...others);
}
