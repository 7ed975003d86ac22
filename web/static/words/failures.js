/** Turns why a language model failed into words: in English and in Chinese. */

/** @import { Failure } from "../ask.js" */

/**
 * Why a language model did not write an answer, or not to the end: in English and in Chinese.
 *
 * @type {Record<Failure, [string, string]>}
 */
const reasons = {
  unreachable: ["its endpoint could not be reached", "无法连接其服务"],
  unauthorized: ["its endpoint did not accept the key", "其服务不接受所用的密钥"],
  no_such_model: [
    "its endpoint does not know it, or is not at this address",
    "其服务没有这个模型，或服务地址有误",
  ],
  rate_limited: ["its endpoint takes no more requests for now", "其服务目前请求过多"],
  refused: ["its endpoint refused the request", "其服务拒绝了请求"],
  timeout: ["it took too long", "用时过长"],
  interrupted: ["its answer broke off", "回答中途断开"],
  unreadable: ["its answer could not be read", "无法读取它的回答"],
  length: ["its answer grew too long", "回答过长"],
  content_filter: [
    "its endpoint withheld the answer, or the rest of it",
    "其服务没有放出回答，或没有放出其余部分",
  ],
  empty: ["it wrote nothing", "什么也没有写"],
  ungrounded: [
    "nothing it wrote is borne out by the sentences it cites",
    "所写的内容在所引原文中都没有依据",
  ],
};

/** @param {unknown} failure */
export function failures(failure) {
  return reasons[/** @type {Failure} */ (failure)];
}
