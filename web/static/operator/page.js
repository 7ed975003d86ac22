/** Turns the operator's key into what they see and do: figures, adding, rebuilding, withdrawing. */

import { find } from "../dom.js";
import { learn, preferredTongue, say, speakIn } from "../i18n.js";
import { languageButton } from "../language.js";
import { themeButton } from "../theme.js";
import { operating } from "../words/operating.js";
import { Access } from "./access.js";
import { takeIn } from "./adding.js";
import { Operation } from "./operation.js";
import { Queue } from "./queue.js";
import { showRebuild } from "./rebuild.js";
import { hush, showStanding } from "./standing.js";
import { offerWithdrawal } from "./withdraw.js";

/** @import { Trouble } from "../ask.js" */

/** Between two looks at how things stand while files are sent, in milliseconds. */
const pause = 3000;

const access = new Access();
const operation = new Operation(access);
const queue = new Queue(access);
const entry = find("entry", HTMLFormElement);
const key = find("key", HTMLInputElement);
const house = find("house", HTMLElement);
const lock = find("lock", HTMLButtonElement);
const trouble = find("entry-trouble", HTMLElement);
let looked = 0;

/** Open the page where the key is right, else say why it stays locked. */
async function open() {
  await operation.look();
  if (operation.trouble) return refuse(operation.trouble);
  access.keep();
  const entered = !entry.hidden;
  key.value = "";
  hush(trouble);
  show(true);
  if (entered) find("desk", HTMLElement).focus({ preventScroll: true });
  if (queue.waiting.length > 0) void queue.run();
}

/** @param {Trouble} why */
function refuse({ reason, detail }) {
  key.value ||= access.key;
  show(false);
  if (reason === "locked") say(trouble, "denied");
  else if (reason === "missing") say(trouble, "operatorOff");
  else if (reason === "refused") say(trouble, "serverSays", { detail });
  else say(trouble, reason);
  key.select();
}

/** @param {boolean} opened */
function show(opened) {
  house.hidden = lock.hidden = !opened;
  entry.hidden = opened;
}

entry.addEventListener("submit", (event) => {
  event.preventDefault();
  access.key = key.value.trim();
  void open();
});
access.addEventListener("denied", () => {
  if (house.hidden) return;
  show(false);
  say(trouble, "deniedNow");
  key.focus();
});
lock.addEventListener("click", () => {
  access.forget();
  // What was shown is gone with the page.
  location.reload();
});
find("show-key", HTMLButtonElement).addEventListener("click", ({ currentTarget }) => {
  const shown = key.type === "password";
  key.type = shown ? "text" : "password";
  /** @type {HTMLButtonElement} */ (currentTarget).ariaPressed = String(shown);
});
queue.addEventListener("change", () => {
  if (performance.now() - looked < pause) return;
  looked = performance.now();
  void operation.look();
});
queue.addEventListener("rest", () => void operation.look());
addEventListener("beforeunload", (event) => {
  // The browser asks whether to leave: files that wait would have to be chosen again.
  if (queue.busy) event.preventDefault();
});

learn(operating);
speakIn(preferredTongue());
languageButton(find("language", HTMLButtonElement));
themeButton(find("theme", HTMLButtonElement));
showStanding(operation);
showRebuild(operation);
takeIn(queue);
offerWithdrawal(access, () => void operation.look());
if (access.key) void open();
else {
  show(false);
  key.focus();
}
