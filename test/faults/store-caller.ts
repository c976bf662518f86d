/** One client of a load: it writes on and on, of each kind of write some, and goes on when the store is back. */
import assert from "node:assert/strict";
import { sleep } from "../../src/core/clock.ts";
import { ReefError } from "../../src/core/errors.ts";
import type { Operation, Table } from "../../src/blocks/store/index.ts";
import type { AskedWrite, Told } from "./ledger.ts";

export interface CallerOptions {
  /** Its own: part of its keys and marks. */
  readonly name: number;
  readonly table: Table;
  readonly random: () => number;
  /** How long its values are. */
  readonly valueBytes: number;
  /** Hears of a write before it is sent. */
  readonly onAsk: (write: AskedWrite) => void;
  /** Hears what became of it, with the error if there was one. */
  readonly onTold: (write: AskedWrite, error?: ReefError) => void;
}

/** Keys that one caller writes again and again. */
const ownKeys = 4;

/** Keys that all callers count in, each against all others. */
const sharedKeys = 3;

/** After a refusal: a store that is gone is not asked without a pause. */
const pauseMs = 5;

export class StoreCaller {
  readonly #options: CallerOptions;
  #asked = 0;
  /** Of its own keys, where it is certain. */
  readonly #revisions = new Map<string, number>();
  #created = 0;
  #batches = 0;

  constructor(options: CallerOptions) {
    this.#options = options;
  }

  async run(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      const kind = this.#options.random();
      try {
        if (kind < 0.5) await this.#put();
        else if (kind < 0.6) await this.#create();
        else if (kind < 0.8) await this.#batch();
        else await this.#count();
      } catch (thrown) {
        // What a conflict means, its caller knows already.
        if (ReefError.from(thrown).code !== "aborted") await sleep(pauseMs);
      }
    }
  }

  /** One of its own keys; every other time only in the place of what it wrote there itself. */
  async #put(): Promise<void> {
    const { name, random } = this.#options;
    const key = `put/${name}/${Math.floor(random() * ownKeys)}`;
    const known = this.#revisions.get(key);
    this.#revisions.delete(key);
    const expectedRevision = random() < 0.5 ? known : undefined;
    this.#revisions.set(key, await this.#write({ puts: [key], expectedRevision }));
  }

  /** A key that must not be there; when nobody knows whether it was made, it is made again. */
  async #create(): Promise<void> {
    const key = `new/${this.#options.name}/${this.#created}`;
    try {
      await this.#write({ puts: [key], expectedRevision: 0 });
    } catch (error) {
      if (ReefError.from(error).code !== "aborted") throw error;
    }
    this.#created += 1;
  }

  /** The same mark under several keys, and a key that goes from one batch to the next. */
  async #batch(): Promise<void> {
    const own = `batch/${this.#options.name}`;
    const last = this.#batches;
    this.#batches += 1;
    const puts = [`${own}/a`, `${own}/b`, `${own}/c`, `${own}/at-${this.#batches}`];
    await this.#write({ puts, deletes: [`${own}/at-${last}`] });
  }

  /** Where all write at once, a write is done only in the place of what its caller has read. */
  async #count(): Promise<void> {
    const { table, random } = this.#options;
    const key = `count/${Math.floor(random() * sharedKeys)}`;
    const entry = await table.get(key);
    await this.#write({ puts: [key], expectedRevision: entry?.revision ?? 0 });
  }

  async #write(
    what: Pick<AskedWrite, "puts"> & Partial<Pick<AskedWrite, "deletes" | "expectedRevision">>,
  ): Promise<number> {
    const { name, onAsk, onTold } = this.#options;
    const write: AskedWrite = {
      mark: `${name}.${this.#asked++}`,
      deletes: [],
      ...what,
      told: { kind: "unknown" },
    };
    onAsk(write);
    try {
      const revision = await this.#send(write);
      write.told = { kind: "acknowledged", revision };
      onTold(write);
      return revision;
    } catch (thrown) {
      const error = ReefError.from(thrown);
      write.told = toldBy(error);
      onTold(write, error);
      throw error;
    }
  }

  #send({ mark, puts, deletes, expectedRevision }: AskedWrite): Promise<number> {
    const { table, valueBytes } = this.#options;
    const value = `${mark} `.padEnd(valueBytes, "x");
    const [key, ...others] = puts;
    if (others.length === 0 && deletes.length === 0) {
      return table.put(key ?? assert.fail("a write writes"), value, { expectedRevision });
    }
    return table.batch([
      ...puts.map((each): Operation => ({ kind: "put", key: each, value })),
      ...deletes.map((each): Operation => ({ kind: "delete", key: each })),
    ]);
  }
}

/** On a full disk nothing was done, which the wire does not say: there a handler has run. */
function toldBy({ code, maybeExecuted }: ReefError): Told {
  const isRefused = code === "aborted" || code === "resource_exhausted" || !maybeExecuted;
  return { kind: isRefused ? "refused" : "unknown" };
}
