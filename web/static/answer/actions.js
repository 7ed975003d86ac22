/** Turns an answer's question into what can be done with it: ask again, edit, copy a link to it. */

import { offer, toClipboard } from "../copying/copy.js";
import { make } from "../dom.js";
import { say } from "../i18n.js";

/** @import { Key } from "../i18n.js" */

/**
 * The row of actions; the last answer's question alone can be edited.
 *
 * @param {string} address where the question is asked again as it was
 * @param {() => void} again
 * @param {() => void} edit
 */
export function actionRow(address, again, edit) {
  const outcome = make("span", { role: "status" });
  const byHand = make("div", { class: "by-hand" });
  const link = say(make("a", { class: "act", href: address }), "link");
  link.addEventListener("click", (event) => {
    // Opened elsewhere, it is a link like any other.
    if (event.ctrlKey || event.metaKey || event.shiftKey || event.altKey) return;
    event.preventDefault();
    void copy();
  });

  async function copy() {
    byHand.replaceChildren();
    const copied = await toClipboard(address);
    outcome.replaceChildren(...(copied ? [say(make("span"), "linked")] : []));
    if (!copied) offer(address, byHand);
  }

  const row = make("div", { class: "actions" });
  row.append(act("again", again), act("edit", edit), link, outcome, byHand);
  return row;
}

/** @param {Key} key @param {() => void} press */
function act(key, press) {
  const button = say(make("button", { type: "button", class: `act ${key}` }), key);
  button.addEventListener("click", press);
  return button;
}
