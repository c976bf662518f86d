/** What the other blocks of this platform do for a namespace that begins and ends. */
import { createHash } from "node:crypto";
import type { Auth, Page as AuthPage, Realm } from "../blocks/auth/index.ts";
import type { Holdings } from "../blocks/namespaces/index.ts";
import { platformNamespace, type Registry } from "../blocks/registry/index.ts";
import type { Runtime, Services } from "../blocks/runtime/index.ts";
import {
  batchOperationsMax,
  type Operation,
  type Store,
  type Table,
} from "../blocks/store/index.ts";
import type { Rule } from "../core/access-rules.ts";
import { beginRealm, notForTenants, realmMarks } from "./first-owner.ts";

export interface HeldBlocks {
  readonly registry: Pick<Registry, "list">;
  readonly runtime: Runtime;
  readonly store: Store;
  readonly auth: Auth;
}

/** Names that are told of those that are there; more are no help. */
const toldMax = 5;

export function createHoldings({ registry, runtime, store, auth }: HeldBlocks): Holdings {
  const marks = store.database(platformNamespace).table(realmMarks);
  return {
    async begin(namespace, { signal }) {
      const realm = auth.realm(namespace);
      // What came into one of that name while it ended is nothing that this one begins with.
      if (!(await marks.get(namespace, { signal }))) await emptyRealm(realm, signal);
      await beginRealm(realm, { namespace, marks, without: notForTenants });
    },
    async contents(name, { signal }) {
      const [run, listed, tables] = await Promise.all([
        namesOf(runtime.services(name), signal),
        registry.list({ namespace: name, signal }),
        store.database(name).tables({ signal }),
      ]);
      const services = [...new Set([...run, ...listed.map(({ service }) => service)])].toSorted();
      return [...told(services, "service", "runs"), ...told(tables, "table", "has entries")];
    },
    async clear(name, { signal }) {
      await emptyRealm(auth.realm(name), signal);
      const services = runtime.services(name);
      for (const each of await namesOf(services, signal)) await services.kill(each, { signal });
      // As long as it ran, a service whose account was gone got it again.
      await emptyRealm(auth.realm(name), signal);
      const database = store.database(name);
      for (const table of await database.tables({ signal })) {
        await emptyTable(database.table(table), signal);
      }
      await marks.delete(name, { signal });
    },
    admit: (branch, base, { signal }) => auth.realm(base).putRule(branchRule(branch), { signal }),
    async dismiss(branch, base, { signal }) {
      await auth.realm(base).deleteRule(branchRule(branch).id, { signal });
    },
  };
}

const idPrefix = "branch-";
/** One label of a DNS name, as the name of the branch is. */
const ruleIdMax = 63;

/** In the base, where it can be seen and deleted: its branch calls the services that it lacks itself. */
function branchRule(branch: string): Rule {
  // A rule has no longer name than a namespace.
  const isLong = branch.length > ruleIdMax - idPrefix.length;
  const name = isLong ? createHash("sha256").update(branch).digest("hex").slice(0, 40) : branch;
  return {
    id: `${idPrefix}${name}`,
    scope: `+${branch}`,
    resource: { type: "service", name: "*", endpoint: "*" },
    access: "granted",
    priority: 0,
  };
}

async function emptyRealm(realm: Realm, signal: AbortSignal | undefined): Promise<void> {
  const force = { force: true, signal };
  const accounts = await allOf((cursor) => realm.accounts({ cursor, signal }));
  // In turn, as all changes of a realm are.
  // oxlint-disable-next-line no-await-in-loop
  for (const { id } of accounts) await realm.deleteAccount(id, force);
  // oxlint-disable-next-line no-await-in-loop
  for (const { id } of await realm.rules({ signal })) await realm.deleteRule(id, force);
}

async function emptyTable(table: Table, signal: AbortSignal | undefined): Promise<void> {
  for (;;) {
    // What is left after each page: its accounts are gone, so nobody adds to it.
    // oxlint-disable-next-line no-await-in-loop
    const { items, cursor } = await table.list({ limit: batchOperationsMax, signal });
    const deletions = items.map(({ key }): Operation => ({ kind: "delete", key }));
    // oxlint-disable-next-line no-await-in-loop
    if (deletions.length > 0) await table.batch(deletions, { signal });
    if (cursor === undefined) return;
  }
}

async function namesOf(services: Services, signal: AbortSignal | undefined): Promise<string[]> {
  const all = await allOf((cursor) => services.list({ cursor, signal }));
  return all.map(({ name }) => name);
}

async function allOf<T>(
  page: (cursor: string | undefined) => Promise<Pick<AuthPage<T>, "items" | "cursor">>,
): Promise<T[]> {
  const all: T[] = [];
  let cursor: string | undefined;
  do {
    // Each page says where the next begins.
    // oxlint-disable-next-line no-await-in-loop
    const next = await page(cursor);
    all.push(...next.items);
    cursor = next.cursor;
  } while (cursor !== undefined);
  return all;
}

/** `2 services: a, b`. */
function told(names: readonly string[], one: string, does: string): string[] {
  if (names.length === 0) return [];
  const shown = names.slice(0, toldMax).join(", ");
  const more = names.length > toldMax ? ` and ${names.length - toldMax} more` : "";
  return [
    names.length === 1
      ? `the ${one} ${shown} ${does}`
      : `${names.length} ${one}s are there: ${shown}${more}`,
  ];
}
