/** Words of asking, and what a question was understood as: in English and in Chinese. */

import { chinesePeriod, englishPeriod } from "./format.js";

/** @import { Words } from "../i18n.js" */

/** @satisfies {Words} */
export const asking = {
  thread: ["Questions and answers", "问题与回答"],
  question: ["Your question", "你的问题"],
  hint: ["Ask in English or Chinese", "用中文或英文提问"],
  ask: ["Ask", "提问"],
  stop: ["Stop", "停止"],
  letWrite: [({ model }) => `Let ${model} write the answer`, ({ model }) => `让 ${model} 撰写回答`],
  searching: ["Searching the articles…", "正在检索文章……"],
  reading: ["Reading what was found…", "正在阅读找到的内容……"],
  understood: ["Understood as: ", "理解为："],
  time: [
    (about) => `Time read as: ${englishPeriod(about)}`,
    (about) => `时间理解为：${chinesePeriod(about)}`,
  ],
  newestFirst: ["Newest first", "最新的在先"],
  untimed: ["Ask without the time", "不限时间再问"],
};
