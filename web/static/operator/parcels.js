/** Turns files and addresses into what is sent to the server, or why a file is not. */

/** @import { Key } from "../i18n.js" */

/**
 * @typedef {object} Parcel
 * @property {string} name as the operator knows it
 * @property {string} path where it is sent
 * @property {string} kind its media type
 * @property {() => Promise<BodyInit>} body read when its turn comes
 * @property {Key} sending what is said while it is on its way
 */

/** By its name a server would take a file as this; all but Markdown is read by what it holds. */
const endings = {
  "text/markdown": "md markdown",
  "text/html": "html htm xhtml shtml mht mhtml",
  "text/plain": "txt",
  "application/x-ndjson": "json jsonl ndjson",
  "application/xml": "xml rss atom",
  "application/zip": "zip",
  "application/gzip": "gz",
};

/** Media types by the ending of a file's name: those that `newsqa add` looks for in a folder. */
export const kinds = new Map(
  Object.entries(endings).flatMap(([kind, all]) => all.split(" ").map((end) => [`.${end}`, kind])),
);

/** Bytes that the server takes at a time. */
export const most = 10_000_000;

/** @param {string} name */
function kindOf(name) {
  return kinds.get(name.slice(name.lastIndexOf(".")).toLowerCase());
}

/** Why the server would not take a file, if so. @param {File} file @returns {Key | null} */
export function whyNot(file) {
  if (!kindOf(file.name)) return "wrongKind";
  if (file.size > most) return "tooLarge";
  return file.size === 0 ? "nothingIn" : null;
}

/** @param {File} file @param {string} [name] with its folders @returns {Parcel} */
export function fileParcel(file, name = file.name) {
  const kind = kindOf(file.name) ?? "";
  return { name, path: "/articles", kind, body: () => file.arrayBuffer(), sending: "sending" };
}

/** @param {string} address @param {boolean} linked @returns {Parcel} */
export function addressParcel(address, linked) {
  const body = JSON.stringify({ address, linked });
  return {
    name: address,
    path: "/addresses",
    kind: "application/json",
    body: async () => body,
    sending: "fetching",
  };
}
