/** Turns the ids of articles that say the same into a fold of links to them. */

import { titled } from "../article/about.js";
import { request, Trouble } from "../ask.js";
import { make } from "../dom.js";
import { say } from "../i18n.js";
import { articleLink } from "../article/versions.js";

/** @import { Article } from "../article/viewer.js" */

/** The fold; opening it asks what they are called. @param {string[]} ids */
export function copiesFold(ids) {
  const list = make("ul");
  const summary = say(make("summary"), "copies", { count: ids.length });
  const fold = make("details", { class: "also" }, summary, list);
  fold.addEventListener("toggle", () => {
    if (fold.open) list.replaceChildren(...ids.map(item));
  });
  return fold;
}

/** A link to an article, by its id until its title is known. @param {string} id */
function item(id) {
  const line = make("li", {}, make("a", { href: articleLink(id) }, id));
  void describe(line, id);
  return line;
}

/** @param {HTMLElement} line @param {string} id */
async function describe(line, id) {
  try {
    const response = await request(articleLink(id), { headers: { Accept: "application/json" } });
    const article = /** @type {Article} */ (await response.json());
    line.replaceChildren(...titled({ ...article, id }));
  } catch (error) {
    if (!(error instanceof Trouble)) throw error;
    line.replaceChildren(say(make("span"), error.reason, error.about));
  }
}
