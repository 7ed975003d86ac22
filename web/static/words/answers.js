/** Words of an answer and what stands behind it: in English and in Chinese. */

import { failures } from "./failures.js";
import { chinesePeriod, duration, englishPeriod, number } from "./format.js";

/** @import { Words } from "../i18n.js" */

/** @satisfies {Words} */
export const answers = {
  citation: ["Citation", "引文"],
  correction: ["Correction", "更正"],
  columnDate: ["Date", "日期"],
  columnFigure: ["Figure", "数字"],
  columnSaid: ["What is said", "原文"],
  columnSource: ["Source", "来源"],
  noDate: ["Undated", "日期不详"],
  noFigure: ["See the sentence", "见原句"],
  timeline: ["By date", "时间线"],
  conflicting: ["These articles give different figures, the newer first:", "这些文章给出的数字不同，较新的在前："],
  notFound: ["These articles don’t answer this question.", "这些文章没有回答这个问题。"],
  empty: ["There are no articles yet to answer from.", "还没有可供回答的文章。"],
  span: [
    (about) => `The articles are from ${englishPeriod(about)}.`,
    (about) => `这里的文章发布于${chinesePeriod(about)}。`,
  ],
  related: ["Related, not an answer", "相关内容，并非答案"],
  high: ["Confidence: high", "可信度：高"],
  medium: ["Confidence: medium", "可信度：中"],
  low: ["Confidence: low, check the source", "可信度：低，请核对原文"],
  sources: [({ count }) => `Sources (${count})`, ({ count }) => `来源（${count}）`],
  alsoSaid: [
    ({ count }) =>
      `Also said by ${count === 1 ? "1 other source" : `${count} other sources`}`,
    ({ count }) => `另有 ${count} 个来源也这样说`,
  ],
  itsQuotes: [
    ({ count }) =>
      count === 1 ? "What it cites: 1 sentence" : `What it cites: ${count} sentences`,
    ({ count }) => `所引原文 ${count} 句`,
  ],
  cited: [({ numbers }) => `Cited: ${numbers}`, ({ numbers }) => `被引用：${numbers}`],
  copies: [
    ({ count }) =>
      `Also in ${count === 1 ? "1 article" : `${count} articles`}`,
    ({ count }) => `另见于 ${count} 篇文章`,
  ],
  original: [
    ({ language }) =>
      `${language === "en" ? "English" : "Chinese"} original`,
    ({ language }) => (language === "en" ? "英文原文" : "中文原文"),
  ],
  searched: [
    ({ articles, ms }) =>
      `${articles === 1 ? "1 article" : `${number(articles, "en")} articles`} searched in ` +
      duration(ms, "en"),
    ({ articles, ms }) =>
      `检索了 ${number(articles, "zh-CN")} 篇文章，用时 ${duration(ms, "zh-CN")}`,
  ],
  written: [
    ({ model }) =>
      `Written by the language model ${model}; each sentence was checked against what it cites.`,
    ({ model }) => `由语言模型 ${model} 撰写，每一句都已与所引原文核对。`,
  ],
  unwritten: [
    ({ model, failure }) =>
      `The language model ${model} did not answer: ${failures(failure)[0]}.`,
    ({ model, failure }) => `语言模型 ${model} 没有作答：${failures(failure)[1]}。`,
  ],
  quotedInstead: ["The answer is quoted from the articles instead.", "改由文章原句作答。"],
  unfinished: [
    ({ model, failure }) =>
      `The language model ${model} did not finish: ${failures(failure)[0]}.`,
    ({ model, failure }) => `语言模型 ${model} 没有写完：${failures(failure)[1]}。`,
  ],
  dropped: [
    ({ count }) =>
      `${count === 1 ? "1 sentence was" : `${count} sentences were`} dropped because the articles ` +
      `do not bear ${count === 1 ? "it" : "them"} out.`,
    ({ count }) => `有 ${count} 句在文章中没有依据，已略去。`,
  ],
  isRight: ["Is this right?", "回答得对吗？"],
  right: ["It is right", "对"],
  wrong: ["It is not right", "不对"],
  addRemark: ["Add a comment", "补充说明"],
  remarked: ["Your comment", "你的说明"],
  remark: ["Comment", "说明"],
  sendRemark: ["Send", "发送"],
  thanks: ["Thank you.", "谢谢。"],
  takenBack: ["Taken back.", "已撤销。"],
  unsaid: ["That could not be sent. Please try again.", "发送失败，请再试一次。"],
};
