/** Looks after the client of a WebSocket, once for each sweep: is it there, and does it get on with what it began? */
import type { Socket } from "node:net";
import type { WebSocket } from "ws";
import type { Clock } from "../../core/clock.ts";
import { ReefError } from "../../core/errors.ts";
import { refusal } from "../../rpc/http/problem.ts";
import type { GatewayLimits } from "./limits.ts";
import type { SocketInputs } from "./socket-inputs.ts";
import { keepAliveMs } from "./stream-answer.ts";

export interface SocketWatchOptions {
  readonly webSocket: WebSocket;
  readonly socket: Socket;
  readonly inputs: SocketInputs;
  readonly refuse: (reason: ReefError) => void;
  readonly clock: Clock;
  readonly limits: GatewayLimits;
}

export class SocketWatch {
  readonly #options: SocketWatchOptions;
  /** The last ping, and what had been read then. */
  #pingedMs: number;
  #readBytes: number | undefined;
  /** The message that is not complete, and since when. */
  #begun: { readonly message: number; readonly sinceMs: number } | undefined;
  readonly #openedMs: number;

  constructor(options: SocketWatchOptions) {
    this.#options = options;
    this.#openedMs = options.clock.monotonicMs();
    this.#pingedMs = this.#openedMs;
  }

  check(): void {
    const { webSocket, clock, refuse } = this.#options;
    if (webSocket.readyState !== webSocket.OPEN) {
      // It said so, and keeps the connection all the same.
      return refuse(new ReefError("cancelled", "The client has left"));
    }
    const nowMs = clock.monotonicMs();
    this.#checkMessage(nowMs);
    if (nowMs - this.#pingedMs >= keepAliveMs) this.#ping(nowMs);
  }

  #checkMessage(nowMs: number): void {
    const { webSocket, inputs, limits, refuse } = this.#options;
    if (!inputs.unfinished || webSocket.isPaused) {
      this.#begun = undefined;
      const late = inputs.missing && nowMs - this.#openedMs >= limits.bodyIdleMs;
      if (late) refuse(refusal("body_timeout", "Cannot wait for the first message any longer"));
    } else if (this.#begun?.message !== inputs.count) {
      this.#begun = { message: inputs.count, sinceMs: nowMs };
    } else if (nowMs - this.#begun.sinceMs >= limits.requestTimeoutMs) {
      const text = `Cannot wait for a message: the limit is ${limits.requestTimeoutMs} ms`;
      refuse(refusal("request_timeout", text));
    }
  }

  /** A client that has sent nothing at all since the last ping, not even the answer to it, is gone. */
  #ping(nowMs: number): void {
    const { webSocket, socket } = this.#options;
    // While we do not read, it is not the client that is silent.
    if (socket.bytesRead === this.#readBytes && !webSocket.isPaused) return webSocket.terminate();
    this.#pingedMs = nowMs;
    this.#readBytes = socket.bytesRead;
    // Behind what a reader has not taken it would come too late, and cost memory.
    if (socket.writableNeedDrain) this.#readBytes = undefined;
    else webSocket.ping();
  }
}
