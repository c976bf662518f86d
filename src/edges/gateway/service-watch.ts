/**
 * Follows the registry and remembers what it said, also while it is away: services answer although the registry does
 * not, and one that restarted with an empty list has not yet heard of anybody.
 */
import {
  leaseDefaultMs,
  type Node,
  type Registry,
  type RegistryEvent,
} from "../../blocks/registry/index.ts";
import { backoffMs } from "../../core/backoff.ts";
import { type Clock, sleep, type Timer } from "../../core/clock.ts";
import type { Logger } from "../../core/log.ts";

export interface WatchedService {
  readonly name: string;
  /** In the order in which they came. */
  readonly nodes: ReadonlyMap<string, Node>;
  readonly expected: boolean;
}

export interface ServiceWatchOptions {
  readonly registry: Registry;
  readonly namespace: string;
  readonly clock: Clock;
  readonly log: Logger;
  /** Something about this service is different now; without nodes and not expected it is gone. */
  readonly changed: (service: WatchedService) => void;
  /** The first present is complete. */
  readonly present: () => void;
  readonly signal: AbortSignal;
}

interface State {
  readonly name: string;
  readonly nodes: Map<string, Node>;
  expected: boolean;
}

export class ServiceWatch {
  readonly #options: ServiceWatchOptions;
  readonly #services = new Map<string, State>();
  /** What was known before the present that is being read, and was not seen in it so far. */
  readonly #unseen = new Set<string>();
  /** Of the present that is being read, and of the last one that was complete. */
  #epoch: string | undefined;
  #knownEpoch: string | undefined;
  #grace: Timer | undefined;

  constructor(options: ServiceWatchOptions) {
    this.#options = options;
  }

  get services(): Iterable<WatchedService> {
    return this.#services.values();
  }

  /** Follows until the signal fires, over every break. */
  async run(): Promise<void> {
    const { registry, namespace, log, clock, signal } = this.#options;
    let failures = 0;
    while (!signal.aborted) {
      try {
        this.#epoch = undefined;
        for await (const event of registry.watch({ namespace, signal })) {
          failures = 0;
          this.#apply(event);
        }
      } catch (error) {
        if (!signal.aborted)
          log.warn("The watch of the registry broke; it is tried again", { error });
      }
      if (signal.aborted) break;
      failures += 1;
      await sleep(backoffMs(failures), { clock, signal, background: true }).catch(ignoreStop);
    }
    this.#grace?.cancel();
  }

  #apply(event: RegistryEvent): void {
    if (event.epoch !== this.#epoch) this.#beginPresent(event.epoch);
    if (event.kind === "node") {
      const { id, service } = event.node;
      this.#unseen.delete(nodeKey(service, id));
      this.#change(service, (state) => void state.nodes.set(id, event.node));
    } else if (event.kind === "gone") {
      this.#change(event.node.service, (state) => void state.nodes.delete(event.node.id));
    } else if (event.kind === "expected") {
      this.#unseen.delete(expectedKey(event.service));
      this.#change(event.service, (state) => void (state.expected = event.expected));
    } else {
      this.#endPresent();
    }
  }

  #beginPresent(epoch: string): void {
    this.#epoch = epoch;
    this.#grace?.cancel();
    for (const { name, nodes, expected } of this.#services.values()) {
      for (const id of nodes.keys()) this.#unseen.add(nodeKey(name, id));
      if (expected) this.#unseen.add(expectedKey(name));
    }
  }

  #endPresent(): void {
    const restarted = this.#knownEpoch !== undefined && this.#knownEpoch !== this.#epoch;
    this.#knownEpoch = this.#epoch;
    if (restarted) {
      // Those that live come back within their lease; only then silence means that they are gone.
      const { clock } = this.#options;
      this.#grace = clock.after(leaseDefaultMs, () => this.#forgetUnseen(), { background: true });
    } else {
      this.#forgetUnseen();
    }
    this.#options.present();
  }

  #forgetUnseen(): void {
    for (const { name, nodes, expected } of this.#services.values()) {
      const gone = [...nodes.keys()].filter((id) => this.#unseen.has(nodeKey(name, id)));
      const unexpected = expected && this.#unseen.has(expectedKey(name));
      if (gone.length === 0 && !unexpected) continue;
      this.#change(name, (state) => {
        for (const id of gone) state.nodes.delete(id);
        if (unexpected) state.expected = false;
      });
    }
    this.#unseen.clear();
  }

  #change(name: string, change: (state: State) => void): void {
    const state = this.#services.get(name) ?? { name, nodes: new Map(), expected: false };
    change(state);
    if (state.nodes.size > 0 || state.expected) this.#services.set(name, state);
    else this.#services.delete(name);
    this.#options.changed(state);
  }
}

function nodeKey(service: string, id: string): string {
  return `node ${service} ${id}`;
}

function expectedKey(service: string): string {
  return `expected ${service}`;
}

/** The loop that sleeps looks at the signal itself. */
function ignoreStop(): void {}
