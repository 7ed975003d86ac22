/** Turns the reader's wish that a language model write the answers into the mode to ask in. */

import { request, Trouble } from "../ask.js";
import { find } from "../dom.js";
import { say } from "../i18n.js";
import { recall, remember } from "../memory.js";

/** Before a server that is not ready yet is asked again, in milliseconds. */
const pause = 3000;

const offer = find("writer", HTMLElement);
const choice = find("written", HTMLInputElement);

/** What a question is sent with, beside itself. @returns {{mode?: "llm"}} */
export function chosenMode() {
  return choice.checked && canWrite() ? { mode: "llm" } : {};
}

/** Whether the server has a language model, as far as it is known. */
export function canWrite() {
  return !offer.hidden;
}

/** Offer the choice where the server has a language model, as the reader last made it. */
export async function offerWriter() {
  choice.checked = recall("written") === "true";
  choice.addEventListener("change", () => remember("written", String(choice.checked)));
  await show();
}

async function show() {
  try {
    const { modes, model } = await (await request("/readyz", {})).json();
    say(find("writer-name", HTMLElement), "letWrite", { model });
    offer.hidden = !modes.includes("llm");
  } catch (error) {
    // Without it the page asks as ever; who cannot be reached is told of when asked.
    if (!(error instanceof Trouble)) throw error;
    if (error.reason === "unready") setTimeout(() => void show(), pause);
  }
}
