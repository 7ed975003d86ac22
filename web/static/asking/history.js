/** Turns the conversations that the browser keeps into a list to open, delete and export them. */

import { make } from "../dom.js";
import { say } from "../i18n.js";
import { conversationsText, download } from "./export.js";
import { forget, isKept, keptAll } from "./keeping.js";

/** @import { Key } from "../i18n.js" */
/** @import { Keeping, Kept } from "./keeping.js" */

/**
 * Show the list over the page until it is closed.
 *
 * @param {Keeping} keeping the conversation shown now
 * @param {(kept?: Kept) => void} turnTo show another one; without one, a new
 */
export function showHistory(keeping, turnTo) {
  const heading = say(make("h1", { id: "history-heading" }), "earlierOnes");
  const body = make("div");
  const dialog = make("dialog", { class: "history", closedby: "any" });
  dialog.setAttribute("aria-labelledby", heading.id);

  function list() {
    const all = keptAll();
    const note = say(make("p", { class: "fine" }), keeping.works ? "keptHere" : "notKept");
    if (!keeping.works) note.role = "alert";
    if (all.length === 0) {
      body.replaceChildren(note, say(make("p"), "noneYet"));
      return;
    }
    const items = all.map((kept) => item(kept, kept.id === keeping.id, open, drop));
    body.replaceChildren(note, make("ul", {}, ...items), actions(all));
  }

  /** @param {Kept} kept */
  function open(kept) {
    dialog.close();
    turnTo(kept);
  }

  /** @param {Kept[]} kept */
  function drop(...kept) {
    for (const { id } of kept) forget(id);
    if (kept.some(({ id }) => id === keeping.id)) turnTo();
    list();
    heading.focus();
  }

  /** @param {Kept[]} all */
  function actions(all) {
    const row = make("div", { class: "formats" });
    const shown = all.filter(({ id }) => id === keeping.id);
    if (shown.length > 0) row.append(press("exportOne", () => save(shown)));
    row.append(press("exportAll", () => save(all)));
    row.append(press("clear", () => confirm(row, all)));
    return row;
  }

  /** @param {HTMLElement} row @param {Kept[]} all */
  function confirm(row, all) {
    const sure = say(make("p", { role: "alert" }), "clearSure", { count: all.length });
    const stay = press("keep", list);
    row.replaceChildren(sure, stay, press("clear", () => drop(...all)));
    stay.focus();
  }

  const refresh = (/** @type {StorageEvent} */ event) => void (isKept(event) && list());
  const close = press("close", () => dialog.close());
  heading.tabIndex = -1;
  dialog.append(make("div", { class: "bar" }, heading, close), body);
  dialog.addEventListener("close", () => {
    removeEventListener("storage", refresh);
    dialog.remove();
  });
  addEventListener("storage", refresh);
  list();
  document.body.append(dialog);
  dialog.showModal();
}

/**
 * @param {Kept} kept
 * @param {boolean} shown
 * @param {(kept: Kept) => void} open
 * @param {(kept: Kept) => void} drop
 */
function item(kept, shown, open, drop) {
  const { begun, exchanges } = kept;
  const { question } = exchanges[0];
  const first = make("button", { type: "button", class: "first" }, question);
  first.addEventListener("click", () => open(kept));
  const about = make("p", { class: "fine" });
  about.append(
    say(make("time", { datetime: begun }), "begun", { iso: begun }),
    say(make("span"), "questions", { count: exchanges.length }),
  );
  if (shown) about.append(say(make("span"), "shown"));
  const remove = make("button", { type: "button", class: "quiet drop" });
  remove.append(say(make("span", { class: "aside" }), "deleteOne", { question }));
  remove.addEventListener("click", () => drop(kept));
  return make("li", {}, make("div", {}, first, about), remove);
}

/** @param {Key} key @param {() => void} act */
function press(key, act) {
  const button = say(make("button", { type: "button", class: "quiet" }), key);
  button.addEventListener("click", act);
  return button;
}

/** @param {Kept[]} kept */
function save(kept) {
  download(`newsqa-${kept[0].begun.slice(0, 10)}.md`, conversationsText(kept));
}
