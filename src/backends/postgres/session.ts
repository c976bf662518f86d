/** What each connection is told before it is used, and what it says of its server. */
import type { Run } from "./link.ts";
import { codeOf } from "./translate-error.ts";

/** The end of what leaves acknowledged transactions unharmed. */
export type Survives = "process" | "power";

export interface SessionOptions {
  /** Where the tables are. */
  readonly schema: string;
  /** The server, too, ends what takes longer, so that nobody else waits for somebody who is gone. */
  readonly timeoutMs: number;
}

/**
 * Every statement here walks an index, however few rows there are. The planner guesses from statistics, which are old
 * after many writes at once, and would then sort a million rows for a page of a hundred. What it is told not to do it
 * counts as very expensive where there is no other way, and compiles it then, which takes longer than doing it.
 */
const planning = {
  jit: "off",
  plan_cache_mode: "force_custom_plan",
  enable_seqscan: "off",
  enable_bitmapscan: "off",
  enable_sort: "off",
  enable_hashjoin: "off",
  enable_mergejoin: "off",
};

/**
 * Between the two halves of a transaction lie milliseconds: who takes longer has stopped, and others wait for its lock.
 */
const idleTimeoutMs = 1_000;

/** CockroachDB does not know all of them: undefined_object, invalid_parameter_value, feature_not_supported. */
const unknownSetting = new Set(["42704", "22023", "0A000"]);

/** What power failures need, and values that are as good as "on": each of them waits for the server's own disk. */
const durable: { readonly [setting: string]: readonly string[] } = {
  fsync: ["on"],
  full_page_writes: ["on"],
  synchronous_commit: ["on", "local", "remote_write", "remote_apply"],
};

const settingsText = `SELECT name, setting FROM pg_settings
  WHERE name IN ('fsync', 'full_page_writes', 'synchronous_commit')`;

/** In one round trip. */
export async function beginSession(
  run: Run,
  { schema, timeoutMs }: SessionOptions,
): Promise<Survives> {
  const hints = Object.entries(planning).map(async ([name, value]) => {
    try {
      await run(`SET ${name} = ${value}`);
    } catch (error) {
      if (!unknownSetting.has(codeOf(error))) throw error;
    }
  });
  const [settings] = await Promise.all([
    run<{ name: string; setting: string }>(settingsText),
    run(`SET search_path = ${quoteName(schema)}`),
    run(`SET statement_timeout = ${timeoutMs}`),
    run(`SET idle_in_transaction_session_timeout = ${idleTimeoutMs}`),
    ...hints,
  ]);
  const found = new Map(settings.map(({ name, setting }) => [name, setting]));
  const kept = Object.entries(durable).every(([name, good]) => {
    // A server without such a setting has no such risk to take.
    return good.includes(found.get(name) ?? "on");
  });
  return kept ? "power" : "process";
}

export function quoteName(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}
