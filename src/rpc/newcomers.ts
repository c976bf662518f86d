/**
 * New connections of a port, let in a few at a time. Node accepts at once all that have come, and each brings work: a
 * parser, and a request of somebody who was not seen before. Whoever opens thousands a second would have all of it done
 * before a call on a connection that is open; so they wait for each other, a part of them in each turn of the event
 * loop.
 */
import type { Socket } from "node:net";

/**
 * Of those who wait: a few come in one by one, and a thousand honest ones who return at the same time are all in after
 * fifty turns.
 */
const share = 1 / 8;

export class Newcomers {
  /** In the order in which they came. The port limits how many there are. */
  readonly #waiting: Socket[] = [];
  readonly #letIn: (socket: Socket) => void;

  constructor(letIn: (socket: Socket) => void) {
    this.#letIn = letIn;
  }

  /** One of which nothing is read yet. */
  add(socket: Socket): void {
    if (this.#waiting.push(socket) === 1) this.#letInSoon();
  }

  /** Those who wait are let go. */
  close(): void {
    for (const socket of this.#waiting.splice(0)) socket.destroy();
  }

  #letInSoon(): void {
    setImmediate(() => {
      for (const socket of this.#waiting.splice(0, Math.ceil(this.#waiting.length * share))) {
        this.#letIn(socket);
      }
      if (this.#waiting.length > 0) this.#letInSoon();
    });
  }
}
