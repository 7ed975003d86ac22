/** Turns what is dropped, chosen or typed into rows of a list, and their run into a tally. */

import { find } from "../dom.js";
import { say } from "../i18n.js";
import { filesIn } from "./folders.js";
import { addressParcel, fileParcel, whyNot } from "./parcels.js";
import { Row, unsent } from "./row.js";

/** @import { Found } from "./folders.js" */
/** @import { Parcel } from "./parcels.js" */
/** @import { Queue } from "./queue.js" */

/** Take files and addresses to the queue, and show how far it is. @param {Queue} queue */
export function takeIn(queue) {
  const list = find("rows", HTMLElement);
  /** @param {Parcel[]} parcels */
  const add = (parcels) => {
    const rows = parcels.map((parcel) => new Row(parcel, again));
    list.append(...rows.map(({ element }) => element));
    find("sent", HTMLElement).hidden = false;
    queue.add(rows);
  };
  /** @param {Row} row */
  const again = (row) => {
    row.wait();
    void queue.run();
    focusTally();
  };
  /** @param {Found[]} found */
  const addFiles = (found) => {
    const bad = found.flatMap(({ file, name }) => {
      const why = whyNot(file);
      return why ? [{ name, why }] : [];
    });
    if (bad.length > 0) {
      list.append(unsent(bad));
      say(find("sent-spoken", HTMLElement), "notSent", { count: bad.length });
    }
    add(found.filter(({ file }) => !whyNot(file)).map(({ file, name }) => fileParcel(file, name)));
  };
  chooseFiles(addFiles);
  dropFiles(addFiles);
  typeAddress(add);
  tally(queue);
}

/** @param {(found: Found[]) => void} add */
function chooseFiles(add) {
  const input = find("files", HTMLInputElement);
  input.addEventListener("change", () => {
    add([...(input.files ?? [])].map((file) => ({ file, name: file.name })));
    // So that the same file can be chosen again.
    input.value = "";
  });
}

/** Anywhere on the page, as long as it is open. @param {(found: Found[]) => void} add */
function dropFiles(add) {
  const open = () => !find("house", HTMLElement).hidden;
  const drop = find("drop", HTMLElement);
  document.addEventListener("dragover", (event) => {
    if (!event.dataTransfer?.types.includes("Files")) return;
    event.preventDefault();
    event.dataTransfer.dropEffect = open() ? "copy" : "none";
    drop.classList.add("over");
  });
  document.addEventListener("dragleave", (event) => {
    if (!event.relatedTarget) drop.classList.remove("over");
  });
  document.addEventListener("drop", (event) => {
    if (!event.dataTransfer?.types.includes("Files")) return;
    // The browser would leave the page for the file.
    event.preventDefault();
    drop.classList.remove("over");
    if (open()) void filesIn(event.dataTransfer).then(add);
  });
}

/** @param {(parcels: Parcel[]) => void} add */
function typeAddress(add) {
  const form = find("address-form", HTMLFormElement);
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    const address = find("address", HTMLInputElement).value.trim();
    add([addressParcel(address, find("linked", HTMLInputElement).checked)]);
    form.reset();
  });
}

/** Say how far the queue is. @param {Queue} queue */
function tally(queue) {
  const button = find("pause", HTMLButtonElement);
  const clear = find("clear", HTMLButtonElement);
  const spoken = find("sent-spoken", HTMLElement);
  const show = () => {
    const waiting = queue.waiting.length;
    const over = queue.rows.filter(({ fate }) => fate !== "waiting" && fate !== "sending").length;
    const all = queue.rows.length;
    find("tally", HTMLElement).hidden = all === 0;
    say(find("tally", HTMLElement), "tally", { over, all });
    if (waiting === 0 && document.activeElement === button) focusTally();
    button.hidden = waiting === 0;
    if (queue.paused) say(button, "goOn", { count: waiting });
    else say(button, "pause");
    clear.hidden = queue.busy || waiting > 0;
  };
  const rest = () => {
    show();
    const count = queue.waiting.length;
    if (count > 0) say(spoken, "paused", { count });
    else say(spoken, "rested", sums(queue));
  };
  queue.addEventListener("change", show);
  const begin = () => say(spoken, "sendingBegun", { count: queue.waiting.length });
  queue.addEventListener("begin", begin);
  queue.addEventListener("rest", rest);
  button.addEventListener("click", () => {
    if (queue.paused) void queue.run();
    else queue.stop();
  });
  clear.addEventListener("click", () => {
    queue.clear();
    find("rows", HTMLElement).replaceChildren(...queue.rows.map(({ element }) => element));
    find("sent", HTMLElement).hidden = queue.rows.length === 0;
    find("files", HTMLElement).focus();
  });
}

/** A button that has gone must not take the focus with it. */
function focusTally() {
  find("tally", HTMLElement).focus();
}

/** @param {Queue} queue @returns {Record<string, number>} what became of all that was sent */
function sums({ rows }) {
  /** @type {Record<string, number>} */
  const all = { all: rows.length, failed: rows.filter(({ fate }) => fate === "failed").length };
  for (const { counts } of rows) {
    for (const [fate, count] of Object.entries(counts)) all[fate] = (all[fate] ?? 0) + count;
  }
  return all;
}
