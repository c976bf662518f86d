/**
 * The public ports of programs that do not know reef. The port belongs to the platform and its process gets a private
 * one: so the port never changes, and while the process is being replaced, requests wait.
 *
 * A node says its port in its metadata. Its port is held from then on until nobody expects the service any more.
 */
import type { Node, Registry } from "../../blocks/registry/index.ts";
import { publicPortKey } from "../../blocks/runtime/index.ts";
import { backoffMs } from "../../core/backoff.ts";
import { type Clock, sleep, systemClock, type Timer } from "../../core/clock.ts";
import { ReefError } from "../../core/errors.ts";
import { createLogger, type Logger } from "../../core/log.ts";
import { callContext } from "../../rpc/context.ts";
import type { Doorkeeper } from "../../rpc/doorkeeper.ts";
import type { Forwarder } from "../../rpc/http/forward/forwarder.ts";
import type { NodeCache } from "../../rpc/node-cache.ts";
import { type PortLimits, portLimits } from "./limits.ts";
import type { PublicPort } from "./public-port.ts";

export interface PortsOptions {
  readonly registry: Registry;
  /** Of the same registry. */
  readonly cache: NodeCache;
  /** With the first port: says who may come to them. @default everybody may */
  readonly openDoorkeeper?: (() => Promise<Doorkeeper>) | undefined;
  /** The address that ports are opened on. @default "127.0.0.1" */
  readonly host?: string;
  /** Names by which clients may call them, beside the loopback names. @default [] */
  readonly hosts?: readonly string[];
  /** What differs from `portLimits`. @default {} */
  readonly limits?: Partial<PortLimits>;
  /** @default lines on standard output */
  readonly log?: Logger;
  /** @default systemClock */
  readonly clock?: Clock;
}

/** Starts to hold ports. Disposing it gives them all up. */
export function openPorts(options: PortsOptions): AsyncDisposable {
  return new Ports(options);
}

interface Held {
  readonly namespace: string;
  readonly service: string;
  readonly port: number;
  listener: PublicPort | undefined;
  /** Why it does not listen, as it was told last. */
  failure: string | undefined;
  /** Nobody expected it when it was last looked for; the cache may only be a moment behind. */
  missed: boolean;
}

class Ports implements AsyncDisposable {
  readonly #options: PortsOptions;
  readonly #limits: PortLimits;
  readonly #clock: Clock;
  readonly #log: Logger;
  /** Opened with the first port. */
  #forwarder: Forwarder | undefined;
  #doorkeeper: Doorkeeper | undefined;
  /** By namespace and service. */
  readonly #held = new Map<string, Held>();
  readonly #stop = new AbortController();
  readonly #watched: Promise<void>;
  #sweep: Timer | undefined;
  /** What opens and closes ports, one after the other: a port must be closed before another service opens it. */
  #turn: Promise<void> = Promise.resolve();

  constructor(options: PortsOptions) {
    const { clock = systemClock, log = createLogger() } = options;
    this.#options = options;
    this.#limits = { ...portLimits, ...options.limits };
    this.#clock = clock;
    this.#log = log;
    this.#watched = callContext.exit(() => this.#watch());
    this.#sweepLater();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stop.abort(new ReefError("cancelled", "The platform stops"));
    this.#sweep?.cancel();
    await this.#watched;
    this.#inTurn(async () => {
      await Promise.all([...this.#held.values()].map((held) => this.#close(held)));
    });
    await this.#turn;
    await this.#forwarder?.[Symbol.asyncDispose]();
  }

  /** Over every break of the watch: the next one tells the present again. */
  async #watch(): Promise<void> {
    const { signal } = this.#stop;
    for (let failures = 0; !signal.aborted;) {
      try {
        for await (const event of this.#options.registry.watch({ signal })) {
          failures = 0;
          if (event.kind === "node") this.#meet(event.node);
        }
      } catch (error) {
        if (!signal.aborted) this.#log.warn("Ports are not watched for a moment", { error });
      }
      failures += 1;
      const delayMs = backoffMs(failures);
      // oxlint-disable-next-line no-await-in-loop -- between two watches
      await sleep(delayMs, { clock: this.#clock, signal, background: true }).catch(ignore);
    }
  }

  #meet({ namespace, service, metadata }: Node): void {
    const port = Number(metadata[publicPortKey]);
    if (!Number.isInteger(port) || port < 1 || port > 65_535) return;
    const key = `${namespace}/${service}`;
    this.#inTurn(async () => {
      const held = this.#held.get(key);
      if (held?.port === port) return;
      if (held) await this.#close(held);
      if (this.#held.size >= this.#limits.portsMax) {
        this.#log.error(`Cannot hold port ${port}: the limit is ${this.#limits.portsMax} ports`);
        return;
      }
      const wanted = { namespace, service, port, listener: undefined, failure: undefined };
      const taken: Held = { ...wanted, missed: false };
      this.#held.set(key, taken);
      await this.#open(taken);
    });
  }

  async #open(held: Held): Promise<void> {
    const { host = "127.0.0.1", hosts = [], cache } = this.#options;
    const { service, port } = held;
    // Most platforms hold no port.
    const { PublicPort } = await import("./public-port.ts");
    const { Forwarder } = await import("../../rpc/http/forward/forwarder.ts");
    const { HostNames } = await import("../../rpc/http/host-names.ts");
    this.#forwarder ??= new Forwarder({ cache, clock: this.#clock, limits: this.#limits });
    this.#doorkeeper ??= await this.#options.openDoorkeeper?.();
    const listener = new PublicPort({
      host,
      port,
      target: held,
      forwarder: this.#forwarder,
      doorkeeper: this.#doorkeeper,
      hosts: new HostNames([...hosts, host]),
      limits: this.#limits,
      clock: this.#clock,
      log: this.#log,
    });
    try {
      await listener.listen();
      held.listener = listener;
      held.failure = undefined;
      this.#log.info(`"${service}" answers on http://${host}:${port}`, { service, port });
    } catch (error) {
      const { message } = ReefError.from(error);
      // Tried again by the sweep; the same reason is no news.
      if (held.failure !== message) this.#log.error(message, { service, port });
      held.failure = message;
    }
  }

  async #close(held: Held): Promise<void> {
    this.#held.delete(`${held.namespace}/${held.service}`);
    await held.listener?.[Symbol.asyncDispose]();
  }

  #sweepLater(): void {
    const sweep = () => {
      this.#inTurn(() => this.#sweepNow());
      this.#sweepLater();
    };
    this.#sweep = this.#clock.after(this.#limits.sweepMs, sweep, { background: true });
  }

  /** Gives up ports of services that nobody expects, and tries those again that could not be had. */
  async #sweepNow(): Promise<void> {
    for (const held of this.#held.values()) {
      const set = this.#options.cache.find(held.namespace, held.service);
      const missing = !set || set.unknown;
      // In turn, as everything that opens and closes.
      // oxlint-disable-next-line no-await-in-loop
      if (missing && held.missed) await this.#close(held);
      // oxlint-disable-next-line no-await-in-loop
      else if (!held.listener) await this.#open(held);
      held.missed = missing;
    }
  }

  #inTurn(work: () => Promise<void>): void {
    this.#turn = this.#turn.then(work).catch((error: unknown) => {
      this.#log.error("A port could not be looked after", { error });
    });
  }
}

/** The loop that sleeps looks at the signal itself. */
function ignore(): void {}
