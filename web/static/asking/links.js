/** Turns a question and how it is asked into an address that asks it again, and back. */

/** @import { Filters, Options } from "../ask.js" */

const lists = /** @type {const} */ (["category", "source", "author"]);

/** What a list in the address may hold: as much as a question may be sent with. */
const most = { values: 100, characters: 200 };

/**
 * The address, at newsqa's own page wherever this one stands.
 *
 * @param {string} question
 * @param {Options} options
 */
export function addressOf(question, { filters = {}, time, mode, as_of }) {
  const address = new URL("/", import.meta.url);
  const { date_from: from, date_to: to } = filters;
  const single = { q: question, from, to, time: time === false ? "false" : "", mode, as_of };
  for (const [name, value] of Object.entries(single)) {
    if (value) address.searchParams.set(name, value);
  }
  for (const name of lists) {
    for (const value of filters[name] ?? []) address.searchParams.append(name, value);
  }
  return address.href;
}

/**
 * What an address asks, or null. What does not make sense in it is passed over.
 *
 * @param {string} search the address from its question mark on
 * @returns {{question: string, options: Options} | null}
 */
export function askedIn(search) {
  const given = new URLSearchParams(search);
  const question = given.get("q")?.trim();
  if (!question) return null;
  /** @type {Options} */
  const options = {};
  const filters = filtersIn(given);
  if (Object.keys(filters).length > 0) options.filters = filters;
  if (given.get("time") === "false") options.time = false;
  if (given.get("mode") === "llm") options.mode = "llm";
  const asOf = dayIn(given, "as_of");
  if (asOf) options.as_of = asOf;
  return { question, options };
}

/** @param {URLSearchParams} given @returns {Filters} */
function filtersIn(given) {
  /** @type {Filters} */
  const filters = {};
  const [from, to] = [dayIn(given, "from"), dayIn(given, "to")];
  if (from && !(to && to < from)) filters.date_from = from;
  if (to && !(from && to < from)) filters.date_to = to;
  for (const name of lists) {
    const values = given.getAll(name).filter((one) => one && one.length <= most.characters);
    if (values.length > 0) filters[name] = [...new Set(values)].slice(0, most.values);
  }
  return filters;
}

/** A day that there is in the calendar, or nothing. @param {URLSearchParams} given @param {string} name */
function dayIn(given, name) {
  const day = given.get(name) ?? "";
  if (!/^\d{4}-\d\d-\d\d$/.test(day) || day < "0001") return undefined;
  const read = new Date(`${day}T00:00Z`);
  return !Number.isNaN(read.valueOf()) && read.toISOString().startsWith(day) ? day : undefined;
}
