/**
 * Which nodes the processes of this runtime have registered: one watch of the registry for all of them. A process knows
 * its instance from its environment and writes it into the metadata of its nodes.
 */
import { backoffMs } from "../../../../core/backoff.ts";
import { type Clock, sleep } from "../../../../core/clock.ts";
import { ReefError } from "../../../../core/errors.ts";
import type { Logger } from "../../../../core/log.ts";
import type { Node, Registry } from "../../../registry/index.ts";

export type NodeListener = (node: Node) => void;

export interface InstanceNodesOptions {
  readonly clock: Clock;
  readonly log: Logger;
}

export class InstanceNodes implements AsyncDisposable {
  readonly #registry: Pick<Registry, "watch">;
  readonly #options: InstanceNodesOptions;
  readonly #listeners = new Map<string, NodeListener>();
  /** Those that are listed now, by their id. */
  readonly #present = new Map<string, Node>();
  readonly #stop = new AbortController();
  readonly #stopped: Promise<void>;

  constructor(registry: Pick<Registry, "watch">, options: InstanceNodesOptions) {
    this.#registry = registry;
    this.#options = options;
    this.#stopped = this.#keepWatching();
  }

  /**
   * Tells `listener` of each node of the instance, and of each change of one, until that is ended. First of those that
   * are there: a process that was found may be back on the list before anybody knows of it here.
   */
  listen(instance: string, listener: NodeListener): Disposable {
    this.#listeners.set(instance, listener);
    for (const node of this.#present.values()) {
      if (node.metadata["instance"] === instance) queueMicrotask(() => this.#tell(node));
    }
    return { [Symbol.dispose]: () => void this.#listeners.delete(instance) };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stop.abort();
    await this.#stopped;
  }

  /** A watch that broke is begun again, and tells the present once more: listeners hear nothing too little. */
  async #keepWatching(): Promise<void> {
    const { signal } = this.#stop;
    for (let failures = 1; !signal.aborted; failures++) {
      try {
        this.#present.clear();
        for await (const event of this.#registry.watch({ signal })) {
          failures = 1;
          if (event.kind === "node") this.#tell(event.node);
          if (event.kind === "gone") this.#present.delete(event.node.id);
        }
      } catch (thrown) {
        if (signal.aborted) return;
        const { code, message } = ReefError.from(thrown);
        this.#options.log.warn("Watching the registry broke, and begins again", { code, message });
      }
      await this.#pause(failures);
    }
  }

  #tell(node: Node): void {
    const instance = node.metadata["instance"];
    if (instance === undefined) return;
    this.#present.set(node.id, node);
    this.#listeners.get(instance)?.(node);
  }

  async #pause(failures: number): Promise<void> {
    const { signal } = this.#stop;
    try {
      await sleep(backoffMs(failures), { clock: this.#options.clock, signal });
    } catch (thrown) {
      if (!signal.aborted) throw thrown;
    }
  }
}
