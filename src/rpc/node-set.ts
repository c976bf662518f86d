/** What a client knows of one service: its nodes, which of them take calls now, and who waits for one. */
import type { Node } from "../blocks/registry/index.ts";
import { backoffMs } from "../core/backoff.ts";
import type { Clock, Timer } from "../core/clock.ts";

/** A node that refused is left alone for this long, then twice as long, until it answers or is gone. */
const suspectBaseMs = 25;
const suspectMaxMs = 2_000;

interface KnownNode {
  node: Node;
  /** Of the registry that said so. */
  epoch: string;
  /** Connections that failed in a row. */
  failures: number;
  suspect: Timer | undefined;
}

export class NodeSet {
  readonly #clock: Clock;
  readonly #nodes = new Map<string, KnownNode>();
  readonly #waiters = new Set<() => void>();
  /** Nodes that take calls; replaced, never changed, so that whoever reads it keeps what it has. */
  ready: readonly Node[] = [];
  expected = false;
  expectedEpoch = "";

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Nobody promised it, and nobody is there. */
  get unknown(): boolean {
    return !this.expected && this.#nodes.size === 0;
  }

  get waiting(): number {
    return this.#waiters.size;
  }

  put(node: Node, epoch: string): void {
    const known = this.#nodes.get(node.id);
    known?.suspect?.cancel();
    this.#nodes.set(node.id, { node, epoch, failures: known?.failures ?? 0, suspect: undefined });
    this.#changed();
  }

  remove(id: string): void {
    const known = this.#nodes.get(id);
    if (!known) return;
    known.suspect?.cancel();
    this.#nodes.delete(id);
    this.#changed();
  }

  expect(expected: boolean, epoch: string): void {
    this.expected = expected;
    this.expectedEpoch = epoch;
    this.#changed();
  }

  /** Takes out everything that an earlier registry said and this one did not repeat. */
  keepOnly(epoch: string): void {
    if (this.expectedEpoch !== epoch) this.expected = false;
    for (const [id, known] of this.#nodes) {
      if (known.epoch === epoch) continue;
      known.suspect?.cancel();
      this.#nodes.delete(id);
    }
    this.#changed();
  }

  /** A connection to the node could not be had or was lost: it gets no calls for a while, whatever the registry says. */
  suspect(id: string): void {
    const known = this.#nodes.get(id);
    if (!known || known.suspect) return;
    known.failures += 1;
    const delayMs = backoffMs(known.failures, { baseMs: suspectBaseMs, maxMs: suspectMaxMs });
    known.suspect = this.#clock.after(
      delayMs,
      () => {
        known.suspect = undefined;
        this.#changed();
      },
      { background: true },
    );
    this.#changed();
  }

  /** The node answered. */
  trust(id: string): void {
    const known = this.#nodes.get(id);
    if (known) known.failures = 0;
  }

  /** Calls `wake` once, at the next change; the result forgets it. */
  wait(wake: () => void): () => void {
    this.#waiters.add(wake);
    return () => void this.#waiters.delete(wake);
  }

  #changed(): void {
    const known = [...this.#nodes.values()];
    this.ready = known
      .filter(({ node, suspect }) => node.state === "ready" && !suspect)
      .map(({ node }) => node);
    const waiters = [...this.#waiters];
    this.#waiters.clear();
    for (const wake of waiters) wake();
  }
}
