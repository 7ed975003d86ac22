/** Turns questions into a thread of answers: one question at a time, each after the last. */

import { QaAnswer } from "../answer/answer.js";
import { ask, Trouble } from "../ask.js";

/** @import { Again, Exchange } from "../answer/answer.js" */
/** @import { Options } from "../ask.js" */

/** Messages of the conversation that travel with a question. */
const remembered = 6;

/**
 * Sends `busy` when a question is begun or done with, `change` when the thread is another, and
 * `edited` when a question took the place of another.
 */
export class Conversation extends EventTarget {
  #thread;
  #chosen;
  /** The question being answered, if any. @type {AbortController | null} */
  #current = null;
  /** Asks again what was asked last, where that took a key. @type {(() => void) | null} */
  #locked = null;

  /**
   * @param {HTMLElement} thread where the answers stand
   * @param {() => Options} chosen how the reader wants questions to be asked
   */
  constructor(thread, chosen) {
    super();
    this.#thread = thread;
    this.#chosen = chosen;
    thread.addEventListener("ask", (event) => {
      const { detail, target } = /** @type {CustomEvent<Again>} */ (event);
      const answer = this.answers.find((one) => one === target);
      if (detail.edited) this.#replace(answer, detail);
      else this.ask(detail.question, detail.options, answer);
    });
    thread.addEventListener("said", () => this.dispatchEvent(new Event("change")));
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
   * @param {QaAnswer} [again] whose question it is: asked again, it follows what that followed
   */
  ask(question, options = this.#chosen(), again) {
    const asked = question.trim();
    if (this.busy || asked === "") return false;
    void this.#answer(asked, options, again);
    return true;
  }

  /** Ask again, in its place, what was last asked without the key that it takes. */
  unlock() {
    this.#locked?.();
  }

  /** Let the last question be edited. */
  edit() {
    this.answers.at(-1)?.edit();
  }

  /** @param {QaAnswer | undefined} answer @param {Again} again */
  #replace(answer, { question, options }) {
    if (this.busy) return;
    answer?.remove();
    this.ask(question, options);
    this.dispatchEvent(new Event("edited"));
  }

  /** Give up the question being answered. */
  stop() {
    this.#current?.abort();
  }

  /** Tell again, in place of what is there, what was told before. @param {Exchange[]} exchanges */
  tell(exchanges) {
    this.stop();
    this.#thread.replaceChildren();
    for (const { id, question, options, events, said } of exchanges) {
      const answer = new QaAnswer();
      try {
        answer.begin(question, options, id, said);
        for (const event of events) answer.take(event);
        this.#thread.append(answer);
      } catch {
        // An older page kept it in another form: what cannot be told again is left out.
      }
    }
    this.dispatchEvent(new Event("change"));
  }

  /** Forget what an article said that was withdrawn. @param {string} article @param {string} iso */
  withdraw(article, iso) {
    const forgot = this.answers.filter((answer) => answer.withdraw(article, iso));
    if (forgot.length > 0) this.dispatchEvent(new Event("change"));
  }

  /** @param {string} question @param {Options} options @param {QaAnswer} [again] */
  async #answer(question, options, again) {
    const controller = new AbortController();
    const answers = this.answers;
    const before = again ? answers.slice(0, answers.indexOf(again)) : answers;
    const history = before.flatMap((earlier) => earlier.turns).slice(-remembered);
    const answer = new QaAnswer();
    answer.begin(question, options);
    this.#locked = null;
    this.#thread.append(answer);
    answer.scrollIntoView({ block: "start" });
    this.#setCurrent(controller);
    try {
      for await (const event of ask(question, history, options, controller.signal)) {
        answer.take(event);
      }
    } catch (error) {
      if (controller.signal.aborted) answer.giveUp("stopped");
      else if (error instanceof Trouble) {
        const locked = error.reason === "locked";
        // What is wrong with the key is said where it is asked for.
        answer.giveUp(error.reason, locked ? "" : error.detail, error.about);
        if (locked) {
          this.#locked = () => {
            answer.remove();
            this.ask(question, options, again);
          };
        }
      } else {
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
    for (const answer of this.answers) answer.held = this.busy;
    this.dispatchEvent(new Event("busy"));
  }
}
