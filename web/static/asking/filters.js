/** Turns what the corpus can be filtered by into a panel to choose from, and the choice into chips. */

import { request, Trouble } from "../ask.js";
import { make } from "../dom.js";
import { label, say } from "../i18n.js";
import { chipOf, filtered, partsOf, toggled } from "./chips.js";

/** @import { Filters, Options } from "../ask.js" */

/** @typedef {{value: string, articles: number}} Facet */

/**
 * @typedef {object} Facets
 * @property {Facet[]} categories
 * @property {Facet[]} sources
 * @property {string | null} from the day of the earliest article
 * @property {string | null} to
 */

/** A list longer than this can be searched. */
const short = 10;

/** Which articles may answer the questions to come, as the reader chose. */
export class FilterChoice {
  /** @type {Filters} */
  #filters = {};
  #fold;
  #chips;
  #panel = label(make("div", { class: "panel", role: "group" }), "filters");
  /** What shows the choice in the panel. @type {(() => void)[]} */
  #shows = [];

  /**
   * @param {HTMLDetailsElement} fold where the panel is opened
   * @param {HTMLElement} chips where the choice is shown
   */
  constructor(fold, chips) {
    this.#fold = fold;
    this.#chips = chips;
    fold.append(this.#panel);
    fold.addEventListener("toggle", () => void (fold.open && this.#offer()));
    fold.addEventListener("keydown", (event) => {
      if (event.key !== "Escape" || !fold.open) return;
      fold.open = false;
      fold.querySelector("summary")?.focus();
    });
    document.addEventListener("pointerdown", ({ target }) => {
      if (target instanceof Node && !fold.contains(target)) fold.open = false;
    });
  }

  get filters() {
    return this.#filters;
  }

  set filters(chosen) {
    this.#filters = chosen;
    const chips = partsOf(chosen).map(({ words, drop }) => {
      return chipOf(words, () => {
        this.filters = drop(this.#filters);
        this.#fold.querySelector("summary")?.focus();
      });
    });
    this.#chips.replaceChildren(...chips);
    this.#chips.hidden = chips.length === 0;
    for (const show of this.#shows) show();
  }

  /** The options with the choice among them. @param {Options} options */
  with(options) {
    return filtered(options, this.#filters);
  }

  /** Fill the panel, once. */
  async #offer() {
    if (this.#shows.length > 0) return;
    try {
      const facets = /** @type {Facets} */ (await (await request("/facets", {})).json());
      this.#panel.replaceChildren(
        this.#period(facets),
        ...this.#list("category", facets.categories),
        ...this.#list("source", facets.sources),
      );
      for (const show of this.#shows) show();
    } catch (error) {
      if (!(error instanceof Trouble)) throw error;
      this.#panel.replaceChildren(say(make("p", { role: "alert" }), error.reason, error.about));
    }
  }

  /** @param {Facets} facets */
  #period({ from, to }) {
    const limits = { type: "date", form: "", min: from ?? "", max: to ?? "" };
    // No part of the form around it: a date there would be checked and sent with the question.
    const [begin, end] = [make("input", limits), make("input", limits)];
    const period = make(
      "div",
      { class: "period" },
      make("label", {}, say(make("span"), "dateFrom"), begin),
      make("label", {}, say(make("span"), "dateTo"), end),
    );
    const show = () => {
      // A field that is written to loses what was typed so far.
      if (period.matches(":focus-within")) return;
      begin.value = this.#filters.date_from ?? "";
      end.value = this.#filters.date_to ?? "";
    };
    const choose = () => {
      const { date_from, date_to, ...rest } = this.#filters;
      // Each digit that is typed of a year makes a date: on the way to 2024 the year 202.
      const [from, to] = [begin, end].map(({ value }) => (value < "1000" ? "" : value));
      const [first, last] = from && to && to < from ? [to, from] : [from, to];
      this.filters = {
        ...rest,
        ...(first && { date_from: first }),
        ...(last && { date_to: last }),
      };
    };
    this.#shows.push(show);
    period.addEventListener("change", choose);
    // The focus has not come to its next place yet.
    period.addEventListener("focusout", () => setTimeout(show));
    return group("published", period);
  }

  /** @param {"category" | "source"} name @param {Facet[]} facets */
  #list(name, facets) {
    if (facets.length === 0) return [];
    const items = facets.map(({ value, articles }) => {
      const box = make("input", { type: "checkbox", form: "", autocomplete: "off" });
      this.#shows.push(() => {
        box.checked = this.#filters[name]?.includes(value) ?? false;
      });
      box.addEventListener("change", () => {
        this.filters = toggled(this.#filters, name, value, box.checked);
      });
      const count = make("span", { class: "count" }, String(articles));
      return make("label", {}, box, make("span", { class: "name" }, value), count);
    });
    const list = make("div", { class: "facets" }, ...items);
    return [group(name, ...(items.length > short ? [search(items)] : []), list)];
  }
}

/** @param {"published" | "category" | "source"} key @param {...HTMLElement} children */
function group(key, ...children) {
  return make("fieldset", {}, say(make("legend"), key), ...children);
}

/** A box that shows only the items in which its words stand. @param {HTMLElement[]} items */
function search(items) {
  const box = label(make("input", { type: "search", form: "", "data-hint": "narrow" }), "narrow");
  box.addEventListener("input", () => {
    const wanted = box.value.trim().toLowerCase();
    for (const item of items) item.hidden = !item.textContent.toLowerCase().includes(wanted);
  });
  return box;
}
