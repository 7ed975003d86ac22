/** Turns an article's address into the article, opened at the sentence its `#char=start-end` names. */

import { request, Trouble } from "../ask.js";
import { sentenceFold } from "../copying/copy.js";
import { make } from "../dom.js";
import { say, tagOf } from "../i18n.js";
import { about, copiesFold } from "./about.js";
import { paragraphs, placeOf } from "./text.js";
import { Trail } from "./trail.js";
import { earlierNote, versionFold } from "./versions.js";

/** @import { Language } from "../ask.js" */
/** @import { About, Key } from "../i18n.js" */
/** @import { Version } from "./versions.js" */

/**
 * @typedef {object} Article
 * @property {string} id
 * @property {string} title
 * @property {string} text
 * @property {string} publisher
 * @property {string} author
 * @property {string[]} categories
 * @property {string | null} published
 * @property {Language} language
 * @property {string} url the publisher's address, or ""
 * @property {string} origin
 * @property {number} version
 * @property {string | null} updated when it was changed last
 * @property {Version[]} versions all there are, oldest first
 * @property {Copy[]} [copies] the articles that say the same
 */

/** @typedef {Pick<Article, "id" | "title" | "publisher" | "published" | "language">} Copy */

/**
 * An article beside the page, where there is room for both, or over it; closing it gives the focus
 * back. Sends `close`.
 */
export class ArticleViewer extends HTMLElement {
  /** That a newer version is there: where it stays in sight. */
  #note = make("div", { id: "article-note" });
  #trail = new Trail();
  /** The sentence that is marked, to be copied. */
  #copying = make("div", { class: "copying" });
  #body = make("article");
  #dialog = make("dialog", {
    "aria-labelledby": "article-title",
    "aria-describedby": "article-note",
  });
  #roomy = matchMedia("(min-width: 72rem)");
  /** What led here. @type {Element | null} */
  #opener = null;
  /** Only the latest article asked for is shown. */
  #turn = 0;

  connectedCallback() {
    const close = say(make("button", { type: "button", class: "quiet" }), "close");
    close.addEventListener("click", () => this.close());
    this.#dialog.addEventListener("close", () => {
      // The event comes a moment after the closing; another article may be open by then.
      if (!this.#dialog.open) this.dispatchEvent(new Event("close"));
    });
    // Beside the page it is closed by what is pressed here, not by what is meant for the page.
    addEventListener("keydown", ({ key }) => {
      const { activeElement, body } = document;
      const here = activeElement === body || this.#dialog.contains(activeElement);
      if (key === "Escape" && here && this.#dialog.open && this.#roomy.matches) this.close();
    });
    const ways = [this.#trail.element, this.#note, this.#copying, close];
    this.#dialog.append(make("div", { class: "bar" }, ...ways), this.#body);
    this.append(this.#dialog);
    this.#roomy.addEventListener("change", () => this.#reopen(() => this.#present()));
    // A modal dialog is cut off after one sheet of paper; an ordinary one is not.
    addEventListener("beforeprint", () => this.#reopen(() => this.#dialog.show()));
    addEventListener("afterprint", () => this.#reopen(() => this.#present()));
  }

  /** An answer's citations, to be read one after the other. @param {string[]} hrefs */
  set trail(hrefs) {
    this.#trail.hrefs = hrefs;
  }

  /** Fetch the article at an address and show it. @param {URL} address @returns {Promise<void>} */
  async open(address) {
    const turn = ++this.#turn;
    const { activeElement } = document;
    if (!this.#dialog.contains(activeElement)) this.#opener = activeElement;
    if (!this.#dialog.open) this.#say("status", "opening");
    try {
      const headers = { Accept: "application/json" };
      const response = await request(address.pathname + address.search, { headers });
      const article = /** @type {Article} */ (await response.json());
      if (turn === this.#turn && this.#dialog.open) this.#showArticle(article, address);
    } catch (error) {
      if (!(error instanceof Trouble)) throw error;
      if (turn !== this.#turn) return;
      this.#trail.stand(address);
      this.#say("alert", reasonOf(error, address), error.about);
    }
  }

  close() {
    this.#turn += 1;
    const { activeElement, body } = document;
    const within = activeElement === body || this.#dialog.contains(activeElement);
    this.#dialog.close();
    if (within && this.#opener instanceof HTMLElement) this.#opener.focus({ preventScroll: true });
    this.#opener = null;
  }

  #present() {
    const beside = this.#roomy.matches;
    this.#dialog.setAttribute("closedby", beside ? "none" : "any");
    if (beside) this.#dialog.show();
    else this.#dialog.showModal();
  }

  /** Change how it is open; what is read and where the focus is stays. @param {() => void} present */
  #reopen(present) {
    if (!this.#dialog.open) return;
    const { scrollTop } = this.#dialog;
    const focused = document.activeElement;
    this.#dialog.close();
    present();
    if (focused instanceof HTMLElement && this.#dialog.contains(focused)) {
      focused.focus({ preventScroll: true });
    }
    this.#dialog.scrollTop = scrollTop;
  }

  /**
   * Say in the article's place why it is not there.
   *
   * @param {string} role
   * @param {Key} key
   * @param {About} [about]
   */
  #say(role, key, about) {
    this.#note.replaceChildren();
    this.#copying.replaceChildren();
    this.#show(say(make("p", { id: "article-title", role }), key, about));
  }

  /** @param {...Node} children */
  #show(...children) {
    this.#body.replaceChildren(...children);
    if (!this.#dialog.open) this.#present();
  }

  /** @param {Article} article @param {URL} address */
  #showArticle(article, address) {
    const lang = tagOf(article.language);
    const heading = make("h1", { id: "article-title", lang, tabindex: "-1" }, article.title);
    const others = this.#trail.stand(address).flatMap(placeOf);
    const text = paragraphs(article.text, placeOf(address.hash), others);
    const body = make("div", { class: "body", lang }, ...text);
    const marks = [...body.querySelectorAll("mark")];
    const [mark] = marks;
    const quote = marks.map(({ textContent }) => textContent).join("\n");
    this.#note.replaceChildren(...earlierNote(article));
    this.#copying.replaceChildren(...(mark ? [sentenceFold(article, quote, address)] : []));
    const folds = [...versionFold(article), ...copiesFold(article.copies ?? [])];
    this.#show(heading, about(article), ...folds, body);
    document.title = article.title;
    if (mark) this.#lead(mark);
    else {
      this.#dialog.scrollTo(0, 0);
      // The link that led here from another version is gone, and the focus with it.
      if (!this.#dialog.contains(document.activeElement)) heading.focus();
    }
  }

  /** Lead to the sentence; who walks from one to another walks on. @param {HTMLElement} mark */
  #lead(mark) {
    mark.tabIndex = -1;
    if (!this.#trail.element.contains(document.activeElement)) mark.focus({ preventScroll: true });
    mark.scrollIntoView({ block: "center" });
  }
}

/**
 * Why there is no article at an address.
 *
 * @param {Trouble} trouble
 * @param {URL} address
 * @returns {Key}
 */
function reasonOf({ reason }, address) {
  return reason === "missing" && address.searchParams.has("version") ? "missingVersion" : reason;
}

customElements.define("article-viewer", ArticleViewer);
