/** Turns a citation that is pointed at into a card: its sentence in the paragraph around it. */

import { byline } from "../article/about.js";
import { make } from "../dom.js";
import { tagOf } from "../i18n.js";

/** @import { Citation, Source } from "../ask.js" */

/** Before a card comes, and before it goes when the pointer has left, in milliseconds. */
const pause = 150;

/** Code points of a card, and the fewest on either side of a sentence that is longer. */
const [room, least] = [360, 40];

/** What the card's edge leaves of a word, before the sentence and after it. */
const cutWord = [/^[\p{Script=Latin}\d’']*/u, /[\p{Script=Latin}\d’']*$/u];

/** Between a card and its link, and at least to the window's edge, in pixels. */
const gap = 8;

let timer = 0;

/** The link whose card is shown, and how to take the card away. */
let [shown, close] = [/** @type {Element | null} */ (null), () => {}];

/**
 * Let a link show its card while the pointer is on either of them, or the keyboard's focus on the
 * link. A finger opens the article at once.
 *
 * @param {HTMLElement} link
 * @param {Citation} citation
 * @param {Source} source the passage the sentence stands in
 */
export function previewOn(link, citation, source) {
  const open = () => {
    if (shown === link) return;
    close();
    shown = link;
    close = show(link, card(citation, source));
  };
  link.addEventListener("pointerenter", ({ pointerType }) => {
    if (pointerType !== "touch") soon(open);
  });
  link.addEventListener("pointerleave", () => leave(link));
  link.addEventListener("focus", () => {
    if (link.matches(":focus-visible")) open();
  });
  link.addEventListener("blur", () => close());
  link.addEventListener("click", () => {
    clearTimeout(timer);
    close();
  });
}

/** @param {() => void} act */
function soon(act) {
  clearTimeout(timer);
  timer = setTimeout(act, pause);
}

/** The pointer has left: unless it comes back, or the keyboard is there. @param {Element} link */
function leave(link) {
  soon(() => {
    if (shown === link && !link.matches(":focus-visible")) close();
  });
}

/** @param {HTMLElement} link @param {HTMLElement} shownCard @returns {() => void} its end */
function show(link, shownCard) {
  shownCard.addEventListener("pointerenter", () => clearTimeout(timer));
  shownCard.addEventListener("pointerleave", () => leave(link));
  const dismiss = (/** @type {KeyboardEvent} */ event) => {
    if (event.key !== "Escape" || !shownCard.isConnected) return;
    // It is the card that is dismissed, not the article beside it.
    event.preventDefault();
    event.stopPropagation();
    clearTimeout(timer);
    close();
  };
  document.addEventListener("keydown", dismiss, { capture: true });
  link.setAttribute("aria-describedby", shownCard.id);
  link.after(shownCard);
  shownCard.showPopover();
  place(shownCard, link.getBoundingClientRect());
  return () => {
    [shown, close] = [null, () => {}];
    document.removeEventListener("keydown", dismiss, { capture: true });
    link.removeAttribute("aria-describedby");
    shownCard.remove();
  };
}

/**
 * Beneath the link or, where there is no room, above it, and on the page: it scrolls along.
 *
 * @param {HTMLElement} card
 * @param {DOMRect} link
 */
function place(card, link) {
  const { clientWidth, clientHeight } = document.documentElement;
  const below = link.bottom + gap;
  const above = Math.max(gap, link.top - gap - card.offsetHeight);
  const top = below + card.offsetHeight <= clientHeight - gap ? below : above;
  const left = Math.max(gap, Math.min(link.left, clientWidth - card.offsetWidth - gap));
  card.style.top = `${top + scrollY}px`;
  card.style.left = `${left + scrollX}px`;
}

/** @param {Citation} citation @param {Source} source */
function card(citation, source) {
  const lang = tagOf(source.language);
  return make(
    "div",
    { class: "preview", id: "preview", popover: "manual", role: "tooltip", "aria-live": "off" },
    make("strong", { lang }, source.title),
    byline(source),
    make("p", { lang }, ...inParagraph(citation, source)),
  );
}

/**
 * The sentence, marked, in its paragraph; dots stand where the passage or the card cuts it.
 *
 * @param {Citation} citation
 * @param {Source} source
 */
function inParagraph({ source_start, source_end }, { text, start }) {
  const points = [...text];
  const [from, to] = [source_start - start, source_end - start];
  const spare = Math.max(least, Math.round((room - (to - from)) / 2));
  const begin = points.slice(0, from).lastIndexOf("\n") + 1;
  const next = points.indexOf("\n", to);
  const end = next < 0 ? points.length : next;
  const [first, last] = [Math.max(begin, from - spare), Math.min(end, to + spare)];
  const before = points.slice(first, from).join("");
  const after = points.slice(to, last).join("");
  const goesBack = first === 0 && start > 0 ? "…" : "";
  const goesOn = last === points.length ? "…" : "";
  return [
    first > begin ? before.replace(cutWord[0], "…") : goesBack + before,
    make("mark", {}, points.slice(from, to).join("")),
    last < end ? after.replace(cutWord[1], "…") : after + goesOn,
  ];
}
