/** Turns what is typed into questions: Enter sends, Shift+Enter breaks the line, ArrowUp edits. */

/** @import { Conversation } from "./conversation.js" */

/** Whether the keyboard is one that covers nothing: elsewhere the focus would raise it. */
export const typing = matchMedia("(pointer: fine)").matches;

/**
 * @typedef {object} Controls
 * @property {HTMLFormElement} form
 * @property {HTMLTextAreaElement} input
 * @property {HTMLButtonElement} send
 * @property {HTMLButtonElement} stop
 */

/**
 * Let a form ask in a conversation.
 *
 * @param {Controls} controls
 * @param {Conversation} conversation
 */
export function compose({ form, input, send, stop }, conversation) {
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    if (!conversation.ask(input.value)) return;
    input.value = "";
    if (!typing) input.blur();
  });
  input.addEventListener("keydown", (event) => {
    if (event.key === "ArrowUp" && input.value === "" && !isComposing(event)) {
      event.preventDefault();
      conversation.edit();
    }
    if (event.key !== "Enter" || event.shiftKey || isComposing(event)) return;
    event.preventDefault();
    form.requestSubmit();
  });
  conversation.addEventListener("edited", () => typing && input.focus({ preventScroll: true }));
  stop.addEventListener("click", () => conversation.stop());
  conversation.addEventListener("busy", () => {
    const root = /** @type {Document | ShadowRoot} */ (form.getRootNode());
    const held = root.activeElement === send || root.activeElement === stop;
    send.hidden = conversation.busy;
    stop.hidden = !conversation.busy;
    if (held && typing) input.focus();
  });
}

/** Whether a key belongs to an input method that is at work. @param {KeyboardEvent} event */
export function isComposing(event) {
  // 229 is the Enter that ends a composition in Safari, where isComposing is already false.
  return event.isComposing || event.keyCode === 229;
}
