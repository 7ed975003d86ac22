/** Words of copying an answer and its sources: in English and in Chinese. */

/** @import { Words } from "../i18n.js" */

/** @satisfies {Words} */
export const copying = {
  copy: ["Copy", "复制"],
  copyCitation: ["Copy citation", "复制引文"],
  plainText: ["Plain text", "纯文本"],
  markdown: ["Markdown", "Markdown"],
  gbt7714: ["GB/T 7714", "GB/T 7714"],
  apa: ["APA", "APA"],
  copied: ["Copied: ", "已复制："],
  copyByHand: [
    "The browser doesn’t let the page copy. Here is the text:",
    "浏览器不允许本页直接复制，请复制下面的文字：",
  ],
  sourceList: ["Sources", "来源"],
  corrected: [({ quote }) => `Correction: ${quote}`, ({ quote }) => `更正：${quote}`],
};
