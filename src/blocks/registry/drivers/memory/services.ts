/** Services by name, each at the same cost however many others there are. */
import type { Node, RegistryScope, ServiceName, ServiceView } from "../../index.ts";

/** A service that has a node or is expected. */
export interface Entry extends ServiceName {
  /** By id, in the order in which they came. */
  readonly nodes: Map<string, Node>;
  expectations: number;
}

/** Those that have a node or are expected; all others leave nothing behind. */
export class Services {
  readonly #entries = new Map<string, Entry>();

  /** What is known of a service, if it is known. */
  find(name: ServiceName): Entry | undefined {
    return this.#entries.get(keyOf(name));
  }

  /** What is known of a service; whoever has changed it says `changed`. */
  open(name: ServiceName): Entry {
    const entry = this.find(name) ?? emptyEntry(name);
    this.#entries.set(keyOf(name), entry);
    return entry;
  }

  changed(entry: Entry): void {
    if (entry.nodes.size === 0 && entry.expectations === 0) this.#entries.delete(keyOf(entry));
  }

  in(scope: RegistryScope): Entry[] {
    const { namespace, service } = scope;
    if (namespace === undefined || service === undefined) {
      return [...this.#entries.values()].filter((entry) => isIn(scope, entry));
    }
    const entry = this.find({ namespace, service });
    return entry ? [entry] : [];
  }

  /** By namespace, then name. */
  sorted(scope: RegistryScope): Entry[] {
    return this.in(scope).toSorted((a, b) => (keyOf(a) < keyOf(b) ? -1 : 1));
  }
}

export function viewOf({ namespace, service, expectations, nodes }: Entry): ServiceView {
  return { namespace, service, expected: expectations > 0, nodes: [...nodes.values()] };
}

export function isIn(scope: RegistryScope, { namespace, service }: ServiceName): boolean {
  const { namespace: onlyNamespace = namespace, service: onlyService = service } = scope;
  return namespace === onlyNamespace && service === onlyService;
}

function emptyEntry({ namespace, service }: ServiceName): Entry {
  return { namespace, service, nodes: new Map(), expectations: 0 };
}

/** No name has a space in it, and no character of a name comes before it. */
function keyOf({ namespace, service }: ServiceName): string {
  return `${namespace} ${service}`;
}
