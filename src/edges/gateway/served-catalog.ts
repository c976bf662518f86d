/** The services of one namespace as requests are served from them: its own, then those of its bases that it lacks. */
import { isVersionName } from "../../contract/reserved-names.ts";
import type { Catalog, ListedService } from "./catalog.ts";
import type { OpenApiSource, ServedContract } from "./open-api-pages.ts";
import type { Routes } from "./routes.ts";

export interface ServedCatalog extends OpenApiSource {
  readonly routes: Pick<Routes, "find" | "findSocket" | "verbs" | "hasExact">;
  readonly namespace: string;
  /** Whether there is any service whose requests are passed on. */
  readonly forwardsAny: boolean;
  /** Whether requests to the service are passed on. */
  forwards(service: string): boolean;
  /** Where the service is that this name means here. */
  namespaceOf(service: string): string;
  list(): readonly ListedService[];
}

export class BranchCatalog implements ServedCatalog {
  readonly routes: ServedCatalog["routes"];
  readonly #own: Catalog;
  /** Its own, then those of its bases, the nearest first. */
  readonly #chain: readonly Catalog[];

  constructor(chain: readonly [Catalog, ...Catalog[]]) {
    [this.#own] = chain;
    this.#chain = chain;
    const routesAt = (path: string) => this.#of(serviceAt(path)).routes;
    this.routes = {
      find: (verb, path) => routesAt(path).find(verb, path),
      findSocket: (path) => routesAt(path).findSocket(path),
      verbs: (path) => routesAt(path).verbs(path),
      hasExact: (path) => routesAt(path).hasExact(path),
    };
  }

  get namespace(): string {
    return this.#own.namespace;
  }

  get forwardsAny(): boolean {
    return this.#chain.some((catalog) => catalog.forwardsAny);
  }

  /** Each only rises, and so does their sum. */
  get generation(): number {
    return this.#chain.reduce((sum, { generation }) => sum + generation, 0);
  }

  forwards(service: string): boolean {
    return this.#of(service).forwards(service);
  }

  namespaceOf(service: string): string {
    return this.#of(service).namespace;
  }

  served(): readonly ServedContract[] {
    return this.#chain.flatMap((catalog) =>
      catalog.served().filter(({ path }) => this.#of(serviceAt(path)) === catalog),
    );
  }

  servedAt(path: string): ServedContract | undefined {
    return this.#of(serviceAt(path)).servedAt(path);
  }

  list(): readonly ListedService[] {
    return this.#chain
      .flatMap((catalog) => catalog.list().filter(({ name }) => this.#of(name) === catalog))
      .toSorted((a, b) => (a.name < b.name ? -1 : 1));
  }

  #of(service: string): Catalog {
    return this.#chain.find((catalog) => catalog.routes.knows(service)) ?? this.#own;
  }
}

/** `greeter` of `/greeter/hello`, and of `/v2/greeter/hello`. */
function serviceAt(path: string): string {
  const [first = "", second = ""] = path.slice(1).split("/", 2);
  return isVersionName(first) ? second : first;
}
