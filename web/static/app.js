/** Turns what the reader does into questions asked and articles opened. */

import { QaAnswer } from "./answer/answer.js";
import { ArticleViewer } from "./article/viewer.js";
import { compose, typing } from "./asking/composer.js";
import { Conversation } from "./asking/conversation.js";
import { guard } from "./asking/entry.js";
import { FilterChoice } from "./asking/filters.js";
import { showHistory } from "./asking/history.js";
import { Keeping } from "./asking/keeping.js";
import { askedIn } from "./asking/links.js";
import { canWrite, chosenMode, offerWriter } from "./asking/mode.js";
import { findWithdrawn } from "./asking/withdrawn.js";
import { find } from "./dom.js";
import { preferredTongue, speakIn } from "./i18n.js";
import { languageButton } from "./language.js";
import { themeButton } from "./theme.js";
import { suggest, welcome } from "./welcome.js";

/** @import { Again } from "./answer/answer.js" */
/** @import { Kept } from "./asking/keeping.js" */

const thread = find("thread", HTMLElement);
const input = find("question", HTMLTextAreaElement);
const viewer = find("viewer", ArticleViewer);
const fresh = find("fresh", HTMLButtonElement);
const choice = new FilterChoice(
  find("filters", HTMLDetailsElement),
  find("chosen", HTMLElement),
);
const conversation = new Conversation(thread, () => choice.with(chosenMode()));
const keeping = new Keeping();

/** Say the conversation again where the page is the same: after a reload or on coming back. */
function tellAgain() {
  const [visit] = performance.getEntriesByType("navigation");
  if (!(visit instanceof PerformanceNavigationTiming) || visit.type === "navigate") return;
  const before = keeping.shownBefore;
  if (before) turnTo(before);
}

/** Show an earlier conversation, or begin a new one. @param {Kept} [kept] */
function turnTo(kept) {
  keeping.turnTo(kept);
  conversation.tell(kept?.exchanges ?? []);
  const { exchanges } = conversation;
  choice.filters = exchanges.at(-1)?.options.filters ?? {};
  void findWithdrawn(exchanges, (...found) => conversation.withdraw(...found));
}

function beginAnew() {
  turnTo();
  if (location.pathname === "/") history.replaceState(null, "", "/");
  scrollTo(0, 0);
  if (typing) input.focus();
}

/** Ask what the address asks, exactly as it says; what follows is filtered alike. */
async function askAddressed() {
  const asked = askedIn(location.search);
  if (!asked) return;
  await offered;
  const { mode, ...options } = asked.options;
  choice.filters = options.filters ?? {};
  const wished = mode && canWrite() ? { mode } : chosenMode();
  conversation.ask(asked.question, { ...wished, ...options });
}

/** Show the article the address names, or none. */
function followAddress() {
  if (location.pathname.startsWith("/articles/")) {
    void viewer.open(new URL(location.href));
    return;
  }
  history.scrollRestoration = "auto";
  viewer.close();
}

/** Show again what takes a key, now that the reader has one. */
function enter() {
  void welcome(conversation);
  followAddress();
  conversation.unlock();
}

/** @param {MouseEvent} event */
function openHere(event) {
  const link = event.target instanceof Element && event.target.closest("a");
  const plain =
    event.button === 0 && !(event.ctrlKey || event.metaKey || event.shiftKey || event.altKey);
  if (!link || !plain || link.origin !== location.origin) return;
  if (link.className === "skip") {
    // Followed, it would take the place of the sentence that the address names.
    event.preventDefault();
    input.focus();
    return;
  }
  if (!link.pathname.startsWith("/articles/")) return;
  event.preventDefault();
  const answer = link.closest("qa-answer");
  if (answer instanceof QaAnswer) viewer.trail = answer.trail;
  if (location.pathname.startsWith("/articles/")) {
    // From one article to another is no step that closing should lead back by.
    history.replaceState(history.state, "", link.href);
  } else {
    // Beside the article the thread is read on: coming back does not lead back there too.
    history.scrollRestoration = "manual";
    history.pushState({ opened: true }, "", link.href);
    history.scrollRestoration = "auto";
  }
  followAddress();
}

/** Leave the article's address when it is closed by hand rather than by going back. */
function leaveArticle() {
  document.title = "newsqa";
  if (!location.pathname.startsWith("/articles/")) return;
  if (history.state?.opened) history.back();
  else history.replaceState(null, "", "/");
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
conversation.addEventListener("change", () => keeping.keep(conversation.exchanges));
thread.addEventListener("ask", (event) => {
  const { drop } = /** @type {CustomEvent<Again>} */ (event).detail;
  if (drop) choice.filters = drop(choice.filters);
});
fresh.addEventListener("click", beginAnew);
find("history", HTMLButtonElement).addEventListener("click", () => showHistory(keeping, turnTo));
document.addEventListener("click", openHere);
addEventListener("popstate", followAddress);
viewer.addEventListener("close", leaveArticle);

speakIn(preferredTongue());
const language = find("language", HTMLButtonElement);
languageButton(language);
language.addEventListener("click", () => void suggest(conversation));
themeButton(find("theme", HTMLButtonElement));
guard(enter);
void welcome(conversation);
const offered = offerWriter();
tellAgain();
followAddress();
if (conversation.exchanges.length === 0) void askAddressed();
const reading = location.pathname.startsWith("/articles/");
if (typing && !reading && conversation.answers.length === 0) input.focus();
