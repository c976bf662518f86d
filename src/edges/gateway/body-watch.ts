/** Looks after a client while its body comes, once for each sweep: does it get on, and does it come to an end? */
import type { IncomingMessage } from "node:http";
import type { Clock } from "../../core/clock.ts";
import type { ReefError } from "../../core/errors.ts";
import { refusal } from "../../rpc/http/problem.ts";
import type { GatewayLimits } from "./limits.ts";
import type { LineInputs } from "./line-inputs.ts";

export interface BodyWatchOptions {
  readonly request: IncomingMessage;
  /** The body, when it is a stream of inputs: it may last, and must not stop. */
  readonly lines: LineInputs | undefined;
  readonly refuse: (reason: ReefError) => void;
  readonly clock: Clock;
  readonly limits: GatewayLimits;
}

export class BodyWatch {
  readonly #options: BodyWatchOptions;
  readonly #begunMs: number;
  /** What the socket had brought at the last look, and since when there was no more. */
  #bytes: number;
  #sinceMs: number;

  constructor(options: BodyWatchOptions) {
    this.#options = options;
    this.#begunMs = options.clock.monotonicMs();
    this.#sinceMs = this.#begunMs;
    this.#bytes = options.request.socket.bytesRead;
  }

  check(): void {
    const { request, lines, refuse, clock, limits } = this.#options;
    if (request.complete) return;
    const nowMs = clock.monotonicMs();
    const { bytesRead } = request.socket;
    // While the method takes none of its inputs, it is not the client that is late.
    if (bytesRead > this.#bytes || lines?.waiting === false) this.#sinceMs = nowMs;
    this.#bytes = bytesRead;
    const idleMs = lines ? limits.inputIdleMs : limits.bodyIdleMs;
    if (nowMs - this.#sinceMs >= idleMs) {
      refuse(late("body_timeout", `nothing came for ${idleMs} ms`));
    } else if (!lines && nowMs - this.#begunMs >= limits.requestTimeoutMs) {
      refuse(late("request_timeout", `the limit is ${limits.requestTimeoutMs} ms`));
    }
  }
}

function late(kind: "body_timeout" | "request_timeout", rule: string): ReefError {
  return refusal(kind, `Cannot wait for the body: ${rule}`);
}
