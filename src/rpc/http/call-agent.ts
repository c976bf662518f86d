/** The connections to one program: few, kept open between calls, closed before the far side might do so. */
import { Agent } from "node:http";
import { connect, type Socket } from "node:net";

import type { Clock } from "../../core/clock.ts";
import { formatHttpAddress, type TcpAddress } from "../address.ts";
import { connectTimeoutMs, unreachable } from "../open-socket.ts";

export interface CallAgentOptions {
  readonly address: TcpAddress;
  readonly clock: Clock;
  /** Open at once; who comes then waits for one. */
  readonly connectionsMax: number;
  /** How long an idle one is kept; 0: not at all. */
  readonly idleMs: number;
  /** A connection that stands already, for the first who needs one. */
  readonly first?: Socket;
}

export class CallAgent extends Agent {
  readonly #options: CallAgentOptions;
  #first: Socket | undefined;

  constructor(options: CallAgentOptions) {
    const { connectionsMax, idleMs, first } = options;
    super({
      keepAlive: idleMs > 0,
      maxSockets: connectionsMax,
      maxFreeSockets: connectionsMax,
      // Of idle connections only; while a call is on one, its deadline counts.
      ...(idleMs > 0 && { timeout: idleMs }),
      // The most recently used first: the others may rest, and close.
      scheduling: "lifo",
    });
    this.#options = options;
    this.#first = first;
    // Nobody may ever need it, and until somebody does it must not keep the process alive.
    first?.unref();
    first?.once("error", ignore);
    first?.setTimeout(idleMs, () => first === this.#first && first.destroy());
  }

  override createConnection(): Socket {
    const first = this.#first;
    this.#first = undefined;
    // The far side has closed it meanwhile, perhaps.
    if (first && first.writable && !first.destroyed) return first.ref();
    return this.#connect();
  }

  override destroy(): void {
    this.#first?.destroy();
    super.destroy();
  }

  #connect(): Socket {
    const { address, clock } = this.#options;
    const socket = connect({ host: address.host, port: address.port, noDelay: true });
    const timer = clock.after(
      connectTimeoutMs,
      () => {
        const rule = `no answer within ${connectTimeoutMs} ms`;
        socket.destroy(unreachable(formatHttpAddress(address), rule));
      },
      { background: true },
    );
    const over = () => timer.cancel();
    socket.once("connect", over);
    socket.once("close", over);
    return socket;
  }
}

/** It is not used then. */
function ignore(): void {}
