/** Turns an article's id or address, and a second thought, into its withdrawal. */

import { Trouble } from "../ask.js";
import { find } from "../dom.js";
import { say } from "../i18n.js";
import { hush } from "./standing.js";

/** @import { Access } from "./access.js" */

/**
 * Offer to withdraw an article.
 *
 * @param {Access} access
 * @param {() => void} changed called afterwards
 */
export function offerWithdrawal(access, changed) {
  const form = find("withdraw-form", HTMLFormElement);
  const input = find("withdraw-id", HTMLInputElement);
  const spoken = find("withdraw-spoken", HTMLElement);
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    hush(spoken);
    const path = pathOf(input.value.trim());
    try {
      const headers = { Accept: "application/json" };
      const { id, title } = await (await access.request(path, { headers })).json();
      // With dots in it, it may lead to what is no article.
      if (!id) throw new Trouble("missing");
      if (!(await isMeant(title))) return;
      await access.request(path, { method: "DELETE" });
      say(spoken, "withdrawn", { title });
      form.reset();
      changed();
    } catch (error) {
      if (!(error instanceof Trouble)) throw error;
      if (error.reason === "refused") say(spoken, "serverSays", { detail: error.detail });
      else say(spoken, error.reason, error.about);
    }
  });
}

/** Where an article is, given its id or its page's address. @param {string} named */
function pathOf(named) {
  const page = `${location.origin}/articles/`;
  if (named.startsWith(page)) return new URL(named).pathname;
  return `/articles/${named.split("/").map(encodeURIComponent).join("/")}`;
}

/** Ask whether it is meant. @param {string} title @returns {Promise<boolean>} */
function isMeant(title) {
  const dialog = find("withdrawing", HTMLDialogElement);
  say(find("withdraw-question", HTMLElement), "withdrawQuestion", { title });
  dialog.returnValue = "";
  dialog.showModal();
  return new Promise((answer) => {
    const told = () => answer(dialog.returnValue === "withdraw");
    dialog.addEventListener("close", told, { once: true });
  });
}
