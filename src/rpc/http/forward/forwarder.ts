/**
 * Passes HTTP requests on to programs as they are: bodies stream both ways, a slow reader slows its writer, and while a
 * program is being replaced its requests wait.
 */
import type { IncomingMessage, ServerResponse } from "node:http";
import type { Duplex } from "node:stream";

import { type Clock, sleep, systemClock } from "../../../core/clock.ts";
import { ReefError } from "../../../core/errors.ts";
import type { NodeCache } from "../../node-cache.ts";
import { PacedAgent } from "../paced-agent.ts";
import { refusal } from "../problem.ts";
import { type Place, Places, type Target } from "./find-place.ts";
import type { Entered } from "./headers.ts";
import { type ForwardLimits, forwardLimits } from "./limits.ts";
import { hasBody, passOn, type Passed, tooLarge } from "./pass-on.ts";
import { passSocketOn } from "./pass-socket-on.ts";

export interface ForwarderOptions {
  readonly cache: NodeCache;
  /** What differs from `forwardLimits`. @default {} */
  readonly limits?: Partial<ForwardLimits>;
  /** @default systemClock */
  readonly clock?: Clock;
}

/** One request on its way. */
export interface Forwarding extends Entered {
  readonly target: Target;
  readonly request: IncomingMessage;
  /** Path and query for the program. */
  readonly path: string;
  /** Fires when the client has left, or nobody wants to wait any longer. */
  readonly signal: AbortSignal;
  /** Called before the first byte of an answer to an upgrade: from then on the socket is the program's. */
  readonly taken?: () => void;
  /** Names and values in turn, for the answer. @default [] */
  readonly headers?: readonly string[];
}

/** A request that changes nothing may be sent again when its connection broke; but not for ever. */
const attemptsMax = 3;

export class Forwarder implements AsyncDisposable {
  readonly #places: Places;
  readonly #limits: ForwardLimits;
  readonly #clock: Clock;
  readonly #agent: PacedAgent;
  #sockets = 0;

  constructor({ cache, limits, clock = systemClock }: ForwarderOptions) {
    this.#limits = { ...forwardLimits, ...limits };
    this.#clock = clock;
    this.#places = new Places(cache, this.#limits, clock);
    const { connectionsMax, idleMs } = this.#limits;
    this.#agent = new PacedAgent({ clock, connectionsMax, idleMs });
  }

  /**
   * Answers with what the program answers; settles when all of it is out.
   * @throws {ReefError} as long as nothing of the answer has left: what `Places.find` throws, `body_too_large`, and
   *   `unavailable` when the program broke off; afterwards the answer is cut off instead
   */
  async forward(one: Forwarding, response: ServerResponse): Promise<void> {
    const { request } = one;
    const { bodyBytesMax } = this.#limits;
    if (Number(request.headers["content-length"]) > bodyBytesMax) throw tooLarge(bodyBytesMax);
    const options = { agent: this.#agent, limits: this.#limits, clock: this.#clock };
    await this.#tryPlaces(one, (place, attempt) => {
      const last = attempt >= attemptsMax || !repeatable(request);
      return passOn(one, response, { ...options, place, last });
    });
  }

  /**
   * Connects a WebSocket with the program, for a request that `asksForWebSocket`; settles when it is over.
   * @throws {ReefError} as `forward`, and `resource_exhausted` beyond `socketsMax`
   */
  async upgrade(one: Forwarding, socket: Duplex, head: Buffer): Promise<void> {
    const { socketsMax } = this.#limits;
    if (this.#sockets >= socketsMax) throw tooManySockets(socketsMax);
    this.#sockets += 1;
    try {
      const options = { limits: this.#limits, clock: this.#clock };
      await this.#tryPlaces(one, (place) => passSocketOn(one, socket, { ...options, head, place }));
    } finally {
      this.#sockets -= 1;
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#agent.destroy();
  }

  /** Until one takes it: what never reached a program is tried again, there or elsewhere. */
  async #tryPlaces(
    { target, signal }: Forwarding,
    send: (place: Place, attempt: number) => Promise<Passed>,
  ): Promise<void> {
    const endsAtMs = this.#places.deadline();
    for (let attempt = 1; ;) {
      // oxlint-disable-next-line no-await-in-loop -- one place after the other
      const place = await this.#places.find(target, endsAtMs, signal);
      // oxlint-disable-next-line no-await-in-loop
      const passed = await send(place, attempt);
      if (passed === "answered") return;
      if (passed === "refused") place.refused();
      if (passed !== "lost") continue;
      attempt += 1;
      // oxlint-disable-next-line no-await-in-loop
      await sleep(this.#limits.lostPauseMs, { clock: this.#clock, signal });
    }
  }
}

/** RFC 9110, 9.2.1: it asks for nothing to be changed. With a body it could not be sent twice. */
function repeatable(request: IncomingMessage): boolean {
  const { method = "" } = request;
  return !hasBody(request) && (method === "GET" || method === "HEAD" || method === "OPTIONS");
}

function tooManySockets(socketsMax: number): ReefError {
  return refusal(
    "too_many_requests",
    `Cannot open another WebSocket: the limit is ${socketsMax} at once; try again`,
  );
}
