/** Turns a question that was asked into a field to change it in: Enter sends, Escape leaves. */

import { make } from "../dom.js";
import { label, say } from "../i18n.js";
import { isComposing } from "./composer.js";

/**
 * The field, with the cursor at the end of the question once it is on the page.
 *
 * @param {string} question
 * @param {(edited: string) => void} send
 * @param {() => void} leave
 */
export function questionEditor(question, send, leave) {
  const attributes = { rows: "1", maxlength: "1000", required: "", enterkeyhint: "send" };
  const input = label(make("textarea", attributes), "editing");
  input.value = question;
  const cancel = say(make("button", { type: "button", class: "quiet" }), "cancel");
  const form = make("form", { class: "small-form editor" });
  form.append(input, say(make("button"), "ask"), cancel);
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    if (input.value.trim() !== "") send(input.value);
  });
  form.addEventListener("keydown", (event) => {
    if (isComposing(event)) return;
    if (event.key === "Escape") leave();
    if (event.key !== "Enter" || event.shiftKey || event.target !== input) return;
    event.preventDefault();
    form.requestSubmit();
  });
  cancel.addEventListener("click", leave);
  // The focus needs the page, which has the form only after this.
  queueMicrotask(() => input.focus());
  return form;
}
