/** Turns questions into a thread of answers: one question at a time, each after the last. */

import { QaAnswer } from "../answer/answer.js";
import { ask, Trouble } from "../ask.js";

/** @import { Exchange } from "../answer/answer.js" */
/** @import { Options } from "../ask.js" */

/** Messages of the conversation that travel with a question. */
const remembered = 6;

/** Sends `busy` when a question is begun or done with, and `change` when the thread is another. */
export class Conversation extends EventTarget {
  #thread;
  #chosen;
  /** The question being answered, if any. @type {AbortController | null} */
  #current = null;

  /**
   * @param {HTMLElement} thread where the answers stand
   * @param {() => Options} chosen how the reader wants questions to be asked
   */
  constructor(thread, chosen) {
    super();
    this.#thread = thread;
    this.#chosen = chosen;
    thread.addEventListener("ask", (event) => {
      const { question, options } = /** @type {CustomEvent} */ (event).detail;
      this.ask(question, options);
    });
  }

  /** Whether a question is being answered. */
  get busy() {
    return this.#current !== null;
  }

  /** @returns {QaAnswer[]} */
  get answers() {
    return [...this.#thread.children].filter((child) => child instanceof QaAnswer);
  }

  /** What was asked and answered to the end. @returns {Exchange[]} */
  get exchanges() {
    return this.answers.flatMap(({ exchange }) => exchange ?? []);
  }

  /**
   * Ask, unless a question is still being answered; say whether it is asked.
   *
   * @param {string} question
   * @param {Options} [options]
   */
  ask(question, options = this.#chosen()) {
    const asked = question.trim();
    if (this.busy || asked === "") return false;
    void this.#answer(asked, options);
    return true;
  }

  /** Give up the question being answered. */
  stop() {
    this.#current?.abort();
  }

  /** Tell again, in place of what is there, what was told before. @param {Exchange[]} exchanges */
  tell(exchanges) {
    this.stop();
    this.#thread.replaceChildren();
    for (const { question, options, events } of exchanges) {
      const answer = this.#begin(question, options);
      for (const event of events) answer.take(event);
    }
    this.dispatchEvent(new Event("change"));
  }

  /** @param {string} question @param {Options} options */
  #begin(question, options) {
    const answer = new QaAnswer();
    answer.begin(question, options);
    this.#thread.append(answer);
    return answer;
  }

  /** @param {string} question @param {Options} options */
  async #answer(question, options) {
    const controller = new AbortController();
    const history = this.answers.flatMap((earlier) => earlier.turns).slice(-remembered);
    const answer = this.#begin(question, options);
    answer.scrollIntoView({ block: "start" });
    this.#setCurrent(controller);
    try {
      for await (const event of ask(question, history, options, controller.signal)) {
        answer.take(event);
      }
    } catch (error) {
      if (controller.signal.aborted) answer.giveUp("stopped");
      else if (error instanceof Trouble) answer.giveUp(error.reason, error.detail);
      else {
        answer.giveUp("broken");
        throw error;
      }
    } finally {
      if (this.#current === controller) this.#setCurrent(null);
      this.dispatchEvent(new Event("change"));
    }
  }

  /** @param {AbortController | null} controller */
  #setCurrent(controller) {
    this.#current = controller;
    this.dispatchEvent(new Event("busy"));
  }
}
