/** Words of an article and its versions: in English and in Chinese. */

import { dotted, moment } from "./format.js";

/** @import { Words } from "../i18n.js" */

/** @type {Intl.DateTimeFormatOptions} */
const hour = { timeStyle: "short" };

/** @satisfies {Words} */
export const articles = {
  opening: ["Opening the article…", "正在打开文章……"],
  previousCitation: ["Previous citation", "上一处引文"],
  nextCitation: ["Next citation", "下一处引文"],
  place: [
    ({ number, count }) => `${number} of ${count}`,
    ({ number, count }) => `第${number}处，共${count}处`,
  ],
  publisherPage: ["Read at the publisher", "阅读发布者原文"],
  from: [({ origin }) => `From ${origin}`, ({ origin }) => `出自 ${origin}`],
  updated: [
    ({ version, iso }) =>
      dotted("Updated", Number(version) > 1 && `version ${version}`, iso && moment(iso, "en-GB")),
    ({ version, iso }) =>
      dotted("已更新", Number(version) > 1 && `第${version}版`, iso && moment(iso, "zh-CN")),
  ],
  versions: [({ count }) => `Versions (${count})`, ({ count }) => `版本（${count}）`],
  version: [
    ({ version, iso }) =>
      dotted(`Version ${version}`, iso && moment(iso, "en-GB", hour)),
    ({ version, iso }) => dotted(`第${version}版`, iso && moment(iso, "zh-CN", hour)),
  ],
  newestVersion: [
    ({ version, iso }) =>
      dotted(`Version ${version}, the newest`, iso && moment(iso, "en-GB", hour)),
    ({ version, iso }) =>
      dotted(`第${version}版（最新）`, iso && moment(iso, "zh-CN", hour)),
  ],
  earlier: [
    ({ version }) => `This is an earlier version (${version}).`,
    ({ version }) => `这是较早的版本（第${version}版）。`,
  ],
  openNewest: ["Open the newest", "打开最新版本"],
};
