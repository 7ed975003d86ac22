/** Turns how far a rebuild is into a bar, its pace, and words when it begins and ends. */

import { find } from "../dom.js";
import { say } from "../i18n.js";
import { hush } from "./standing.js";

/** @import { About, Key } from "../i18n.js" */
/** @import { Operation, Rebuild } from "./operation.js" */

/** The pace is that of so many looks, a second apart. */
const lately = 20;

/** What the server says of one that ended with the server that made it. */
const stopped = "the server was stopped";

/** Offer a rebuild, and show the one that runs. @param {Operation} operation */
export function showRebuild(operation) {
  const button = find("rebuild", HTMLButtonElement);
  const pace = new Pace();
  button.addEventListener("click", async () => {
    // Kept in the order of the keyboard: what has the focus must not go.
    button.ariaDisabled = "true";
    if (operation.state?.rebuild.state !== "running") await operation.rebuild();
  });
  operation.addEventListener("change", () => {
    const rebuild = operation.state?.rebuild;
    const runs = rebuild?.state === "running";
    button.ariaDisabled = String(runs);
    find("rebuilding", HTMLElement).hidden = !runs;
    if (rebuild && runs) showProgress(rebuild, operation.trouble ? null : pace.of(rebuild));
    tell(operation);
  });
}

/** @param {Rebuild} rebuild @param {About | null} pace none: the server cannot be reached */
function showProgress({ finished, total }, pace) {
  const bar = find("rebuild-progress", HTMLProgressElement);
  if (finished < total) {
    bar.max = total;
    bar.value = finished;
  } else bar.removeAttribute("value");
  const said = find("rebuild-pace", HTMLElement);
  if (!pace) say(said, "reconnecting");
  else if (finished < total) say(said, "pace", pace);
  else say(said, "finishing");
}

/** Say what is new, once. @param {Operation} operation */
function tell({ state }) {
  const spoken = find("rebuild-spoken", HTMLElement);
  if (!state) return;
  const [key, about] = outcome(state.rebuild);
  if (key && key !== spoken.dataset.say) say(spoken, key, about);
  if (!key) hush(spoken);
  // Who sees the bar need not be told.
  spoken.classList.toggle("aside", key === "rebuildRuns");
  spoken.classList.toggle("trouble", state.rebuild.state === "failed");
}

/** @param {Rebuild} rebuild @returns {[Key | null, About]} */
function outcome({ state, ended, error }) {
  if (state === "done") return ["rebuildDone", { iso: ended }];
  if (state === "failed") return error === stopped ? ["rebuildLost", {}] : ["rebuildFailed", { detail: error }];
  return [state === "running" ? "rebuildRuns" : null, {}];
}

/** How fast it went lately, and when it will be over at that rate. */
class Pace {
  /** @type {{at: number, finished: number}[]} */
  #seen = [];

  /** @param {Rebuild} rebuild @returns {About} */
  of({ finished, total }) {
    const now = { at: performance.now(), finished };
    if (finished < (this.#seen.at(-1)?.finished ?? 0)) this.#seen = [];
    this.#seen = [...this.#seen, now].slice(-lately);
    const [first] = this.#seen;
    const rate = ((finished - first.finished) * 1000) / (now.at - first.at || 1);
    const left = rate > 0 ? Math.max(1, (total - finished) / rate) : 0;
    return { finished, total, rate: Math.round(rate), left };
  }
}
