/** What a client knows of one service: its nodes, which of them take calls now, and who waits for one. */
import type { Node } from "../blocks/registry/index.ts";
import { compareVersions } from "../contract/version.ts";
import type { VersionRange } from "../contract/version-range.ts";
import { backoffMs } from "../core/backoff.ts";
import type { Clock, Timer } from "../core/clock.ts";
import type { Balance } from "./policies/balance.ts";
import type { Transport } from "./transport.ts";

/** A node that refused is left alone for this long, then twice as long, until it answers or is gone. */
const suspectBaseMs = 25;
const suspectMaxMs = 2_000;

/** A node whose connection held for this long is well again; one that takes connections and drops them is not. */
const trustAfterMs = suspectMaxMs;

/**
 * A service that is expected is held for: the registry does not say in which version it will come. So a version that
 * was there is taken to come back within this time, three times what a slow start takes, and another one is not waited
 * for.
 */
const returnWithinMs = 60_000;

/** Versions that have left and are remembered; more at once are nobody's rollout. */
const leftMax = 16;

interface KnownNode {
  node: Node;
  /** A registry that came later did not name it (yet). */
  doubted: boolean;
  transport: Transport | undefined;
  connectedAtMs: number;
  /** Connections that could not be had, or did not hold, in a row. */
  failures: number;
  suspect: Timer | undefined;
}

export class NodeSet {
  /** Of the service. */
  readonly namespace: string;
  readonly #clock: Clock;
  readonly #nodes = new Map<string, KnownNode>();
  readonly #waiters = new Map<() => void, VersionRange | undefined>();
  #settled: boolean;
  #expected = false;
  #ready: readonly Node[] | undefined;
  /** By the text of a range, as long as `#ready` holds. */
  readonly #readyIn = new Map<string, readonly Node[]>();
  #left: readonly { readonly version: string; readonly atMs: number }[] = [];
  #turn = 0;

  /** Until it is `settled`, nothing is known for sure, and whoever asks waits. */
  constructor(clock: Clock, settled: boolean, namespace = "default") {
    this.namespace = namespace;
    this.#clock = clock;
    this.#settled = settled;
  }

  /** Nobody promised it, and nobody is there. */
  get unknown(): boolean {
    return this.#settled && !this.#expected && this.#nodes.size === 0;
  }

  get waiting(): number {
    return this.#waiters.size;
  }

  /** A node that takes calls now, of any version or of some; undefined when there is none. */
  pick(balance: Balance, range?: VersionRange): Node | undefined {
    const ready = this.#readyOf(range);
    if (ready.length === 0) return undefined;
    this.#turn = (this.#turn + 1) & 0x3fff_ffff;
    return balance(ready, this.#turn);
  }

  /**
   * The versions that are there, when none of the range is and none is to be waited for; undefined when a call may be
   * held, or nothing is known.
   */
  others(range: VersionRange): readonly string[] | undefined {
    if (!this.#settled || this.#nodes.size === 0) return undefined;
    const versions = [...this.#nodes.values()].map(({ node }) => node.version);
    if (versions.some((version) => range.has(version))) return undefined;
    const sinceMs = this.#clock.monotonicMs() - returnWithinMs;
    const left = this.#left.some(({ version, atMs }) => atMs >= sinceMs && range.has(version));
    if (this.#expected && left) return undefined;
    return [...new Set(versions)].toSorted(compareVersions);
  }

  /** The connection to a node, if it takes calls now. */
  transport(id: string): Transport | undefined {
    const transport = this.#nodes.get(id)?.transport;
    return transport?.usable ? transport : undefined;
  }

  /** The registry has told everything once. */
  settle(): void {
    this.#settled = true;
    this.#changed();
  }

  /** The registry named a node, or says what has become of it: that is news, and it is not suspect any more. */
  put(node: Node): void {
    const known = this.#nodes.get(node.id);
    known?.suspect?.cancel();
    const fresh = { transport: undefined, connectedAtMs: 0, failures: 0 };
    const told = { node, doubted: false, suspect: undefined };
    this.#nodes.set(node.id, { ...fresh, ...known, ...told });
    this.#changed();
  }

  remove(id: string): void {
    const known = this.#nodes.get(id);
    if (!known) return;
    known.suspect?.cancel();
    this.#nodes.delete(id);
    const { version } = known.node;
    const others = this.#left.filter((left) => left.version !== version).slice(1 - leftMax);
    this.#left = [...others, { version, atMs: this.#clock.monotonicMs() }];
    this.#changed();
  }

  expect(expected: boolean): void {
    this.#expected = expected;
    this.#changed();
  }

  /** A registry that has lost its memory did not repeat this node: it stays, until it refuses. */
  doubt(id: string): void {
    const known = this.#nodes.get(id);
    if (known) known.doubted = true;
  }

  /** A connection to the node stands. When it ends the node is out at once, whatever the registry has heard by then. */
  connected(id: string, transport: Transport): void {
    const known = this.#nodes.get(id);
    if (!known || known.transport === transport) return;
    known.transport = transport;
    known.connectedAtMs = this.#clock.monotonicMs();
    void transport.ended.then(() => {
      if (this.#nodes.get(id)?.transport === transport) this.#suspect(id);
    });
  }

  /** A connection to the node could not be had. It gets no calls for a while; one that is doubted too is gone. */
  refused(id: string): void {
    if (this.#nodes.get(id)?.doubted) this.remove(id);
    else this.#suspect(id);
  }

  /** Calls `wake` once, when a call for the range need not wait any longer; the result forgets it. */
  wait(wake: () => void, range?: VersionRange): () => void {
    this.#waiters.set(wake, range);
    return () => void this.#waiters.delete(wake);
  }

  #suspect(id: string): void {
    const known = this.#nodes.get(id);
    if (!known || known.suspect) return;
    const heldMs = known.transport ? this.#clock.monotonicMs() - known.connectedAtMs : 0;
    known.transport = undefined;
    known.failures = heldMs >= trustAfterMs ? 1 : known.failures + 1;
    const delayMs = backoffMs(known.failures, { baseMs: suspectBaseMs, maxMs: suspectMaxMs });
    const retry = () => {
      known.suspect = undefined;
      this.#changed();
    };
    known.suspect = this.#clock.after(delayMs, retry, { background: true });
    this.#changed();
  }

  #findReady(): readonly Node[] {
    if (!this.#settled) return [];
    return [...this.#nodes.values()]
      .filter(({ node, suspect }) => node.state === "ready" && !suspect)
      .map(({ node }) => node);
  }

  #readyOf(range: VersionRange | undefined): readonly Node[] {
    const ready = (this.#ready ??= this.#findReady());
    if (range === undefined) return ready;
    let inRange = this.#readyIn.get(range.text);
    if (!inRange) {
      inRange = ready.filter(({ version }) => range.has(version));
      this.#readyIn.set(range.text, inRange);
    }
    return inRange;
  }

  #changed(): void {
    this.#ready = undefined;
    this.#readyIn.clear();
    if (this.#waiters.size === 0) return;
    const woken: (() => void)[] = [];
    for (const [wake, range] of this.#waiters) {
      const isInVain = this.unknown || (range && this.others(range) !== undefined);
      if (isInVain || this.#readyOf(range).length > 0) woken.push(wake);
    }
    for (const wake of woken) this.#waiters.delete(wake);
    for (const wake of woken) wake();
  }
}
