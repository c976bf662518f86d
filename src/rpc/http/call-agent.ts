/** The connections to one program, of which the first stands already. */
import type { Socket } from "node:net";

import { PacedAgent, type PacedAgentOptions } from "./paced-agent.ts";

export class CallAgent extends PacedAgent {
  #first: Socket | undefined;

  /** @param first for the first who needs a connection */
  constructor(options: PacedAgentOptions, first?: Socket) {
    super(options);
    this.#first = first;
    // Nobody may ever need it, and until somebody does it must not keep the process alive.
    first?.unref();
    first?.once("error", ignore);
    first?.setTimeout(options.idleMs, () => first === this.#first && first.destroy());
  }

  override createConnection(options: { host?: string; port?: number }): Socket {
    const first = this.#first;
    this.#first = undefined;
    // The far side has closed it meanwhile, perhaps.
    if (first && first.writable && !first.destroyed) return first.ref();
    return super.createConnection(options);
  }

  override destroy(): void {
    this.#first?.destroy();
    super.destroy();
  }
}

/** It is not used then. */
function ignore(): void {}
