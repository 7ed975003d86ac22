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
  waitOffline: ["You’re offline. Waiting for the connection…", "网络已断开，正在等待恢复……"],
  waitLost: ["Connection lost. Trying again…", "连接已断开，正在重试……"],
  waitAway: ["The server can’t be reached. Trying again…", "暂时无法连接服务器，正在重试……"],
  waitStarting: ["The server is starting. One moment…", "服务器正在启动，请稍候……"],
  understood: [
    ({ question }) => `Understood as: ${question}`,
    ({ question }) => `理解为：${question}`,
  ],
  time: [
    (about) => `Time read as: ${englishPeriod(about)}`,
    (about) => `时间理解为：${chinesePeriod(about)}`,
  ],
  newestFirst: ["Newest first", "最新的在先"],
  remove: ["Remove: ", "移除："],
  suggestions: ["Try asking", "试着问问"],
  filter: ["Filter", "筛选"],
  filters: ["Filter the articles", "筛选文章"],
  chosenFilters: ["Only articles with", "仅限文章"],
  dateFrom: ["From", "从"],
  dateTo: ["To", "到"],
  published: ["Date", "日期"],
  category: ["Category", "类别"],
  source: ["Source", "来源"],
  author: ["Author", "作者"],
  inPeriod: [
    (about) => `Date: ${englishPeriod(about)}`,
    (about) => `日期：${chinesePeriod(about)}`,
  ],
  inCategory: [({ value }) => `Category: ${value}`, ({ value }) => `类别：${value}`],
  fromSource: [({ value }) => `Source: ${value}`, ({ value }) => `来源：${value}`],
  byAuthor: [({ value }) => `Author: ${value}`, ({ value }) => `作者：${value}`],
  narrow: ["Find in the list", "在列表中查找"],
  edit: ["Edit", "修改"],
  editing: ["Edit the question", "修改问题"],
  cancel: ["Cancel", "取消"],
  link: ["Copy link", "复制链接"],
  linked: ["Link copied", "链接已复制"],
};
