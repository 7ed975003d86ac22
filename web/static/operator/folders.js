/** Turns what was dropped on the page into files, those of its folders too. */

/** @typedef {{file: File, name: string}} Found a file, and its name with the folders it lay in */

/**
 * The files that were dropped, in the order of their names; hidden ones in folders are passed over.
 *
 * @param {DataTransfer} dropped
 * @returns {Promise<Found[]>}
 */
export async function filesIn(dropped) {
  // The browser shows them during the event alone: all must be asked for before any is waited for.
  const items = [...dropped.items].filter((item) => item.kind === "file");
  const found = items.map((item) => {
    const entry = item.webkitGetAsEntry();
    const file = item.getAsFile();
    return entry?.isDirectory ? walk(entry) : file ? [{ file, name: file.name }] : [];
  });
  return (await Promise.all(found)).flat();
}

/** @param {FileSystemEntry} entry @returns {Promise<Found[]>} */
async function walk(entry) {
  if (entry.name.startsWith(".")) return [];
  if (!entry.isDirectory) {
    const file = await new Promise((resolve, reject) =>
      /** @type {FileSystemFileEntry} */ (entry).file(resolve, reject),
    );
    return [{ file, name: entry.fullPath.slice(1) }];
  }
  const inside = [];
  for (const one of await children(/** @type {FileSystemDirectoryEntry} */ (entry))) {
    inside.push(...(await walk(one)));
  }
  return inside;
}

/** @param {FileSystemDirectoryEntry} folder @returns {Promise<FileSystemEntry[]>} */
async function children(folder) {
  const reader = folder.createReader();
  /** @type {FileSystemEntry[]} */
  const all = [];
  for (;;) {
    /** @type {FileSystemEntry[]} */
    const some = await new Promise((resolve, reject) => reader.readEntries(resolve, reject));
    // It gives a hundred at a time, and none at the end.
    if (some.length === 0) return all.sort((a, b) => (a.name < b.name ? -1 : 1));
    all.push(...some);
  }
}
