/** Turns the reader's choice of language into what the page says; at first the browser's. */

import { switchTongue, word } from "./i18n.js";

/** Let a button offer the other language. @param {HTMLButtonElement} button */
export function languageButton(button) {
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
