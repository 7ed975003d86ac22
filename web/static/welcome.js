/** Turns what the corpus has into something to begin with: questions to ask, articles to read. */

import { byline } from "./article/about.js";
import { articleLink } from "./article/versions.js";
import { request, Trouble } from "./ask.js";
import { typing } from "./asking/composer.js";
import { find, make } from "./dom.js";
import { say, tagOf, word } from "./i18n.js";

/** @import { Article } from "./article/viewer.js" */
/** @import { Conversation } from "./asking/conversation.js" */

const headers = { Accept: "application/json" };

/**
 * Show both at once, so that neither moves the other.
 *
 * @param {Conversation} conversation where the questions are asked
 */
export async function welcome(conversation) {
  await Promise.all([suggest(conversation), showNewest()]);
  for (const id of ["suggestions", "newest"]) find(id, HTMLElement).classList.add("there");
}

/** Offer questions in the page's language. @param {Conversation} conversation */
export async function suggest(conversation) {
  const place = find("suggestions", HTMLElement);
  const tag = word("tag");
  const questions = await suggested(tag.slice(0, 2));
  // The reader may have changed the language meanwhile.
  if (tag !== word("tag")) return;
  const items = questions.map((question) => {
    const button = make("button", { type: "button", lang: word("tag") }, question);
    button.addEventListener("click", () => {
      conversation.ask(question);
      // The suggestions are gone, and the focus with them.
      if (typing) find("question", HTMLTextAreaElement).focus({ preventScroll: true });
    });
    return make("li", {}, button);
  });
  place.querySelector("ul")?.replaceChildren(...items);
  place.hidden = items.length === 0;
}

/** @param {string} language @returns {Promise<string[]>} */
async function suggested(language) {
  try {
    const response = await request(`/suggestions?language=${language}`, { headers });
    return (await response.json()).questions;
  } catch (error) {
    // The page asks as well without them.
    if (!(error instanceof Trouble)) throw error;
    return [];
  }
}

/** Show the newest articles, or why there are none. */
async function showNewest() {
  const newest = find("newest", HTMLElement);
  try {
    const response = await request("/articles?limit=3", { headers });
    const { articles } = await response.json();
    if (articles.length === 0) newest.replaceChildren(say(make("p"), "empty"));
    newest.querySelector("ul")?.replaceChildren(...articles.map(listed));
  } catch (error) {
    if (!(error instanceof Trouble)) throw error;
    // The page asks for the key, and comes again with it.
    if (error.reason === "locked") return;
    newest.replaceChildren(say(make("p", { role: "alert" }), error.reason, error.about));
  }
  newest.hidden = false;
}

/** @param {Article} article */
function listed(article) {
  const { id, title, language } = article;
  const link = make("a", { href: articleLink(id), lang: tagOf(language) }, title);
  return make("li", {}, link, make("p", { class: "fine" }, byline(article)));
}
