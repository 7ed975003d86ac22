/** Turns a server that lets in whoever has a key into a dialog that asks the reader for it. */

import { request, Trouble } from "../ask.js";
import { make } from "../dom.js";
import { say } from "../i18n.js";
import { door } from "../key.js";

/** Ask for the key whenever the server does. @param {() => void} enter once it is let in */
export function guard(enter) {
  const heading = say(make("h1", { id: "entry-heading" }), "keyNeeded");
  const trouble = make("p", { id: "entry-trouble", role: "alert" });
  const input = make("input", {
    id: "key",
    type: "password",
    required: "",
    autocomplete: "current-password",
    autocapitalize: "none",
    spellcheck: "false",
    "aria-describedby": trouble.id,
  });
  const form = make("form", { class: "small-form" });
  form.append(say(make("label", { for: input.id }), "readerKey"), input);
  form.append(say(make("button"), "enter"), trouble);
  const bar = make("div", { class: "bar" }, heading);
  const dialog = make("dialog", { class: "entry" }, bar, say(make("p"), "keyWhy"), form);
  dialog.setAttribute("aria-labelledby", heading.id);

  async function knock() {
    const key = input.value.trim();
    trouble.replaceChildren();
    // A header holds nothing else, so that no such key can be right.
    if (!/^[!-~]+$/.test(key)) return refuse();
    door.hold(key);
    try {
      await request("/articles?limit=1", { headers: { Accept: "application/json" } });
    } catch (error) {
      if (!(error instanceof Trouble)) throw error;
      if (error.reason === "locked") return refuse();
      say(trouble, error.reason, error.about);
      return;
    }
    input.value = "";
    dialog.close();
    enter();
  }

  function refuse() {
    say(trouble, "keyDenied");
    input.select();
  }

  form.addEventListener("submit", (event) => {
    event.preventDefault();
    void knock();
  });
  door.addEventListener("closed", () => {
    if (dialog.open) return;
    if (door.denied) say(trouble, "keyDenied");
    document.body.append(dialog);
    dialog.showModal();
  });
  dialog.addEventListener("close", () => {
    if (!dialog.open) dialog.remove();
  });
}
