/**
 * Under which names a service may be listed: who calls "bank" shows there what only the bank may see, so no service may
 * take the place of another one. A name belongs to the account of that name, or that begins with it (`bank-v2`); where
 * there is none, to the first who lists something under it, for as long as that lasts.
 */
import type { ServiceName } from "../blocks/registry/index.ts";
import { isReservedName } from "../contract/reserved-names.ts";
import { ReefError } from "../core/errors.ts";
import type { Caller } from "../core/identity.ts";
import { ownerScope } from "../core/namespace-access.ts";

export interface ServiceNamesOptions {
  /** Whether a namespace has an account of this id. */
  readonly hasAccount: (namespace: string, id: string) => Promise<boolean>;
}

/** A program serves a few names with a few nodes; who lists more wants to fill the registry. */
const holdsMax = 1_000;

export class ServiceNames {
  readonly #options: ServiceNamesOptions;
  /** How often each account lists something, by namespace and account. */
  readonly #holds = new Map<string, number>();
  /** And under which names. */
  readonly #names = new Map<string, Map<string, number>>();
  /** How often each account lists something under a name, by namespace and name. */
  readonly #holders = new Map<string, Map<string, number>>();

  constructor(options: ServiceNamesOptions) {
    this.#options = options;
  }

  /**
   * Until it is disposed this one lists something under the name.
   * @throws {ReefError} `permission_denied` for the name of somebody else, `resource_exhausted` beyond `holdsMax`
   */
  async claim(caller: Caller, name: ServiceName): Promise<Disposable> {
    const { namespace, service } = name;
    if (isReservedName(service)) {
      throw refused(name, "the platform's own service has that name; choose another one");
    }
    // People are trusted with what they start by hand, and owners with everything.
    if (caller.kind !== "service" || caller.scopes.includes(ownerScope)) return nothing;
    const { id } = caller;
    const own = `service:${service}`;
    const isOwn = id === own || id.startsWith(`${own}-`);
    if (!isOwn && (await this.#options.hasAccount(namespace, own))) {
      const orDelete = `; or let "reef auth delete ${own}" free the name`;
      throw refused(
        name,
        `the name belongs to ${own}, its caller is ${id}${asThat(name)}${orDelete}`,
      );
    }
    const holders = this.#holdersOf(name);
    const other = [...holders.keys()].find((each) => each !== id);
    if (!isOwn && other !== undefined) {
      throw refused(name, `${other} has the name, its caller is ${id}${asThat(name)}`);
    }
    return this.#hold(`${namespace}/${id}`, id, name);
  }

  /** The names under which this one lists something. */
  of(caller: Caller): readonly string[] {
    if (caller.kind !== "service") return [];
    return [...(this.#names.get(`${caller.namespace}/${caller.id}`)?.keys() ?? [])];
  }

  #holdersOf({ namespace, service }: ServiceName): ReadonlyMap<string, number> {
    return this.#holders.get(`${namespace}/${service}`) ?? new Map<string, number>();
  }

  #hold(account: string, id: string, name: ServiceName): Disposable {
    if ((this.#holds.get(account) ?? 0) >= holdsMax) {
      const rule = `${id} lists ${holdsMax}, the most of one account; stop some of them`;
      throw refused(name, rule, "resource_exhausted");
    }
    const key = `${name.namespace}/${name.service}`;
    const holders = this.#holders.get(key) ?? new Map<string, number>();
    this.#holders.set(key, holders);
    const names = this.#names.get(account) ?? new Map<string, number>();
    this.#names.set(account, names);
    change(this.#holds, account, 1);
    change(names, name.service, 1);
    change(holders, id, 1);
    return {
      [Symbol.dispose]: () => {
        change(this.#holds, account, -1);
        change(holders, id, -1);
        change(names, name.service, -1);
        if (names.size === 0 && this.#names.get(account) === names) this.#names.delete(account);
        if (holders.size === 0 && this.#holders.get(key) === holders) this.#holders.delete(key);
      },
    };
  }
}

const nothing: Disposable = { [Symbol.dispose]() {} };

function change(counts: Map<string, number>, key: string, by: 1 | -1): void {
  const count = (counts.get(key) ?? 0) + by;
  if (count > 0) counts.set(key, count);
  else counts.delete(key);
}

function asThat({ service }: ServiceName): string {
  return `; run it under this name, or one that begins with "${service}-": "reef run --name"`;
}

function refused(
  { namespace, service }: ServiceName,
  rule: string,
  code: "permission_denied" | "resource_exhausted" = "permission_denied",
): ReefError {
  const text = `Cannot list the service "${service}" in namespace "${namespace}": ${rule}`;
  return new ReefError(code, text, { maybeExecuted: false });
}
