/** Turns what the server holds into figures, and what it refused into a list. */

import { find, make } from "../dom.js";
import { say } from "../i18n.js";

/** @import { Key } from "../i18n.js" */
/** @import { Operation, Refusal, State } from "./operation.js" */

/** Refusals that are shown at once. */
const few = 5;

/** Show how things stand, now and after each look. @param {Operation} operation */
export function showStanding(operation) {
  operation.addEventListener("change", () => {
    showTrouble(operation);
    if (!operation.state) return;
    showFigures(operation.state);
    showRefusals(operation.state);
  });
}

/** @param {Operation} operation */
function showTrouble({ trouble, state }) {
  const said = find("standing-trouble", HTMLElement);
  // Where the server is looked for again each second, that is said there.
  const told = trouble && trouble.reason !== "locked" && state?.rebuild.state !== "running";
  /** @type {[Key, Record<string, string>] | null} */
  const why = told
    ? trouble.reason === "unreachable" || trouble.reason === "broken"
      ? [trouble.reason, {}]
      : ["serverSays", { detail: trouble.detail }]
    : state?.trouble
      ? ["noAnswers", { detail: state.trouble }]
      : null;
  // Said once, however often it is found to be so.
  const saying = JSON.stringify(why);
  if (said.dataset.saying === saying) return;
  said.dataset.saying = saying;
  if (why) say(said, ...why);
  else hush(said);
}

/** Let an element say nothing. @param {HTMLElement} element */
export function hush(element) {
  delete element.dataset.say;
  element.textContent = "";
}

/** @param {State} state */
function showFigures({ articles, passages, model, rebuilt, newest }) {
  find("figures", HTMLElement).replaceChildren(
    figure("articleCount", say(make("dd"), "figure", { value: articles })),
    figure("passageCount", say(make("dd"), "figure", { value: passages })),
    figure("rebuilt", instant(rebuilt)),
    figure("newestTaken", instant(newest)),
    figure("modelName", model ? make("dd", {}, model) : say(make("dd"), "never")),
  );
}

/** @param {Key} name @param {HTMLElement} value */
function figure(name, value) {
  return make("div", {}, say(make("dt"), name), value);
}

/** @param {string | null} iso */
function instant(iso) {
  return iso ? say(make("dd"), "instant", { iso }) : say(make("dd"), "never");
}

/** @param {State} state */
function showRefusals({ refused, refusals: count }) {
  const shown = refused.length;
  const words = count === 0 ? "noRefusals" : shown < count ? "refusalsShown" : "refusalsWhy";
  say(find("refusals-count", HTMLElement), words, { count, shown });
  find("refusals", HTMLElement).replaceChildren(...refused.slice(0, few).map(refusal));
  const more = find("refusals-more", HTMLDetailsElement);
  more.hidden = shown <= few;
  const [summary, list] = /** @type {HTMLCollectionOf<HTMLElement>} */ (more.children);
  say(summary, "moreRefusals", { count: Math.max(0, shown - few) });
  list.replaceChildren(...refused.slice(few).map(refusal));
}

/** @param {Refusal} refusal */
function refusal({ origin, reason, when }) {
  const time = say(make("time", { datetime: when }), "instant", { iso: when });
  return make("li", {}, make("strong", {}, origin), make("p", { lang: "en" }, reason), time);
}
