/** Turns days written as 2026-11-22, periods of them, numbers and durations into words. */

/** @import { About } from "../i18n.js" */

/** @type {Intl.DateTimeFormatOptions} */
const medium = { dateStyle: "medium", timeZone: "UTC" };

/**
 * The day an article names, whatever the reader's own time zone.
 *
 * @param {unknown} iso
 * @param {string} locale
 */
export function day(iso, locale) {
  return new Intl.DateTimeFormat(locale, medium).format(midnight(iso));
}

/**
 * The day, and where it is asked for the hour, of something that newsqa did, as the reader's own
 * clock shows it.
 *
 * @param {unknown} iso
 * @param {string} locale
 * @param {Intl.DateTimeFormatOptions} [hour]
 */
export function moment(iso, locale, hour = {}) {
  const options = { ...medium, timeZone: undefined, ...hour };
  return new Intl.DateTimeFormat(locale, options).format(new Date(String(iso)));
}

/** @param {unknown} iso */
function midnight(iso) {
  return new Date(`${String(iso).slice(0, 10)}T00:00Z`);
}

/** The days from one to another, either of which may be open. @param {About} about */
export function englishPeriod({ from, to }) {
  if (!to) return `since ${day(from, "en-GB")}`;
  if (!from) return `until ${day(to, "en-GB")}`;
  return new Intl.DateTimeFormat("en-GB", medium).formatRange(midnight(from), midnight(to));
}

/** The same in Chinese, for which Intl would write figures and strokes. @param {About} about */
export function chinesePeriod({ from, to }) {
  const [begin, end] = [from, to].map((iso) => (iso ? day(iso, "zh-CN") : ""));
  if (!to) return `${begin}以来`;
  if (!from) return `${end}为止`;
  if (from === to) return begin;
  const year = begin.slice(0, begin.indexOf("年") + 1);
  return `${begin}至${end.startsWith(year) ? end.slice(year.length) : end}`;
}

/** What is known, with dots between. @param {...(string | number | null | false)} parts */
export function dotted(...parts) {
  return parts.filter(Boolean).join(" · ");
}

/** A number as the language writes it. @param {unknown} value @param {string} locale */
export function number(value, locale) {
  return new Intl.NumberFormat(locale).format(Number(value));
}

/** @param {unknown} ms @param {string} locale */
export function duration(ms, locale) {
  const [value, unit, digits] =
    Number(ms) < 1000
      ? [Number(ms), "millisecond", 0]
      : Number(ms) < 120_000
        ? [Number(ms) / 1000, "second", 1]
        : [Math.ceil(Number(ms) / 60_000), "minute", 0];
  const options = { unit, maximumFractionDigits: digits };
  return new Intl.NumberFormat(locale, { style: "unit", ...options }).format(value);
}
