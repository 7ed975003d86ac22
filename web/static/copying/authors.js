/** Turns the line that names an article's authors into names as reference lists write them. */

/** Words that stand before the names. */
const leading = /^(?:by\s+|(?:本报)?记者[\s：:]*)/i;

/** Words that a name has only if it is no person's. */
const offices =
  "agency agencies bureau council department desk editor editors ministry news newsroom office " +
  "press reporter reporters service staff team university writer writers";
const office = new RegExp(`\\b(?:${offices.replaceAll(" ", "|")})\\b`, "i");

const han = /\p{Script=Han}/u;

/** Chinese names that only spaces divide. */
const spacedHan = /^\p{Script=Han}{2,4}(?:\s+\p{Script=Han}{2,4})+$/u;

/** One name that is already turned round: `Lind, Jane`. */
const turned = /^\p{Script=Latin}+,[^,]+$/u;

/**
 * The authors of an article one by one; none where the line only repeats the publisher.
 *
 * @param {{author: string, publisher: string}} article
 * @returns {string[]}
 */
export function authorsOf({ author, publisher }) {
  const line = author.replace(leading, "").trim();
  if (line === "" || line === publisher) return [];
  return divided(line).flatMap((name) => name.trim() || []);
}

/** @param {string} line */
function divided(line) {
  if (/[;；]/.test(line)) return line.split(/[;；]/);
  if (office.test(line) || turned.test(line)) return [line];
  return line.split(spacedHan.test(line) ? /\s+/ : /[、，,&]|\s(?:and|和|与)\s/i);
}

/**
 * A person's name in two parts, the given names as initials; null for an office, for a Chinese name
 * and for a single word, which stay as they are.
 *
 * @param {string} name
 * @returns {{family: string, initials: string} | null}
 */
export function parts(name) {
  if (office.test(name) || han.test(name)) return null;
  const [, last, first] = /^([^,]+),\s*(.+)$/.exec(name) ?? [];
  // "van", "de" and the like belong to the family name.
  const [, given = first, family = last] =
    /^([^,]+?)\s+((?:\p{Ll}[\p{L}’']*\s+)*[^\s,]+)$/u.exec(name) ?? [];
  if (!given || !family) return null;
  const initials = given.replace(/(\p{L})[\p{L}’']*\.?\s*/gu, "$1. ").replaceAll(" -", "-");
  return { family, initials: initials.toUpperCase().trim() };
}
