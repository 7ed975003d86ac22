/** Turns the reader's choice of theme into `color-scheme`: the system's until one is chosen. */

import { make } from "./dom.js";
import { say } from "./i18n.js";
import { recall, remember } from "./memory.js";

const themes = /** @type {const} */ (["system", "light", "dark", "contrast"]);

/** @returns {typeof themes[number]} */
function chosen() {
  return themes.find((theme) => theme === recall("theme")) ?? "system";
}

/** Let a button show the theme and move on to the next. @param {HTMLButtonElement} button */
export function themeButton(button) {
  const name = make("span");
  button.append(say(make("span", { class: "aside" }), "themeLabel"), name);
  const show = () => {
    document.documentElement.dataset.theme = chosen();
    say(name, chosen());
  };
  button.addEventListener("click", () => {
    remember("theme", themes[(themes.indexOf(chosen()) + 1) % themes.length]);
    show();
  });
  show();
}
