/** Words of the operator's page, which it alone loads: in English and in Chinese. */

import { dotted, moment, number } from "./format.js";

/** @import { About, Words } from "../i18n.js" */

/** @type {Intl.DateTimeFormatOptions} */
const hour = { timeStyle: "short" };

/** @param {unknown} count @param {string} one @param {string} many */
function counted(count, one, many) {
  return `${number(count, "en")} ${Number(count) === 1 ? one : many}`;
}

/** A stretch of time in the unit that says enough. @param {unknown} seconds @param {string} locale */
function span(seconds, locale) {
  const minutes = Number(seconds) / 60;
  const [value, unit] =
    minutes < 1.5 ? [Number(seconds), "second"] : minutes < 90 ? [minutes, "minute"] : [minutes / 60, "hour"];
  const options = { unit, unitDisplay: /** @type {const} */ ("long"), maximumFractionDigits: 0 };
  return new Intl.NumberFormat(locale, { style: "unit", ...options }).format(value);
}

/** @param {About} about what became of the articles of one file or address */
function fateInEnglish({ added, updated, unchanged, refused }) {
  return (
    dotted(
      added && `${number(added, "en")} added`,
      updated && `${number(updated, "en")} changed`,
      unchanged && `${number(unchanged, "en")} known already`,
      refused && `${number(refused, "en")} refused`,
    ) || "Nothing new in it"
  );
}

/** @param {About} about */
function fateInChinese({ added, updated, unchanged, refused }) {
  const one = (/** @type {unknown} */ count) => number(count, "zh-CN");
  return (
    dotted(
      added && `新增 ${one(added)} 篇`,
      updated && `更新 ${one(updated)} 篇`,
      unchanged && `已有 ${one(unchanged)} 篇`,
      refused && `拒收 ${one(refused)} 篇`,
    ) || "没有新内容"
  );
}

/** @satisfies {Words} */
export const operating = {
  operatorTitle: ["Operator · newsqa", "管理 · newsqa"],
  operatorHeading: ["Operator’s desk", "管理"],
  toPage: ["To the page readers see", "前往读者页面"],
  skipToDesk: ["Skip to the content", "跳到正文"],

  key: ["Operator’s key", "管理密钥"],
  entryWhy: [
    "What is done here changes what everybody is answered from. It takes the key this server was started with.",
    "这里的操作会改变所有人得到的回答，需要输入启动服务器时设置的密钥。",
  ],
  showKey: ["Show", "显示"],
  unlock: ["Unlock", "解锁"],
  lock: ["Lock", "锁定"],
  denied: ["This is not the key.", "密钥不正确。"],
  deniedNow: [
    "The server no longer accepts this key. Unlock again to go on; nothing on this page is lost.",
    "服务器不再接受原来的密钥。重新解锁即可继续，本页内容不会丢失。",
  ],
  operatorOff: [
    "This server has no operator’s key any more, and so no operator’s page.",
    "服务器已不再设置管理密钥，因此没有管理页面。",
  ],

  standing: ["What is held", "收录概况"],
  articleCount: ["Articles", "文章"],
  passageCount: ["Passages", "段落"],
  modelName: ["Model", "模型"],
  rebuilt: ["Index built", "索引建于"],
  newestTaken: ["Last article taken", "最近收录"],
  figure: [({ value }) => number(value, "en"), ({ value }) => number(value, "zh-CN")],
  instant: [({ iso }) => moment(iso, "en-GB", hour), ({ iso }) => moment(iso, "zh-CN", hour)],
  never: ["not yet", "尚无"],
  serverSays: [({ detail }) => `The server says: ${detail}`, ({ detail }) => `服务器返回：${detail}`],
  noAnswers: [
    ({ detail }) => `Questions can’t be answered at the moment: ${detail}`,
    ({ detail }) => `目前无法回答问题：${detail}`,
  ],

  refusals: ["Refused", "拒收记录"],
  noRefusals: ["Nothing was refused.", "没有被拒收的文件。"],
  refusalsWhy: [
    ({ count }) =>
      `${counted(count, "file or address", "files or addresses")} could not be read the last time. ` +
      "Each is tried again when it changes.",
    ({ count }) => `有 ${number(count, "zh-CN")} 个文件或地址上次未能读取，内容变化后会再试。`,
  ],
  refusalsShown: [
    ({ count, shown }) =>
      `${counted(count, "file or address", "files or addresses")} could not be read the last time; ` +
      `these are the newest ${number(shown, "en")}. Each is tried again when it changes.`,
    ({ count, shown }) =>
      `有 ${number(count, "zh-CN")} 个文件或地址上次未能读取，这里列出最近 ${number(shown, "zh-CN")} 个，内容变化后会再试。`,
  ],
  moreRefusals: [
    ({ count }) => `${number(count, "en")} more`,
    ({ count }) => `另外 ${number(count, "zh-CN")} 个`,
  ],

  adding: ["Add articles", "添加文章"],
  dropFiles: ["Drop files or folders here, or choose files", "把文件或文件夹拖到这里，或点此选择文件"],
  fileKinds: [
    "Markdown, web pages, plain text, JSON, feeds, and zip or gzip of these, up to 10 MB each",
    "Markdown、网页、纯文本、JSON、订阅源，以及它们的 zip 或 gzip 压缩包，每个不超过 10 MB",
  ],
  address: ["Or the address of a page or feed", "或填写网页或订阅源的地址"],
  addAddress: ["Add", "添加"],
  alsoLinked: ["Of a feed, also the articles it links to", "如果是订阅源，也添加其中链接的文章"],

  tally: [
    ({ over, all }) => `${number(over, "en")} of ${number(all, "en")} finished`,
    ({ over, all }) => `已完成 ${number(over, "zh-CN")} / ${number(all, "zh-CN")}`,
  ],
  pause: ["Stop after this one", "完成当前项后停止"],
  goOn: [
    ({ count }) => `Send the rest (${number(count, "en")})`,
    ({ count }) => `继续发送其余 ${number(count, "zh-CN")} 项`,
  ],
  clearList: ["Clear the list", "清空列表"],
  sendingBegun: [
    ({ count }) => `${counted(count, "item is", "items are")} being sent.`,
    ({ count }) => `正在发送 ${number(count, "zh-CN")} 项。`,
  ],
  rested: [
    (about) => `${counted(about.all, "item", "items")} sent: ${fateInEnglish(about)}` +
      `${about.failed ? `. ${counted(about.failed, "item", "items")} failed` : ""}.`,
    (about) => `已发送 ${number(about.all, "zh-CN")} 项：${fateInChinese(about)}` +
      `${about.failed ? `；${number(about.failed, "zh-CN")} 项失败` : ""}。`,
  ],
  paused: [
    ({ count }) => `Stopped. ${counted(count, "item waits", "items wait")}.`,
    ({ count }) => `已停止，还有 ${number(count, "zh-CN")} 项等待发送。`,
  ],

  waiting: ["Waiting", "等待中"],
  sending: ["Sending…", "正在发送……"],
  fetching: ["Fetching…", "正在读取……"],
  taking: [
    ({ count }) => (count ? `Taking the articles: ${number(count, "en")} so far` : "Taking the articles…"),
    ({ count }) => (count ? `正在收录，已完成 ${number(count, "zh-CN")} 篇` : "正在收录……"),
  ],
  fate: [fateInEnglish, fateInChinese],
  notTaken: ["Refused", "已拒收"],
  lost: [
    "The connection was lost. Part of it may have been taken; sending it again does no harm.",
    "连接中断。可能已收录一部分，再次发送不会重复。",
  ],
  notNow: ["The server could not take it now.", "服务器暂时无法收录。"],
  unreadable: ["The browser can’t read this file any more.", "浏览器已无法读取这个文件。"],
  tryAgain: ["Try again", "重试"],
  notSent: [
    ({ count }) => `${counted(count, "file was", "files were")} not sent`,
    ({ count }) => `${number(count, "zh-CN")} 个文件没有发送`,
  ],
  wrongKind: ["No kind of file that holds articles", "不是可收录的文件类型"],
  tooLarge: ["Larger than 10 MB: split it, or use `newsqa add`", "超过 10 MB：请拆分，或用 newsqa add 添加"],
  nothingIn: ["Empty", "空文件"],
  refusedIn: [
    ({ count }) => `${number(count, "en")} refused`,
    ({ count }) => `拒收 ${number(count, "zh-CN")} 篇`,
  ],
  remarks: [
    ({ count }) => counted(count, "remark", "remarks"),
    ({ count }) => `${number(count, "zh-CN")} 条提示`,
  ],

  rebuildHeading: ["Rebuild the index", "重建索引"],
  rebuildWhy: [
    "Makes the index anew from all articles. Questions go on being answered by the old one until the new one takes its place; articles sent meanwhile are taken when it is done.",
    "用全部文章重新建立索引。完成之前，问题仍由原有索引回答；其间发送的文章会在完成后收录。",
  ],
  rebuild: ["Rebuild", "重建"],
  pace: [
    ({ finished, total, rate, left }) =>
      dotted(
        `${number(finished, "en")} of ${number(total, "en")}`,
        rate && `${number(rate, "en")} a second`,
        left && `about ${span(left, "en")} left`,
      ),
    ({ finished, total, rate, left }) =>
      dotted(
        `${number(finished, "zh-CN")} / ${number(total, "zh-CN")}`,
        rate && `每秒 ${number(rate, "zh-CN")} 篇`,
        left && `约剩${span(left, "zh-CN")}`,
      ),
  ],
  finishing: ["Putting the new index in place…", "正在换上新索引……"],
  rebuildRuns: ["Rebuilding.", "正在重建。"],
  rebuildDone: [
    ({ iso }) => `Rebuilt. The new index answers since ${moment(iso, "en-GB", hour)}.`,
    ({ iso }) => `重建完成，新索引自 ${moment(iso, "zh-CN", hour)} 起使用。`,
  ],
  rebuildFailed: [
    ({ detail }) => `The rebuild failed: ${detail}. The old index goes on answering.`,
    ({ detail }) => `重建失败：${detail}。仍由原有索引回答。`,
  ],
  rebuildLost: [
    "The server was restarted in the middle. The old index goes on answering; rebuild once more.",
    "重建期间服务器重新启动，仍由原有索引回答，请再次重建。",
  ],
  reconnecting: [
    "The server can’t be reached. Trying again…",
    "无法连接服务器，正在重试……",
  ],

  withdrawHeading: ["Withdraw an article", "撤回文章"],
  withdrawId: ["Its id, or its address on this server", "文章编号，或它在本站的地址"],
  withdraw: ["Withdraw…", "撤回"],
  withdrawQuestion: [({ title }) => `Withdraw “${title}”?`, ({ title }) => `撤回《${title}》？`],
  withdrawMeans: [
    "All its versions are erased, and no answer cites it any more. This cannot be undone.",
    "它的所有版本都会被删除，此后任何回答都不再引用它。此操作无法撤销。",
  ],
  keepIt: ["Keep it", "保留"],
  withdrawForGood: ["Withdraw it", "撤回"],
  withdrawn: [({ title }) => `“${title}” was withdrawn.`, ({ title }) => `《${title}》已撤回。`],
};
