/** What cases about namespaces have in common. */
import assert from "node:assert/strict";
import type { Code } from "../../../core/errors.ts";
import type { Holdings, Namespace, Namespaces } from "../index.ts";

/** Holds nothing, and remembers what it was told. */
export interface RecordedHoldings extends Holdings {
  /** What `contents` says. */
  inside: readonly string[];
  /** `begin acme`, `admit acme default`: in the order in which they came. */
  readonly told: string[];
}

export function recordHoldings(): RecordedHoldings {
  const told: string[] = [];
  const tell =
    (what: string) =>
    async (...names: readonly unknown[]): Promise<void> => {
      told.push([what, ...names.filter((name) => typeof name === "string")].join(" "));
    };
  return {
    inside: [],
    told,
    begin: tell("begin"),
    clear: tell("clear"),
    admit: tell("admit"),
    dismiss: tell("dismiss"),
    async contents() {
      return this.inside;
    },
  };
}

/** What must not be refused: where it is, the claim does not hold. */
export async function holds<T>(promise: Promise<T>): Promise<T> {
  await assert.doesNotReject(promise);
  return promise;
}

export async function refused(promise: Promise<unknown>, code: Code): Promise<void> {
  await assert.rejects(promise, { name: "ReefError", code });
}

/** One after the other, each with the one before it as its base. */
export async function createChain(namespaces: Namespaces, names: readonly string[]): Promise<void> {
  for (const [index, name] of names.entries()) {
    // oxlint-disable-next-line no-await-in-loop -- each needs the one before it
    await holds(namespaces.create({ name, base: names[index - 1] }));
  }
}

/** All of them, by however many pages. */
export async function namesOf(namespaces: Namespaces): Promise<string[]> {
  const all: Namespace[] = [];
  let cursor: string | undefined;
  do {
    // oxlint-disable-next-line no-await-in-loop -- each page says where the next begins
    const page = await namespaces.list({ cursor });
    all.push(...page.items);
    cursor = page.cursor;
  } while (cursor !== undefined);
  return all.map(({ name }) => name);
}
