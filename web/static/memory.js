/** Turns what the reader chose or was told into what the browser remembers, if it lets the page. */

/** @typedef {"localStorage" | "sessionStorage"} Where for good, or as long as the tab is open */

/** @param {string} name @param {Where} [where] */
export function recall(name, where = "localStorage") {
  try {
    return window[where].getItem(name);
  } catch {
    return null;
  }
}

/** @param {string} name @param {string} value @param {Where} [where] */
export function remember(name, value, where = "localStorage") {
  try {
    window[where].setItem(name, value);
  } catch {
    // The reader forbids it, or there is no room: the page goes on without.
  }
}
