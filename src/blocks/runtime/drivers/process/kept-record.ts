/**
 * One record in the store, kept as it is here: changed here at once, there soon. While the store cannot be reached it
 * is tried again, and only the last change counts; who must know that a change is kept waits for `kept`.
 */
import { backoffMs } from "../../../../core/backoff.ts";
import { type Clock, sleep } from "../../../../core/clock.ts";
import { ReefError } from "../../../../core/errors.ts";
import type { Logger } from "../../../../core/log.ts";
import type { Table } from "../../../store/index.ts";
import { formatRecord, type ServiceRecord } from "./service-record.ts";

export interface KeptRecordOptions {
  readonly table: Table;
  readonly key: string;
  readonly clock: Clock;
  readonly log: Logger;
  /** Of the entry that was read; undefined: it is asked for when something is written. */
  readonly revision: number | undefined;
}

/** One write: a store that takes longer is as good as away. */
const writeTimeoutMs = 5_000;

/** Between attempts, so that what was decided meanwhile is kept soon after the store is back. */
const retryMsMax = 1_000;

export class KeptRecord implements AsyncDisposable {
  readonly #options: KeptRecordOptions;
  readonly #closed = new AbortController();
  #value: ServiceRecord;
  #isGone = false;
  /** Counts changes; `#keptVersion` is the last one that the store has. */
  #version = 0;
  #keptVersion = 0;
  #revision: number | undefined;
  #isKeeping = false;
  #keeping: Promise<void> | undefined;
  /** Why the last attempt to write it failed. */
  #failure: ReefError | undefined;
  #waiters: { readonly version: number; readonly resolve: () => void }[] = [];

  constructor(value: ServiceRecord, options: KeptRecordOptions) {
    this.#value = value;
    this.#options = options;
    this.#revision = options.revision;
  }

  get value(): ServiceRecord {
    return this.#value;
  }

  change(change: Partial<ServiceRecord>): void {
    this.#value = { ...this.#value, ...change };
    this.#keep();
  }

  /** Takes the record out of the store; what is changed after it counts no more. */
  forget(): void {
    this.#isGone = true;
    this.#keep();
  }

  /**
   * Settles when the store has all changes that were made so far.
   * @throws {ReefError} `unavailable` when that takes longer than `timeoutMs`; it goes on being tried
   */
  async kept(timeoutMs: number): Promise<void> {
    if (this.#keptVersion >= this.#version) return;
    const { clock, key } = this.#options;
    const over = Promise.withResolvers<void>();
    this.#waiters.push({ version: this.#version, resolve: over.resolve });
    const timer = clock.after(timeoutMs, () => {
      const rule = `the store did not take it within ${timeoutMs} ms`;
      const why = this.#failure?.message ?? 'see "reef status"';
      const text = `Cannot write down what is desired of "${key}": ${rule}; ${why}`;
      over.reject(new ReefError("unavailable", text, { cause: this.#failure }));
    });
    try {
      await over.promise;
    } finally {
      timer.cancel();
    }
  }

  /** Ends the attempts: what is not kept by then is not. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#closed.abort();
    await this.#keeping;
  }

  #keep(): void {
    this.#version++;
    if (this.#isKeeping) return;
    this.#isKeeping = true;
    this.#keeping = this.#keepUntilDone();
  }

  async #keepUntilDone(): Promise<void> {
    const { clock, log, key } = this.#options;
    const { signal } = this.#closed;
    for (let failures = 0; this.#keptVersion < this.#version && !signal.aborted;) {
      const version = this.#version;
      try {
        // oxlint-disable-next-line no-await-in-loop -- one write after the other
        await this.#write();
        this.#keptVersion = version;
        failures = 0;
        this.#failure = undefined;
        this.#tell();
      } catch (thrown) {
        if (signal.aborted) break;
        failures += 1;
        // Whether it was done is not known, and the next write must not go by what it was before.
        this.#revision = undefined;
        this.#failure = ReefError.from(thrown);
        const { code, message } = this.#failure;
        if (failures === 1) log.warn("A service cannot be written down", { key, code, message });
        const delayMs = backoffMs(failures, { maxMs: retryMsMax });
        // oxlint-disable-next-line no-await-in-loop
        await sleep(delayMs, { clock, signal, background: true }).catch(ignoreClose);
      }
    }
    // In the same turn as the last look: a change that comes now begins again.
    this.#isKeeping = false;
  }

  /** With the revision that it replaces: a write that was given up must not come after one that was made later. */
  async #write(): Promise<void> {
    const { table, key } = this.#options;
    const signal = AbortSignal.any([this.#closed.signal, AbortSignal.timeout(writeTimeoutMs)]);
    this.#revision ??= (await table.get(key, { signal }))?.revision ?? 0;
    const options = { expectedRevision: this.#revision, signal };
    if (!this.#isGone) this.#revision = await table.put(key, formatRecord(this.#value), options);
    else if (this.#revision !== 0) {
      await table.delete(key, options);
      this.#revision = 0;
    }
  }

  #tell(): void {
    const done = this.#waiters.filter(({ version }) => version <= this.#keptVersion);
    this.#waiters = this.#waiters.filter(({ version }) => version > this.#keptVersion);
    for (const { resolve } of done) resolve();
  }
}

/** The loop sees it by itself. */
function ignoreClose(): void {}
