/** Turns an article's address into the article, opened at the sentence its `#char=start-end` names. */

import { request, Trouble } from "../ask.js";
import { make } from "../dom.js";
import { say, tagOf } from "../i18n.js";
import { earlierNote, updateNote, versionFold } from "./versions.js";

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
 */

/**
 * Who published an article and when, as far as is known.
 *
 * @param {Pick<Article, "publisher" | "published" | "language">} article
 * @param {string} [unnamed] what stands for a publisher that is not known
 */
export function byline({ publisher, published, language }, unnamed = "") {
  const line = make("span", { class: "byline" });
  const name = publisher || unnamed;
  if (name) line.append(make("span", { class: "name", lang: tagOf(language) }, name), " ");
  if (published) {
    line.append(say(make("time", { datetime: published }), "day", { iso: published }));
  }
  return line;
}

/**
 * The paragraphs of a text; what lies in [start, end) of its code points is marked.
 *
 * @param {string} text
 * @param {number} start
 * @param {number} end
 */
function paragraphs(text, start, end) {
  let offset = 0;
  return text.split("\n").flatMap((line) => {
    const points = [...line];
    const [from, to] = [start, end].map((at) => Math.max(at - offset, 0));
    offset += points.length + 1;
    if (line.trim() === "") return [];
    const inside = points.slice(from, to).join("");
    return make(
      "p",
      {},
      points.slice(0, from).join(""),
      ...(inside ? [make("mark", {}, inside)] : []),
      points.slice(to).join(""),
    );
  });
}

/** An article over the page; closing it gives the focus back. Sends `close`. */
export class ArticleViewer extends HTMLElement {
  /** That a newer version is there: where it stays in sight. */
  #note = make("div", { id: "article-note" });
  #body = make("article");
  #dialog = make("dialog", {
    "aria-labelledby": "article-title",
    "aria-describedby": "article-note",
    closedby: "any",
  });
  /** Only the latest article asked for is shown. */
  #turn = 0;

  connectedCallback() {
    const close = say(make("button", { type: "button", class: "quiet" }), "close");
    close.addEventListener("click", () => this.close());
    this.#dialog.addEventListener("close", () => {
      // The event comes a moment after the closing; another article may be open by then.
      if (!this.#dialog.open) this.dispatchEvent(new Event("close"));
    });
    this.#dialog.append(make("div", { class: "bar" }, this.#note, close), this.#body);
    this.append(this.#dialog);
    // A modal dialog is cut off after one sheet of paper; an ordinary one is not.
    addEventListener("beforeprint", () => this.#reopen("show"));
    addEventListener("afterprint", () => this.#reopen("showModal"));
  }

  /** Fetch the article at an address and show it. @param {URL} address @returns {Promise<void>} */
  async open(address) {
    const turn = ++this.#turn;
    this.#say("status", "opening");
    try {
      const headers = { Accept: "application/json" };
      const response = await request(address.pathname + address.search, { headers });
      const article = /** @type {Article} */ (await response.json());
      if (turn === this.#turn && this.#dialog.open) this.#showArticle(article, address.hash);
    } catch (error) {
      if (!(error instanceof Trouble)) throw error;
      if (turn === this.#turn) this.#say("alert", reasonOf(error, address), error.about);
    }
  }

  close() {
    this.#turn += 1;
    this.#dialog.close();
  }

  /** @param {"show" | "showModal"} how */
  #reopen(how) {
    if (!this.#dialog.open) return;
    this.#dialog.close();
    this.#dialog[how]();
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
    this.#show(say(make("p", { id: "article-title", role }), key, about));
  }

  /** @param {...Node} children */
  #show(...children) {
    this.#body.replaceChildren(...children);
    if (!this.#dialog.open) this.#dialog.showModal();
  }

  /** @param {Article} article @param {string} hash */
  #showArticle(article, hash) {
    const [, start = 0, end = 0] = /^#char=(\d+)-(\d+)$/.exec(hash) ?? [];
    const lang = tagOf(article.language);
    const heading = make("h1", { id: "article-title", lang, tabindex: "-1" }, article.title);
    this.#note.replaceChildren(...earlierNote(article));
    this.#show(
      heading,
      about(article),
      ...versionFold(article),
      make("div", { class: "body", lang }, ...paragraphs(article.text, Number(start), Number(end))),
    );
    document.title = article.title;
    const mark = this.#body.querySelector("mark");
    if (!mark) {
      this.#dialog.scrollTo(0, 0);
      // The link that led here from another version is gone, and the focus with it.
      if (!this.#dialog.contains(document.activeElement)) heading.focus();
      return;
    }
    mark.tabIndex = -1;
    mark.focus({ preventScroll: true });
    mark.scrollIntoView({ block: "center" });
  }
}

/** What is known of an article beside its text. @param {Article} article */
function about(article) {
  const names = [article.author, ...article.categories].filter(
    (name, at, all) => name && name !== article.publisher && all.indexOf(name) === at,
  );
  const line = make("p", { class: "fine" }, byline(article), ...updateNote(article));
  line.append(...names.map((name) => make("span", { lang: tagOf(article.language) }, name)));
  const page = publisherPage(article.url);
  if (page) line.append(page);
  if (article.origin) line.append(say(make("span"), "from", { origin: article.origin }));
  return line;
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

/** A link to the publisher's own page, if the address is one of the web. @param {string} url */
function publisherPage(url) {
  if (!/^https?:\/\//i.test(url) || !URL.canParse(url)) return null;
  const link = make("a", { href: url, rel: "noopener noreferrer", target: "_blank" });
  return say(link, "publisherPage");
}

customElements.define("article-viewer", ArticleViewer);
