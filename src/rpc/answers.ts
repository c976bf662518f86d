/** What a caller holds of a stream of answers, from before its call is made. */
import { ReefError } from "../core/errors.ts";
import type { ClientCall } from "./client-call.ts";

/**
 * The answers of a stream. The call is made when the first of them is asked for: a stream nobody reads costs nothing.
 */
export class Answers implements AsyncIterableIterator<unknown> {
  readonly #open: (onCall: (call: ClientCall) => void) => Promise<AsyncIterable<unknown>>;
  #call: ClientCall | undefined;
  #opening: Promise<AsyncIterator<unknown>> | undefined;
  #answers: AsyncIterator<unknown> | undefined;
  #left = false;

  constructor(open: (onCall: (call: ClientCall) => void) => Promise<AsyncIterable<unknown>>) {
    this.#open = open;
  }

  next(): Promise<IteratorResult<unknown>> {
    // Once it runs, nothing of ours stands between the reader and the stream.
    return this.#answers && !this.#left ? this.#answers.next() : this.#first();
  }

  async #first(): Promise<IteratorResult<unknown>> {
    if (this.#left) return { value: undefined, done: true };
    try {
      this.#opening ??= this.#begin();
      this.#answers = await this.#opening;
    } catch (error) {
      // As with any iteration, the error comes once.
      this.#left = true;
      throw error;
    }
    return this.#answers.next();
  }

  async #begin(): Promise<AsyncIterator<unknown>> {
    const answers = await this.#open((call) => (this.#call = call));
    return answers[Symbol.asyncIterator]();
  }

  async return(): Promise<IteratorResult<unknown>> {
    this.#left = true;
    // Whether the far side has accepted is not waited for.
    if (!this.#answers) this.#call?.abort(new ReefError("cancelled", "The reader has left"));
    const iterator = await this.#opening?.catch(failedBefore);
    await iterator?.return?.();
    return { value: undefined, done: true };
  }

  [Symbol.asyncIterator](): this {
    return this;
  }
}

/** Whoever asked for the first answer got the error; leaving afterwards is no second failure. */
function failedBefore(_error: ReefError): undefined {
  return undefined;
}
