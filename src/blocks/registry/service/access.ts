/**
 * What a caller may see of a registry and list in it: each only what belongs to the namespaces that it may look into.
 */
import type { Caller } from "../../../core/identity.ts";
import { ReefError } from "../../../core/errors.ts";
import type { Registry, RegistryEvent, RegistryScope, ServiceName, ServiceView } from "../index.ts";

export interface RegistryAccess {
  /** Whether services of this namespace are shown to this one. */
  sees(caller: Caller, namespace: string): boolean;
  /** @throws {ReefError} when this one may list nothing under this name */
  checkHold(caller: Caller, name: ServiceName): void;
  /** Calls `listener` when somebody may see more or less than before, until what this returns is disposed. */
  onChange(listener: () => void): Disposable;
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

  /** It ends with `unavailable` when other namespaces are shown than when it began: the next one tells those. */
  async *watch(scope: RegistryScope): AsyncIterable<RegistryEvent> {
    this.#check(scope.namespace);
    const changed = new AbortController();
    const shown = new Map<string, boolean>();
    using stack = new DisposableStack();
    stack.use(
      this.#access.onChange(() => {
        const isOther = [...shown].some(([namespace, was]) => this.#sees(namespace) !== was);
        if (isOther) changed.abort();
      }),
    );
    const { signal = changed.signal } = scope;
    const either = AbortSignal.any([signal, changed.signal]);
    for await (const event of this.#registry.watch({ ...scope, signal: either })) {
      const namespace = namespaceOf(event);
      const isShown = namespace === undefined || this.#sees(namespace);
      if (namespace !== undefined) shown.set(namespace, isShown);
      if (isShown) yield event;
    }
    if (changed.signal.aborted && scope.signal?.aborted !== true) throw otherNow();
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

function otherNow(): ReefError {
  const text = "Cannot watch on: other namespaces are shown now; watch again";
  return new ReefError("unavailable", text, { maybeExecuted: false });
}
