/** Lets clients write and read a few keys at once, at random but repeatably, and notes what each of them saw. */
import assert from "node:assert/strict";
import { sleep } from "../../../../core/clock.ts";
import { ReefError } from "../../../../core/errors.ts";
import { createRandom } from "../../../../testing/random.ts";
import { type Table, textOf } from "../../index.ts";
import type { Action, Call, Outcome } from "./calls.ts";

export interface RecordOptions {
  /** Another one, another history. */
  readonly seed: number;
  /** @default 8 */
  readonly clients?: number;
  /** Calls of each. @default 30 */
  readonly calls?: number;
  /** @default 3 */
  readonly keys?: number;
  /**
   * The store may be gone for a while: a call that failed without being done is asked again, and of one that may have
   * been done it is not known. Without it every failure but a conflict is a failure of the store. @default false
   */
  readonly outages?: boolean;
  /** Hears after each call how many have an end. */
  readonly onCall?: (ended: number) => void;
}

/** Of so many calls one is given up by its client as soon as it is under way. */
const givenUpOneIn = 10;

/** A store that is gone is not asked without a pause: all calls would fail before it is back. */
const pauseMs = 50;

/** What becomes of a call that was refused without being done. */
const refused = Symbol("refused");

/** The clients take the tables in turn: these may be ways to one table. */
export async function recordCalls(
  tables: readonly Table[],
  options: RecordOptions,
): Promise<Call[]> {
  const { seed, clients = 8, calls = 30, keys = 3, outages = false, onCall } = options;
  const random = createRandom(seed);
  const history: Call[] = [];
  let moment = 0;

  async function client(name: number): Promise<void> {
    const table = tables[name % tables.length] ?? assert.fail("there is no table");
    const seen = new Map<string, number>();
    for (let call = 0; call < calls; call++) {
      const key = `k${Math.floor(random() * keys)}`;
      const action = actionOf(random, `${name}.${call}`, seen.get(key));
      const giveUp = random() * givenUpOneIn < 1;
      let start = moment++;
      let outcome = await act(table, { key, action, giveUp, outages });
      while (outcome === refused) {
        await sleep(pauseMs);
        start = moment++;
        outcome = await act(table, { key, action, giveUp, outages });
      }
      history.push({ key, start, end: moment++, action, ...(outcome && { outcome }) });
      onCall?.(history.length);
      if (outages && outcome === undefined && !giveUp) await sleep(pauseMs);
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

interface Attempt {
  readonly key: string;
  readonly action: Action;
  readonly giveUp: boolean;
  readonly outages: boolean;
}

/** Undefined when the client gave up, or the way to the store broke: whether it was done is then unknown. */
async function act(
  table: Table,
  { key, action, giveUp, outages }: Attempt,
): Promise<Outcome | typeof refused | undefined> {
  const leaving = new AbortController();
  const { signal } = leaving;
  try {
    const outcome = ask(table, key, action, signal);
    if (giveUp) leaving.abort();
    return await outcome;
  } catch (error) {
    if (signal.aborted && (error === signal.reason || isCode(error, "cancelled"))) return undefined;
    if (outages && (isCode(error, "unavailable") || isCode(error, "deadline_exceeded"))) {
      return error.maybeExecuted ? undefined : refused;
    }
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
