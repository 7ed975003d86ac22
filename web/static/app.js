/** Turns what the reader does into questions asked and articles opened. */

import { ArticleViewer, byline } from "./article/viewer.js";
import { articleLink } from "./article/versions.js";
import { request, Trouble } from "./ask.js";
import { compose, typing } from "./asking/composer.js";
import { Conversation } from "./asking/conversation.js";
import { chosenMode, offerWriter } from "./asking/mode.js";
import { find, make } from "./dom.js";
import { preferredTongue, say, speakIn, switchTongue, tagOf, word } from "./i18n.js";
import { recall, remember } from "./memory.js";
import { themeButton } from "./theme.js";

/** @import { Article } from "./article/viewer.js" */
/** @import { Exchange } from "./answer/answer.js" */

/** Answers that outlast a reload. */
const kept = 20;

const thread = find("thread", HTMLElement);
const input = find("question", HTMLTextAreaElement);
const viewer = find("viewer", ArticleViewer);
const conversation = new Conversation(thread, chosenMode);

/** Say the conversation again where the page is the same: after a reload or on coming back. */
function tellAgain() {
  const [visit] = performance.getEntriesByType("navigation");
  if (!(visit instanceof PerformanceNavigationTiming) || visit.type === "navigate") return;
  const told = /** @type {Exchange[]} */ (JSON.parse(recall("answers", "sessionStorage") ?? "[]"));
  conversation.tell(told);
}

/** Show the article the address names, or none. */
function followAddress() {
  if (location.pathname.startsWith("/articles/")) void viewer.open(new URL(location.href));
  else viewer.close();
}

/** @param {MouseEvent} event */
function openHere(event) {
  const link = event.target instanceof Element && event.target.closest("a");
  const plain =
    event.button === 0 && !(event.ctrlKey || event.metaKey || event.shiftKey || event.altKey);
  if (!link || !plain || link.origin !== location.origin) return;
  if (!link.pathname.startsWith("/articles/")) return;
  event.preventDefault();
  // From one version to another is no step that closing should lead back by.
  if (link.closest("dialog")) history.replaceState(history.state, "", link.href);
  else history.pushState({ opened: true }, "", link.href);
  followAddress();
}

/** Leave the article's address when it is closed by hand rather than by going back. */
function leaveArticle() {
  document.title = "newsqa";
  if (!location.pathname.startsWith("/articles/")) return;
  if (history.state?.opened) history.back();
  else history.replaceState(null, "", "/");
}

/** Offer something to read to whoever has no question yet, or say why there is nothing. */
async function showNewest() {
  const newest = find("newest", HTMLElement);
  try {
    const articles = await newestArticles();
    if (articles.length === 0) newest.replaceChildren(say(make("p"), "empty"));
    newest.querySelector("ul")?.append(...articles.map(listed));
  } catch (error) {
    if (!(error instanceof Trouble)) throw error;
    newest.replaceChildren(say(make("p", { role: "alert" }), error.reason, error.about));
  }
  newest.hidden = false;
}

/** @returns {Promise<Article[]>} */
async function newestArticles() {
  const response = await request("/articles?limit=3", { headers: { Accept: "application/json" } });
  return (await response.json()).articles;
}

/** @param {Article} article */
function listed(article) {
  const { id, title, language } = article;
  const link = make("a", { href: articleLink(id), lang: tagOf(language) }, title);
  return make("li", {}, link, make("p", { class: "fine" }, byline(article)));
}

/** @param {HTMLButtonElement} button */
function languageButton(button) {
  const show = () => {
    button.textContent = word("other");
    button.lang = word("otherTag");
  };
  button.addEventListener("click", () => {
    switchTongue();
    show();
  });
  show();
}

compose(
  {
    form: find("ask", HTMLFormElement),
    input,
    send: find("send", HTMLButtonElement),
    stop: find("stop", HTMLButtonElement),
  },
  conversation,
);
conversation.addEventListener("change", () => {
  const told = conversation.exchanges.slice(-kept);
  remember("answers", JSON.stringify(told), "sessionStorage");
});
document.addEventListener("click", openHere);
addEventListener("popstate", followAddress);
viewer.addEventListener("close", leaveArticle);

speakIn(preferredTongue());
languageButton(find("language", HTMLButtonElement));
themeButton(find("theme", HTMLButtonElement));
void showNewest();
const offered = offerWriter();
tellAgain();
followAddress();
const asked = new URLSearchParams(location.search).get("q");
if (asked && conversation.exchanges.length === 0) void offered.then(() => conversation.ask(asked));
else if (typing) input.focus();
