/** Words of earlier conversations: in English and in Chinese. */

import { moment, number } from "./format.js";

/** @import { Words } from "../i18n.js" */

/** @satisfies {Words} */
export const history = {
  history: ["History", "历史"],
  fresh: ["New", "新对话"],
  earlierOnes: ["Earlier conversations", "历史对话"],
  keptHere: [
    "Kept in this browser only; the oldest make room for new ones.",
    "只保存在这个浏览器里，存满后最早的会被删除。",
  ],
  noneYet: ["Nothing has been asked yet.", "还没有提过问题。"],
  notKept: [
    "The browser doesn’t let this page keep anything, or has no room left: conversations end with this tab.",
    "浏览器不允许本页保存内容，或已没有空间：关闭标签页后，对话不再保留。",
  ],
  begun: [({ iso }) => moment(iso, "en-GB"), ({ iso }) => moment(iso, "zh-CN")],
  questions: [
    ({ count }) => (count === 1 ? "1 question" : `${number(count, "en")} questions`),
    ({ count }) => `${number(count, "zh-CN")} 个问题`,
  ],
  shown: ["Shown now", "正在显示"],
  deleteOne: [({ question }) => `Delete: ${question}`, ({ question }) => `删除：${question}`],
  exportOne: ["Export this one", "导出当前对话"],
  exportAll: ["Export all", "全部导出"],
  clear: ["Delete all", "全部删除"],
  clearSure: [
    ({ count }) =>
      count === 1
        ? "Delete this conversation for good?"
        : `Delete all ${number(count, "en")} conversations for good?`,
    ({ count }) => `永久删除全部 ${number(count, "zh-CN")} 个对话？`,
  ],
  keep: ["Keep them", "保留"],
};
