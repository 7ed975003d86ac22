/** Words of why there is no answer, or no article: in English and in Chinese. */

import { duration, moment } from "./format.js";

/** @import { Words } from "../i18n.js" */

/** @satisfies {Words} */
export const troubles = {
  stopped: ["Stopped.", "已停止。"],
  refused: ["This question can’t be used as it is.", "这个问题无法处理，请修改后再问。"],
  locked: ["This takes a key.", "这里需要密钥。"],
  missing: ["There is no such article.", "没有这篇文章。"],
  missingVersion: ["There is no article in this version.", "没有这个版本的文章。"],
  gone: [
    ({ iso }) =>
      iso ? `This article was withdrawn on ${moment(iso, "en-GB")}.` : "This article was withdrawn.",
    ({ iso }) => (iso ? `这篇文章已于${moment(iso, "zh-CN")}撤回。` : "这篇文章已撤回。"),
  ],
  busy: [
    ({ seconds }) =>
      seconds
        ? `That was a lot at a time. Please try again in ${later(seconds, "en")}.`
        : "That was a lot at a time. Please try again shortly.",
    ({ seconds }) =>
      seconds ? `请求太频繁，请在${later(seconds, "zh-CN")}后再试。` : "请求太频繁，请稍后再试。",
  ],
  crowded: [
    ({ seconds }) => `Many are asking at the moment. Please try again in ${later(seconds, "en")}.`,
    ({ seconds }) => `现在提问的人很多，请在${later(seconds, "zh-CN")}后再试。`,
  ],
  waitCrowded: [
    ({ seconds }) => `Many are asking at the moment. Trying again in ${later(seconds, "en")}…`,
    ({ seconds }) => `现在提问的人很多，${later(seconds, "zh-CN")}后重试……`,
  ],
  unready: [
    "Not ready yet: the articles are still being read. Please try again shortly.",
    "尚未就绪：文章还在读取中，请稍后再试。",
  ],
  broken: ["Something went wrong on the server.", "服务器出错了。"],
  unreachable: ["The server can’t be reached. Please check the connection.", "无法连接服务器，请检查网络。"],
  offline: ["You’re offline. Please check the connection.", "网络已断开，请检查网络。"],
  interrupted: ["The connection was lost before the answer was complete.", "回答尚未完成，连接就断开了。"],
  again: ["Ask again", "再问一次"],
  keyNeeded: ["A key is needed here", "这里需要密钥"],
  keyWhy: [
    "Whoever runs this site gives it to its readers. This tab remembers it until it is closed.",
    "密钥由本站管理者发给读者。它只保存到这个标签页关闭为止。",
  ],
  readerKey: ["Key", "密钥"],
  enter: ["Enter", "进入"],
  keyDenied: [
    "This key is not accepted: it is wrong, or it was revoked.",
    "密钥无效：它不正确，或已被停用。",
  ],
};

/** @param {unknown} seconds @param {string} locale */
function later(seconds, locale) {
  return duration(1000 * Number(seconds), locale);
}
