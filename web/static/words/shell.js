/** Words of what stands around questions and answers: in English and in Chinese. */

import { day } from "./format.js";

/** @import { Words } from "../i18n.js" */

/** @satisfies {Words} */
export const shell = {
  tag: ["en", "zh-Hans"],
  other: ["中文", "English"],
  otherTag: ["zh-Hans", "en"],
  skip: ["Skip to the question", "跳到提问框"],
  heading: ["Ask the news", "向新闻提问"],
  promise: [
    "Every answer stands on the articles’ own sentences, each linked to its place.",
    "每个回答都以文章的原句为据，点开就能看到它在文中的位置。",
  ],
  newest: ["Added last", "最近收录"],
  themeLabel: ["Theme: ", "主题："],
  system: ["System", "跟随系统"],
  light: ["Light", "浅色"],
  dark: ["Dark", "深色"],
  contrast: ["High contrast", "高对比度"],
  close: ["Close", "关闭"],
  day: [({ iso }) => day(iso, "en-GB"), ({ iso }) => day(iso, "zh-CN")],
};
