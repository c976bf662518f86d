/** For tests: nodes as a registry lists them, and a registry that can be cut off and restarted. */
import { createMemoryRegistry } from "../blocks/registry/drivers/memory.ts";
import type { Lease, Node, Registry } from "../blocks/registry/index.ts";
import { contract } from "../contract/contract.ts";
import { method } from "../contract/method.ts";
import { ReefError } from "../core/errors.ts";

const Listed = contract("listed", { call: method({}) });

export const listedName = { namespace: "default", service: "listed" };

export function nodeOf(id: string, changes: Partial<Node> = {}): Node {
  return {
    id,
    ...listedName,
    version: Listed.version,
    state: "ready",
    addresses: ["tcp://127.0.0.1:1"],
    contractDigest: Listed.digest,
    metadata: {},
    ...changes,
  };
}

export function list(registry: Registry, node: Node): Promise<Lease> {
  return registry.register(node, { contract: Listed.descriptor });
}

/** The way to a registry, which is the one in memory. */
export interface CutRegistry {
  /** What goes through it reaches the registry of the moment. */
  readonly registry: Registry;
  /** What is there now, without the way. */
  readonly current: Registry;
  /** Ends every watch with an error. */
  cut(): void;
  /** Puts another one in its place, which knows nobody, and ends every watch. */
  restart(): void;
}

export function createCutRegistry(): CutRegistry {
  let current = createMemoryRegistry();
  let way = new AbortController();
  function cut(): void {
    way.abort();
    way = new AbortController();
  }
  return {
    get current() {
      return current;
    },
    registry: {
      register: (node, options) => current.register(node, options),
      expect: (name, options) => current.expect(name, options),
      resolve: (name, options) => current.resolve(name, options),
      list: (scope) => current.list(scope),
      contract: (digest, options) => current.contract(digest, options),
      async *watch({ signal, ...scope } = {}) {
        const { signal: lost } = way;
        const either = signal ? AbortSignal.any([signal, lost]) : lost;
        yield* current.watch({ ...scope, signal: either });
        if (lost.aborted) throw new ReefError("unavailable", "The way to the registry is lost");
      },
    },
    cut,
    restart() {
      current = createMemoryRegistry();
      cut();
    },
  };
}
