/**
 * What a caller may see of a registry and list in it: each only what belongs to the namespaces that it may look into.
 */
import type { Caller } from "../../../core/identity.ts";
import { ReefError } from "../../../core/errors.ts";
import { seenEvents, type Sight } from "../../../rpc/seen-events.ts";
import type { Registry, RegistryEvent, RegistryScope, ServiceName, ServiceView } from "../index.ts";

export interface RegistryAccess extends Sight {
  /** Until it is disposed this one lists something. @throws {ReefError} when he may list nothing under this name */
  hold(caller: Caller, name: ServiceName): Disposable | Promise<Disposable>;
}

/** A registry as one caller has it. */
export class SeenRegistry {
  readonly #registry: Registry;
  readonly #access: RegistryAccess;
  readonly #caller: Caller;

  constructor(registry: Registry, access: RegistryAccess, caller: Caller) {
    this.#registry = registry;
    this.#access = access;
    this.#caller = caller;
  }

  async resolve(name: ServiceName, signal: AbortSignal): Promise<ServiceView> {
    this.#check(name.namespace);
    return this.#registry.resolve(name, { signal });
  }

  async list(scope: RegistryScope): Promise<readonly ServiceView[]> {
    this.#check(scope.namespace);
    const all = await this.#registry.list(scope);
    return all.filter(({ namespace }) => this.#sees(namespace));
  }

  /** As `seenEvents`. */
  watch(scope: RegistryScope): AsyncIterable<RegistryEvent> {
    this.#check(scope.namespace);
    return seenEvents((signal) => this.#registry.watch({ ...scope, signal }), {
      sight: this.#access,
      caller: this.#caller,
      namespaceOf,
      signal: scope.signal,
    });
  }

  #sees(namespace: string): boolean {
    return this.#access.sees(this.#caller, namespace);
  }

  /** @throws {ReefError} `permission_denied` */
  #check(namespace: string | undefined): void {
    if (namespace === undefined || this.#sees(namespace)) return;
    const rule = `what is in namespace "${namespace}" is not shown to ${nameOf(this.#caller)}`;
    const text = `Cannot look for services: ${rule}; use an account of that namespace`;
    throw new ReefError("permission_denied", text, { maybeExecuted: false });
  }
}

function namespaceOf(event: RegistryEvent): string | undefined {
  if (event.kind === "present") return undefined;
  return event.kind === "expected" ? event.namespace : event.node.namespace;
}

function nameOf(caller: Caller): string {
  return caller.kind === "anonymous" ? "somebody unknown" : caller.id;
}
