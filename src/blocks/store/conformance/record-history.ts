/** Lets clients write and read a few keys at once, at random but repeatably, and notes what each of them saw. */
import assert from "node:assert/strict";
import { ReefError } from "../../../core/errors.ts";
import { type Table, textOf } from "../index.ts";
import type { Action, Call, Outcome } from "./linearizability.ts";

export interface RecordOptions {
  /** Another one, another history. */
  readonly seed: number;
  /** @default 8 */
  readonly clients?: number;
  /** Calls of each. @default 30 */
  readonly calls?: number;
  /** @default 3 */
  readonly keys?: number;
}

/** Of so many calls one is given up by its client as soon as it is under way. */
const givenUpOneIn = 10;

export async function record(table: Table, options: RecordOptions): Promise<Call[]> {
  const { seed, clients = 8, calls = 30, keys = 3 } = options;
  const random = createRandom(seed);
  const history: Call[] = [];
  let moment = 0;

  async function client(name: number): Promise<void> {
    const seen = new Map<string, number>();
    for (let call = 0; call < calls; call++) {
      const key = `k${Math.floor(random() * keys)}`;
      const action = actionOf(random, `${name}.${call}`, seen.get(key));
      const start = moment++;
      const outcome = await act(table, key, action, random() * givenUpOneIn < 1);
      history.push({ key, start, end: moment++, action, ...(outcome && { outcome }) });
      if (outcome && "revision" in outcome) seen.set(key, outcome.revision);
    }
  }

  await Promise.all(Array.from({ length: clients }, (_, name) => client(name)));
  return history;
}

function actionOf(random: () => number, value: string, seen: number | undefined): Action {
  const expectedRevision = random() < 0.5 ? seen : undefined;
  const kind = random();
  if (kind < 0.4) return { kind: "get" };
  return kind < 0.85
    ? { kind: "put", value, expectedRevision }
    : { kind: "delete", expectedRevision };
}

/** Undefined when the client gave up: whether it was done is then unknown. */
async function act(
  table: Table,
  key: string,
  action: Action,
  giveUp: boolean,
): Promise<Outcome | undefined> {
  const leaving = new AbortController();
  const { signal } = leaving;
  try {
    const outcome = ask(table, key, action, signal);
    if (giveUp) leaving.abort();
    return await outcome;
  } catch (error) {
    if (signal.aborted && (error === signal.reason || isCode(error, "cancelled"))) return undefined;
    if (!isCode(error, "aborted")) throw error;
    // Promised with this code, and tested elsewhere.
    const { revision } = error.data as { readonly revision: number };
    return { kind: "conflict", revision };
  }
}

async function ask(
  table: Table,
  key: string,
  action: Action,
  signal: AbortSignal,
): Promise<Outcome> {
  if (action.kind === "get") {
    const entry = await table.get(key, { signal });
    return { kind: "found", revision: entry?.revision ?? 0, value: entry && textOf(entry.value) };
  }
  const { expectedRevision } = action;
  if (action.kind === "delete") {
    return { kind: "deleted", was: await table.delete(key, { expectedRevision, signal }) };
  }
  const revision = await table.put(key, action.value, { expectedRevision, signal });
  assert(revision > 0);
  return { kind: "written", revision };
}

function isCode(error: unknown, code: string): error is ReefError {
  return error instanceof ReefError && error.code === code;
}

/** Mulberry32: small, and the same everywhere. Source: https://github.com/bryc/code/blob/master/jshash/PRNGs.md */
function createRandom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}
