/**
 * The services of one namespace as the registry tells of them, each with its nodes, also while the registry is away.
 */
import type { Node, Registry } from "../blocks/registry/index.ts";
import type { Clock } from "../core/clock.ts";
import type { Logger } from "../core/log.ts";
import { type FollowedNews, followRegistry } from "./follow-registry.ts";

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
  /** A present is complete. */
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

  constructor(options: ServiceWatchOptions) {
    this.#options = options;
  }

  get services(): Iterable<WatchedService> {
    return this.#services.values();
  }

  /** Follows until the signal fires, over every break. */
  run(): Promise<void> {
    const { registry, namespace, log, clock, signal } = this.#options;
    const broke = (error: unknown) =>
      log.warn("The watch of the registry broke; it is tried again", { error });
    const hear = (news: FollowedNews) => this.#apply(news);
    return followRegistry({ registry, namespace, clock, signal, hear, broke });
  }

  #apply(news: FollowedNews): void {
    if (news.kind === "present") return this.#options.present();
    // One that is doubted is there as it was; who calls it finds out.
    if (news.kind === "doubted") return;
    const name = news.kind === "expected" ? news.service : news.node.service;
    const state = this.#services.get(name) ?? { name, nodes: new Map(), expected: false };
    if (news.kind === "node") state.nodes.set(news.node.id, news.node);
    else if (news.kind === "gone") state.nodes.delete(news.node.id);
    else state.expected = news.expected;
    if (state.nodes.size > 0 || state.expected) this.#services.set(name, state);
    else this.#services.delete(name);
    this.#options.changed(state);
  }
}
