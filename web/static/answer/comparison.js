/** Turns statements that contradict each other into a table of what each says, by date. */

import { dayOf } from "../article/about.js";
import { make } from "../dom.js";
import { say, tagOf } from "../i18n.js";
import { chips, foldOf, languageOf, linesOf, valuesOf } from "./statement.js";

/** @import { Statement } from "../ask.js" */
/** @import { Context } from "./statement.js" */

/** @type {("columnDate" | "columnFigure" | "columnSaid" | "columnSource")[]} */
const columns = ["columnDate", "columnFigure", "columnSaid", "columnSource"];

/**
 * The table, in the order of the statements: the newer first. Roles are written out since where
 * the window is narrow its rows are blocks, which else would be no rows.
 *
 * @param {Statement[]} statements
 * @param {Context} context
 */
export function comparison(statements, context) {
  const heads = columns.map((key) => {
    return say(make("th", { scope: "col", role: "columnheader" }), key);
  });
  const head = make("tr", { role: "row" }, ...heads);
  const rows = statements.map((statement) => row(statement, context));
  return make(
    "table",
    { class: "compared", role: "table" },
    say(make("caption", { class: "conflict" }), "conflicting"),
    // Each statement was heard when it came.
    make("thead", { role: "rowgroup", "aria-live": "off" }, head),
    make("tbody", { role: "rowgroup", "aria-live": "off" }, ...rows),
  );
}

/** @param {Statement} statement @param {Context} context */
function row(statement, context) {
  const [first] = statement.citations;
  const published = context.sourceOf(first)?.published;
  const values = valuesOf(statement);
  const lang = tagOf(languageOf(first, context));
  const lines = linesOf(statement, context);
  const cited = lines.flatMap((one) => one.cited);
  const cells = [
    cell("date", published ? dayOf(published) : say(make("span"), "noDate")),
    values.length > 0
      ? cell("value", make("span", { lang }, values.join(" · ")))
      : cell("unmarked", say(make("span"), "noFigure")),
    cell("said", ...lines.map(({ line }) => line), ...foldOf(statement, context)),
    cell("from", ...cited.flatMap((citation) => [...chips(citation, context), " "])),
  ];
  return make("tr", { class: "statement", role: "row" }, ...cells);
}

/** @param {string} name @param {...(Node | string)} children */
function cell(name, ...children) {
  return make("td", { class: name, role: "cell" }, ...children);
}
