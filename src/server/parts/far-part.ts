/**
 * A part that runs in a process of its own: the way to it, whether it is there, and what to type when it is not.
 *
 * Calls connect by themselves, and again after a loss: they do not wait for the look-out below, which is for the parts
 * that need this one to begin, for `reef status` and for whoever reads the log.
 */
import { sleep } from "../../core/clock.ts";
import { DeadlineSweep } from "../../core/deadline.ts";
import { type Code, ReefError } from "../../core/errors.ts";
import type { CredentialSource } from "../../core/identity.ts";
import type { Logger } from "../../core/log.ts";
import { createAddressRoute } from "../../rpc/address-route.ts";
import { type Client, createClient } from "../../rpc/client.ts";
import { ConnectionPool } from "../../rpc/connection-pool.ts";
import { openConnection } from "../../rpc/wire/connect.ts";
import type { Transport } from "../../rpc/transport.ts";
import type { ChildContext } from "../../supervisor/child.ts";
import { PartContract } from "../part-contract.ts";
import type { Connect } from "./connect-each.ts";
import { fired, type Part } from "./part.ts";

export interface FarPartOptions {
  readonly name: string;
  /** The socket that its process listens on. */
  readonly address: string;
  /** What starts it: `reef service store`. */
  readonly command: string;
  /** A platform without it is of no use: that it is missed is said at once. */
  readonly needed: boolean;
  /** Who this process is there. */
  readonly credentials: CredentialSource;
  readonly log: Logger;
}

/** What its process says about itself. */
type FarStatus = Awaited<ReturnType<Client<typeof PartContract>["status"]>>;

/** Nobody is there, or it is another program, or one that has been stopped by SIGSTOP. */
const silence: ReadonlySet<Code> = new Set(["unavailable", "not_found", "deadline_exceeded"]);

/** Between two looks: what has just been started is used within a second. */
const lookEveryMs = 200;

/** A process that does not say who it is by then is not waited for. */
const statusTimeoutMs = 500;

/** As long as timers of JavaScript go: it may be started next week. */
const readyTimeoutMs = 2 ** 31 - 1;

export class FarPart implements AsyncDisposable {
  readonly #options: FarPartOptions;
  readonly #owned = new AsyncDisposableStack();
  readonly #deadlines = new DeadlineSweep();
  readonly #status: Client<typeof PartContract>;
  /** It was there since this platform was started. */
  #seen = false;
  #isThere = false;

  constructor(options: FarPartOptions) {
    this.#options = options;
    this.#status = this.connect()(PartContract, "reef");
  }

  get name(): string {
    return this.#options.name;
  }

  get isThere(): boolean {
    return this.#isThere;
  }

  /** What it is while it is not there: left out, if nobody misses it. */
  get missing(): "away" | "left-out" {
    return this.#seen || this.#options.needed ? "away" : "left-out";
  }

  /** Why calls fail while it is not there, and what to do. */
  get absence(): string {
    const { name, command } = this.#options;
    return `Cannot reach the ${name}: its process does not run; start it with "${command}"`;
  }

  /** A connection of its own; what it returns makes clients that share it. */
  connect(): Connect {
    const { credentials } = this.#options;
    const pool = this.#owned.use(
      new ConnectionPool((address, signal) => openConnection(address, { credentials, signal })),
    );
    const route = createAddressRoute(this.#options.address, pool, {
      unreachable: (cause) => this.#away(cause),
    });
    const deadlines = this.#deadlines;
    return (contract, namespace) => createClient(contract, { route, deadlines, namespace });
  }

  /** What its process says about itself; undefined when nobody answers in time. */
  async status(): Promise<FarStatus | undefined> {
    try {
      return await this.#status.status({}, { timeoutMs: statusTimeoutMs });
    } catch (error) {
      const { code } = ReefError.from(error);
      if (!silence.has(code)) throw error;
      return undefined;
    }
  }

  /** The part as a child: ready as long as it is there. */
  child(): Part {
    return {
      name: this.#options.name,
      dependsOn: [],
      far: this,
      run: (context) => this.#lookOut(context),
      readyTimeoutMs,
      // A loss is no fault of a child here: it is looked for again as soon as it is lost, however often.
      failures: { threshold: Infinity, restartDelayMsMax: lookEveryMs },
    };
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#owned.disposeAsync();
  }

  async #lookOut({ signal, ready }: ChildContext): Promise<void> {
    const { name, command, log } = this.#options;
    const connection = await this.#find(signal).catch((error: unknown) => {
      if (!signal.aborted) throw error;
      return undefined;
    });
    if (!connection) return;
    await using open = connection;
    this.#seen = true;
    this.#isThere = true;
    const status = await this.status();
    log.info(`Found the ${name}`, { ...(status && { pid: status.pid }) });
    ready();
    await Promise.race([open.ended, fired(signal)]);
    this.#isThere = false;
    if (signal.aborted) return;
    log.warn(`Lost the ${name}; start it again with "${command}"`);
    throw this.#away();
  }

  /** A connection that is only held: its end is how one knows. */
  async #find(signal: AbortSignal): Promise<Transport> {
    const { name, address, command, needed, log } = this.#options;
    let isTold = this.#seen || !needed;
    for (;;) {
      try {
        return await openConnection(address, { signal, background: true });
      } catch (error) {
        if (ReefError.from(error).code !== "unavailable") throw error;
      }
      if (!isTold) log.info(`Waiting for the ${name}; start it with "${command}"`);
      isTold = true;
      await sleep(lookEveryMs, { signal });
    }
  }

  #away(cause?: ReefError): ReefError {
    return new ReefError("unavailable", this.absence, { cause, maybeExecuted: false });
  }
}
