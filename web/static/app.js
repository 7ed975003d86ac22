/** Turns what the reader does into questions asked and articles opened. */

import { QaAnswer } from "./answer.js";
import { ArticleViewer, byline } from "./article.js";
import { ask, request, Trouble } from "./ask.js";
import { find, make } from "./dom.js";
import { preferredTongue, say, speakIn, switchTongue, tagOf, word } from "./i18n.js";
import { recall, remember } from "./memory.js";
import { chosenMode, offerWriter } from "./mode.js";
import { themeButton } from "./theme.js";
import { articleLink } from "./versions.js";

/** @import { Article } from "./article.js" */
/** @import { AnswerEvent } from "./ask.js" */

/** Messages of the conversation that travel with a question. */
const remembered = 6;

/** Answers that outlast a reload. */
const kept = 20;

/** Whether the keyboard is one that covers nothing: elsewhere the focus would raise it. */
const typing = matchMedia("(pointer: fine)").matches;

const thread = find("thread", HTMLElement);
const form = find("ask", HTMLFormElement);
const input = find("question", HTMLTextAreaElement);
const send = find("send", HTMLButtonElement);
const stop = find("stop", HTMLButtonElement);
const viewer = find("viewer", ArticleViewer);

/** The question being answered, if any. @type {AbortController | null} */
let current = null;

/** The answers given so far. @type {{question: string, events: AnswerEvent[]}[]} */
let given = [];

/**
 * Begin an answer at the end of the thread.
 *
 * @param {string} question
 * @param {boolean} [timed] whether the question's time is read
 */
function begin(question, timed = true) {
  const answer = new QaAnswer();
  answer.begin(question);
  answer.addEventListener("again", () => put(question, timed));
  answer.addEventListener("untimed", () => put(question, false));
  thread.append(answer);
  return answer;
}

/** @param {string} question @param {boolean} timed */
async function answerTo(question, timed) {
  const controller = new AbortController();
  const history = answers()
    .flatMap((earlier) => earlier.turns)
    .slice(-remembered);
  const options = { ...(timed ? {} : { time: /** @type {false} */ (false) }), ...chosenMode() };
  const answer = begin(question, timed);
  answer.scrollIntoView({ block: "start" });
  setCurrent(controller);
  /** @type {AnswerEvent[]} */
  const events = [];
  try {
    for await (const event of ask(question, history, options, controller.signal)) {
      answer.take(event);
      if (event.event === "meta") events.length = 0;
      events.push(event);
    }
    given = [...given, { question, events }].slice(-kept);
    remember("answers", JSON.stringify(given), "sessionStorage");
  } catch (error) {
    if (controller.signal.aborted) answer.giveUp("stopped");
    else if (error instanceof Trouble) answer.giveUp(error.reason, error.detail);
    else {
      answer.giveUp("broken");
      throw error;
    }
  } finally {
    setCurrent(null);
  }
}

/** Say the conversation again where the page is the same: after a reload or on coming back. */
function tellAgain() {
  const [visit] = performance.getEntriesByType("navigation");
  if (visit instanceof PerformanceNavigationTiming && visit.type !== "navigate") {
    given = JSON.parse(recall("answers", "sessionStorage") ?? "[]");
  }
  for (const { question, events } of given) {
    const answer = begin(question);
    for (const event of events) answer.take(event);
  }
}

function answers() {
  return [...thread.children].filter((child) => child instanceof QaAnswer);
}

/**
 * Ask, unless a question is still being answered.
 *
 * @param {string} question
 * @param {boolean} [timed]
 */
function put(question, timed = true) {
  if (current || question.trim() === "") return false;
  void answerTo(question.trim(), timed);
  return true;
}

/** @param {AbortController | null} controller */
function setCurrent(controller) {
  const held = document.activeElement === send || document.activeElement === stop;
  current = controller;
  send.hidden = current !== null;
  stop.hidden = current === null;
  if (held && typing) input.focus();
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

form.addEventListener("submit", (event) => {
  event.preventDefault();
  if (!put(input.value)) return;
  input.value = "";
  if (!typing) input.blur();
});

input.addEventListener("keydown", (event) => {
  // 229 is the Enter that ends a composition in Safari, where isComposing is already false.
  const composing = event.isComposing || event.keyCode === 229;
  if (event.key !== "Enter" || event.shiftKey || composing) return;
  event.preventDefault();
  form.requestSubmit();
});

stop.addEventListener("click", () => current?.abort());
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
if (asked && given.length === 0) void offered.then(() => put(asked));
else if (typing) input.focus();
