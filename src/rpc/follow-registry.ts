/**
 * The registry as one story over every break: a watch that is lost is watched again, and what is said then is held
 * against what was known. Services answer although the registry does not, and one that restarted with an empty list has
 * not yet heard of anybody.
 */
import {
  leaseDefaultMs,
  type Node,
  type Registry,
  type RegistryEvent,
  type RegistryNews,
} from "../blocks/registry/index.ts";
import { backoffMs } from "../core/backoff.ts";
import { type Clock, sleep, type Timer } from "../core/clock.ts";

/**
 * What a watch tells (`present` comes with each watch anew), and that a registry which came later has not named a node:
 * it is there until its lease would have ended, or proves the doubt right by refusing a call.
 */
export type FollowedNews = RegistryNews | { readonly kind: "doubted"; readonly node: Node };

export interface FollowOptions {
  readonly registry: Registry;
  /** Only this namespace. @default all of them */
  readonly namespace?: string;
  readonly clock: Clock;
  /** Ends the following. */
  readonly signal: AbortSignal;
  readonly hear: (news: FollowedNews) => void;
  /** Hears why a watch broke; the next one begins by itself. @default nobody */
  readonly broke?: (error: unknown) => void;
}

/** Between attempts to watch again: what a restarted registry says should be known within a second. */
const returnMaxMs = 500;

/** Follows until the signal fires. Never fails: while the registry cannot be watched, what is known still holds. */
export async function followRegistry(options: FollowOptions): Promise<void> {
  const { registry, namespace, clock, signal, broke } = options;
  using story = new Story(options);
  for (let failures = 0; !signal.aborted;) {
    let watch: Watch | undefined;
    try {
      for await (const event of registry.watch({ namespace, signal })) {
        watch ??= { epoch: event.epoch };
        story.tell(event, watch);
        failures = 0;
      }
    } catch (error) {
      if (!signal.aborted) broke?.(error);
    }
    failures += 1;
    const delayMs = backoffMs(failures, { maxMs: returnMaxMs });
    await sleep(delayMs, { clock, signal, background: true }).catch(stopped);
  }
}

/** The sleep was ended because the following is: the loop sees it by itself. */
function stopped(): void {}

/** One watch; what it said is told apart from what others did. */
interface Watch {
  /** Of the registry that was watched: another one after it was restarted. */
  readonly epoch: string;
}

type NodeNews = Extract<RegistryNews, { kind: "node" }>;
type Expectation = Extract<RegistryNews, { kind: "expected" }>;

/** What holds, and which watch said so last. */
interface Fact {
  readonly news: NodeNews | Expectation;
  readonly watch: Watch;
}

class Story implements Disposable {
  readonly #hear: FollowOptions["hear"];
  readonly #clock: Clock;
  readonly #facts = new Map<string, Fact>();
  /** The last watch whose present was complete. */
  #settledBy: Watch | undefined;
  /** For what only registries of the past have said. */
  readonly #graces = new Set<Timer>();

  constructor({ hear, clock }: FollowOptions) {
    this.#hear = hear;
    this.#clock = clock;
  }

  tell({ epoch: _epoch, revision: _revision, ...news }: RegistryEvent, watch: Watch): void {
    if (news.kind === "present") return this.#settle(watch);
    if (news.kind === "node" || (news.kind === "expected" && news.expected)) {
      this.#facts.set(keyOf(news), { news, watch });
    } else {
      this.#facts.delete(keyOf(news));
    }
    this.#hear(news);
  }

  [Symbol.dispose](): void {
    for (const grace of this.#graces) grace.cancel();
  }

  /**
   * The present is complete. From the same registry as before, what it did not name is gone. From a new one "not named"
   * only means "not back yet".
   */
  #settle(watch: Watch): void {
    const before = this.#settledBy;
    this.#settledBy = watch;
    this.#forget((said) => said.epoch === watch.epoch && said !== watch);
    if (before && before.epoch !== watch.epoch) {
      for (const { news, watch: said } of this.#facts.values()) {
        if (said === watch || news.kind !== "node") continue;
        this.#hear({ kind: "doubted", node: news.node });
      }
      const grace = this.#clock.after(
        leaseDefaultMs,
        () => {
          this.#graces.delete(grace);
          this.#forget(({ epoch }) => epoch === before.epoch);
        },
        { background: true },
      );
      this.#graces.add(grace);
    }
    this.#hear({ kind: "present" });
  }

  #forget(isOver: (watch: Watch) => boolean): void {
    for (const [key, { news, watch }] of this.#facts) {
      if (!isOver(watch)) continue;
      this.#facts.delete(key);
      this.#hear(news.kind === "node" ? { ...news, kind: "gone" } : { ...news, expected: false });
    }
  }
}

/** No name and no id has a space in it. */
function keyOf(news: Exclude<RegistryNews, { kind: "present" }>): string {
  return news.kind === "expected" ? `${news.namespace} ${news.service}` : news.node.id;
}
