/** Turns `<news-qa>` in somebody's own page into a box that asks the server this file came from. */

import { request, Trouble } from "../ask.js";
import { compose } from "../asking/composer.js";
import { Conversation } from "../asking/conversation.js";
import { make } from "../dom.js";
import { label, say, speakIn, word } from "../i18n.js";

// How large a rem is the page around decides for itself: here it is the size of the letters there.
CSS.registerProperty({ name: "--newsqa-rem", syntax: "<length>", inherits: true, initialValue: "16px" });

/** Lengths in rem; those in conditions are the window's. */
const rems = /(?<!\(m..-width: |[\d.])(-?[\d.]+)rem/g;

/** What the box looks like: of the page's own sheets those that it needs, and one for itself. */
const sheets = Promise.all(["base", "asking", "answer", "embed"].map(readSheet));

/** @param {string} name */
async function readSheet(name) {
  const response = await request(new URL(`../style/${name}.css`, import.meta.url).href, {});
  const rules = (await response.text()).replace(rems, "calc($1 * var(--newsqa-rem))");
  return new CSSStyleSheet().replace(rules);
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
    const box = make("div", { id: "box" }, thread, form);
    const speak = () => speakIn(this.#tongue, box);
    speak();
    new MutationObserver(speak).observe(document, { subtree: true, attributeFilter: ["lang"] });
    compose({ form, input, send, stop }, new Conversation(thread, () => ({})));
    const told = new MutationObserver(() => {
      leadOut(thread);
      // Another box of the page may speak the other language.
      if (box.lang !== word("tag")) speak();
    });
    told.observe(thread, { childList: true, subtree: true });
    try {
      root.adoptedStyleSheets = await sheets;
    } catch (error) {
      if (!(error instanceof Trouble)) throw error;
      box.replaceChildren(say(make("p"), "unreachable"));
    }
    root.append(box);
  }

  get #tongue() {
    const tag = this.closest("[lang]")?.getAttribute("lang") || navigator.language;
    return /^zh/i.test(tag) ? "zh" : "en";
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
