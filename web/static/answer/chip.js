/** Turns a citation into a link to its sentence, which shows it where it is pointed at. */

import { byline } from "../article/about.js";
import { inVersion } from "../article/versions.js";
import { make } from "../dom.js";
import { say } from "../i18n.js";
import { previewOn } from "./preview.js";

/** @import { Citation } from "../ask.js" */
/** @import { Context } from "./statement.js" */

/** A citation's number and source. @param {Citation} citation @param {Context} context */
export function chip(citation, context) {
  const link = numberChip(citation, context);
  const source = context.sourceOf(citation);
  if (source) link.append(" ", byline(source, source.title));
  return link;
}

/** A citation's number alone. @param {Citation} citation @param {Context} context */
export function numberChip(citation, { sourceOf }) {
  const source = sourceOf(citation);
  const link = make(
    "a",
    { class: "chip", href: inVersion(citation.url, source?.version) },
    say(make("span", { class: "aside" }), "citation"),
    " ",
    make("span", { class: "number" }, String(citation.index)),
  );
  if (source) previewOn(link, citation, source);
  return link;
}
