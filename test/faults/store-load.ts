/** Many clients that write to one table at once through outages, the books of it, and a watch beside them. */
import { sleep } from "../../src/core/clock.ts";
import type { Code, ReefError } from "../../src/core/errors.ts";
import type { Entry, Table } from "../../src/blocks/store/index.ts";
import { createRandom } from "../../src/testing/random.ts";
import { type ChangeLog, followChanges } from "./change-log.ts";
import { type AskedWrite, checkLedger, type Verdict } from "./ledger.ts";
import { StoreCaller } from "./store-caller.ts";

export interface LoadOptions {
  readonly seed: number;
  /** Ends what waits here. */
  readonly signal: AbortSignal;
  /** @default 32 */
  readonly callers?: number;
  /** @default 40 */
  readonly valueBytes?: number;
}

/** What has been told so far. */
export interface Counts {
  puts: number;
  batches: number;
  /** Nobody can say whether they were done. */
  unknown: number;
  /** Those that failed, by code; conflicts are not among them. */
  readonly failures: Map<Code, number>;
}

/** What the store has yet to show when nobody writes any more: it has no reason to take longer. */
const catchUpMs = 30_000;

export class StoreLoad implements AsyncDisposable {
  readonly counts: Counts = { puts: 0, batches: 0, unknown: 0, failures: new Map() };
  readonly #table: Table;
  readonly #signal: AbortSignal;
  readonly #writes: AskedWrite[] = [];
  readonly #watchers = new Set<() => void>();
  readonly #over = new AbortController();
  readonly #watchOver = new AbortController();
  #log: ChangeLog | undefined;
  #running: Promise<unknown> = Promise.resolve();

  constructor(table: Table, signal: AbortSignal) {
    this.#table = table;
    this.#signal = signal;
  }

  get acknowledged(): number {
    return this.counts.puts + this.counts.batches;
  }

  /** How often the watch went on where it had been interrupted. */
  get resumed(): number {
    return this.#log?.resumed ?? 0;
  }

  /** The callers take the tables in turn: these are ways to one table, which is empty. */
  async start(tables: readonly Table[], options: LoadOptions): Promise<void> {
    const { seed, callers = 32, valueBytes = 40 } = options;
    const { signal } = this.#watchOver;
    this.#log = await followChanges(this.#table, { signal, onEvent: () => this.#look() });
    const all = Array.from({ length: callers }, (_, name) => {
      const table = tables[name % tables.length] ?? this.#table;
      return new StoreCaller({
        name,
        table,
        random: createRandom(seed * callers + name),
        valueBytes,
        onAsk: (write) => void this.#writes.push(write),
        onTold: (write, error) => this.#note(write, error),
      });
    });
    this.#running = Promise.all(all.map((caller) => caller.run(this.#over.signal)));
  }

  /** Resolves when an answer or a change makes `seen` true. @throws the reason of the signal, or `limitMs` passed */
  async until(seen: () => boolean, limitMs = 60_000): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    const look = () => seen() && resolve();
    const waiting = new AbortController();
    const signal = AbortSignal.any([this.#signal, waiting.signal]);
    this.#watchers.add(look);
    try {
      look();
      await Promise.race([promise, tooLong(limitMs, signal)]);
    } finally {
      this.#watchers.delete(look);
      waiting.abort();
    }
  }

  /** Lets what is under way end. */
  async stop(): Promise<void> {
    this.#over.abort();
    await this.#running;
  }

  /** Compares the books with what is there now. To be called when the load has stopped. */
  async check(): Promise<Verdict> {
    const revisions = this.#writes.map(({ told }) =>
      told.kind === "acknowledged" ? told.revision : 0,
    );
    const last = revisions.reduce((most, revision) => Math.max(most, revision), 0);
    const shown = this.#log?.shown ?? [];
    const failure = () => this.#log?.failure;
    const caughtUp = () => (shown.at(-1)?.revision ?? 0) >= last;
    // A watch that does not get there has left something out, which the books find.
    await this.until(() => caughtUp() || failure()?.code === "out_of_range", catchUpMs).catch(() =>
      this.#signal.throwIfAborted(),
    );
    const entries = await listAll(this.#table);
    const verdict = checkLedger({ writes: this.#writes, shown, entries });
    const why = caughtUp() ? undefined : failure()?.message;
    return why === undefined ? verdict : { ...verdict, unseen: [why, ...verdict.unseen] };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#watchOver.abort();
    await this.stop();
  }

  #note({ puts, told }: AskedWrite, error?: ReefError): void {
    if (told.kind === "unknown") this.counts.unknown += 1;
    if (told.kind === "acknowledged") this.counts[puts.length > 1 ? "batches" : "puts"] += 1;
    if (error && error.code !== "aborted") {
      const { failures } = this.counts;
      failures.set(error.code, (failures.get(error.code) ?? 0) + 1);
    }
    this.#look();
  }

  #look(): void {
    for (const look of this.#watchers) look();
  }
}

async function tooLong(limitMs: number, signal: AbortSignal): Promise<never> {
  await sleep(limitMs, { signal });
  throw new Error(`It did not happen within ${limitMs} ms`);
}

async function listAll(table: Table): Promise<Entry[]> {
  const entries: Entry[] = [];
  let cursor: string | undefined;
  do {
    const page = await table.list({ limit: 1_000, cursor });
    entries.push(...page.items);
    ({ cursor } = page);
  } while (cursor !== undefined);
  return entries;
}
