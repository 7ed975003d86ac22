/** Turns an article's text into paragraphs, with the sentence that is read marked. */

import { make } from "../dom.js";

/** @typedef {{start: number, end: number, href: string}} Place code points, half-open */

/**
 * The place that an address names; nothing if it names none.
 *
 * @param {string} href
 * @returns {Place[]}
 */
export function placeOf(href) {
  const [, start, end] = /#char=(\d+)-(\d+)$/.exec(href) ?? [];
  return start === undefined ? [] : [{ start: Number(start), end: Number(end), href }];
}

/**
 * The paragraphs of a text. What lies at the place is marked; the other places, none of which
 * meets it or another, are links.
 *
 * @param {string} text
 * @param {Place[]} marked one, or none
 * @param {Place[]} others
 */
export function paragraphs(text, marked, others) {
  const places = [...marked, ...others].sort((a, b) => a.start - b.start);
  let offset = 0;
  return text.split("\n").flatMap((line) => {
    const points = [...line];
    const begin = offset;
    offset += points.length + 1;
    if (line.trim() === "") return [];
    const paragraph = make("p");
    let at = 0;
    for (const place of places) {
      const from = Math.max(place.start - begin, at);
      const to = Math.min(place.end - begin, points.length);
      if (to <= from) continue;
      const words = points.slice(from, to).join("");
      paragraph.append(
        points.slice(at, from).join(""),
        marked.includes(place)
          ? make("mark", {}, words)
          : make("a", { class: "cited", href: place.href }, words),
      );
      at = to;
    }
    paragraph.append(points.slice(at).join(""));
    return paragraph;
  });
}
