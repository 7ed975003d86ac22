/** Turns `<news-qa>` in somebody's own page into a box that asks the server this file came from. */

import { request } from "../ask.js";
import { compose } from "../asking/composer.js";
import { Conversation } from "../asking/conversation.js";
import { make } from "../dom.js";
import { label, say, speakIn } from "../i18n.js";

/** What the box looks like: of the page's own sheets those that it needs, and one for itself. */
const sheets = Promise.all(["base", "asking", "answer", "embed"].map(readSheet));

/** @param {string} name */
async function readSheet(name) {
  const response = await request(new URL(`../style/${name}.css`, import.meta.url).href, {});
  return new CSSStyleSheet().replace(await response.text());
}

/** Asks in the language of the page around it, or in the reader's. */
class NewsQa extends HTMLElement {
  connectedCallback() {
    if (!this.shadowRoot) void this.#fill(this.attachShadow({ mode: "open" }));
  }

  /** @param {ShadowRoot} root */
  async #fill(root) {
    const thread = label(make("div", { id: "thread", role: "log" }), "thread");
    const input = make("textarea", {
      id: "question",
      rows: "1",
      maxlength: "1000",
      required: "",
      autocomplete: "off",
      enterkeyhint: "send",
      "data-hint": "hint",
    });
    const send = say(make("button"), "ask");
    const stop = say(make("button", { id: "stop", type: "button", hidden: "" }), "stop");
    const question = say(make("label", { class: "aside", for: "question" }), "question");
    const form = make("form", {}, question, make("div", { class: "field" }, input, send, stop));
    const box = make("div", {}, thread, form);
    const tag = this.closest("[lang]")?.getAttribute("lang") ?? navigator.language;
    speakIn(tag.startsWith("zh") ? "zh" : "en", box);
    compose({ form, input, send, stop }, new Conversation(thread, () => ({})));
    new MutationObserver(() => leadOut(thread)).observe(thread, { childList: true, subtree: true });
    root.adoptedStyleSheets = await sheets;
    root.append(box);
  }
}

/** Let links lead to the server's pages, beside the page around. @param {HTMLElement} thread */
function leadOut(thread) {
  for (const link of thread.querySelectorAll("a[href]:not([target])")) {
    link.setAttribute("href", new URL(link.getAttribute("href") ?? "", import.meta.url).href);
    link.setAttribute("target", "_blank");
    link.setAttribute("rel", "noopener");
  }
}

customElements.define("news-qa", NewsQa);
