/** Turns an answer into what its reader says of it: whether it is right, and a comment. */

import { request, Trouble } from "../ask.js";
import { make } from "../dom.js";
import { label, say } from "../i18n.js";

/** @import { Citation, Done, Meta } from "../ask.js" */
/** @import { Key } from "../i18n.js" */

/** @typedef {"up" | "down"} Rating */
/** @typedef {{rating: Rating, comment: string}} Said */

/**
 * @typedef {object} Judged an answer, as far as it is told of with what is said of it
 * @property {Meta} meta
 * @property {Done["status"]} status
 * @property {(Citation & {version?: number})[]} citations
 */

/** @type {Record<Rating, Key>} */
const names = { up: "right", down: "wrong" };
const hand = "M5 7.2 8 2c1 0 1.7.7 1.5 1.8L9 6.5h3.6c.9 0 1.5.8 1.3 1.6l-1 4.2c-.2.7-.7 1.2-1.4 1.2H5zm0 0H2.5v6.3H5";

/**
 * Two thumbs, and once one is chosen a comment. What is chosen again is taken back.
 *
 * @param {Judged} judged
 * @param {Said | null} said what was said of it before
 * @param {(said: Said | null) => void} keep takes what the server has taken
 */
export function feedbackRow(judged, said, keep) {
  const outcome = make("span", { role: "status" });
  const input = label(make("textarea", { rows: "2", maxlength: "2000" }), "remark");
  const form = make("form", { class: "small-form" }, input, say(make("button"), "sendRemark"));
  const fold = make("details", {}, make("summary"), form);
  const thumbs = [thumb("up"), thumb("down")];
  let sending = false;

  /** @param {Rating} rating */
  function thumb(rating) {
    const button = label(make("button", { type: "button", class: `act ${rating}` }), names[rating]);
    button.append(sign());
    button.addEventListener("click", async () => {
      const next = said?.rating === rating ? null : { rating, comment: said?.comment ?? "" };
      if (await tell(next)) fold.open = next !== null;
    });
    return button;
  }

  function show() {
    for (const [at, rating] of ["up", "down"].entries()) {
      thumbs[at].ariaPressed = String(said?.rating === rating);
    }
    fold.hidden = said === null;
    say(/** @type {HTMLElement} */ (fold.firstChild), said?.comment ? "remarked" : "addRemark");
  }

  /** Send what is said now; say whether the server took it. @param {Said | null} next */
  async function tell(next) {
    if (sending) return false;
    sending = true;
    const before = said;
    said = next;
    show();
    try {
      await send(judged, next);
      outcome.replaceChildren(say(make("span"), next ? "thanks" : "takenBack"));
      keep(next);
      return true;
    } catch (error) {
      if (!(error instanceof Trouble)) throw error;
      said = before;
      show();
      outcome.replaceChildren(say(make("span"), "unsaid"));
      if (error.reason !== "refused") outcome.append(" ", say(make("span"), error.reason, error.about));
      return false;
    } finally {
      sending = false;
    }
  }

  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    if (!said || !(await tell({ ...said, comment: input.value.trim() }))) return;
    fold.open = false;
    fold.querySelector("summary")?.focus({ preventScroll: true });
  });
  input.value = said?.comment ?? "";
  show();
  const group = make("div", { class: "thumbs", role: "group" }, say(make("span"), "isRight"), ...thumbs);
  return make("div", { class: "feedback" }, label(group, "isRight"), outcome, fold);
}

/** @param {Judged} judged @param {Said | null} said */
async function send({ meta, status, citations }, said) {
  const body = JSON.stringify({
    answer: meta.id,
    rating: said?.rating ?? null,
    comment: said?.comment ?? "",
    question: [...meta.standalone_question].slice(0, 1000).join(""),
    status,
    citations: citations.slice(0, 50).map(cited),
  });
  const headers = { "Content-Type": "application/json" };
  await request("/feedback", { method: "POST", headers, body });
}

/** @param {Citation & {version?: number}} citation */
function cited({ article_id, version, source_start, source_end, answer_start, answer_end, marks }) {
  // A sentence that a language model wrote is none of the article's: what is marked in it neither.
  const quoted = answer_end - answer_start === source_end - source_start;
  const shift = source_start - answer_start;
  const marked = quoted ? marks.slice(0, 20).map(([start, end]) => [start + shift, end + shift]) : [];
  return { article_id, version, source_start, source_end, marks: marked };
}

function sign() {
  const space = "http://www.w3.org/2000/svg";
  const svg = document.createElementNS(space, "svg");
  svg.setAttribute("viewBox", "0 0 16 16");
  svg.ariaHidden = "true";
  const path = document.createElementNS(space, "path");
  path.setAttribute("d", hand);
  svg.append(path);
  return svg;
}
