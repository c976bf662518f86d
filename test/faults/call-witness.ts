/** Sees how the calls of many callers go through an outage: how they fail, how long they take, and when each heals. */
import { type Code, ReefError } from "../../src/core/errors.ts";
import type { Table } from "../../src/blocks/store/index.ts";

export class CallWitness {
  /** Failures by code; a lost race is none. */
  readonly failures = new Map<Code, number>();
  slowestFailureMs = 0;
  readonly #callers = new Set<string>();
  #backAtMs: number | undefined;
  #healed = new Map<string, number>();
  #onHealed: (() => void) | undefined;

  /** What a caller is called is up to the caller; from then on it has to heal. */
  async see<T>(caller: string, call: () => Promise<T>): Promise<T> {
    this.#callers.add(caller);
    const startMs = performance.now();
    try {
      const result = await call();
      this.hear(caller);
      return result;
    } catch (thrown) {
      const { code } = ReefError.from(thrown);
      if (code === "aborted") this.hear(caller);
      else this.#fail(code, performance.now() - startMs);
      throw thrown;
    }
  }

  /** A caller had an answer. */
  hear(caller: string): void {
    this.#callers.add(caller);
    if (this.#backAtMs === undefined || this.#healed.has(caller)) return;
    this.#healed.set(caller, performance.now() - this.#backAtMs);
    if (this.#healed.size === this.#callers.size) this.#onHealed?.();
  }

  /**
   * The outage is over. Resolves with the time that the last caller needed; with `Infinity` when some have not healed
   * after `limitMs`.
   */
  async healing(limitMs: number): Promise<number> {
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#healed = new Map();
    this.#onHealed = resolve;
    this.#backAtMs = performance.now();
    const timer = setTimeout(resolve, limitMs);
    await promise;
    clearTimeout(timer);
    this.#backAtMs = undefined;
    return this.#healed.size < this.#callers.size ? Infinity : Math.max(...this.#healed.values());
  }

  #fail(code: Code, tookMs: number): void {
    this.failures.set(code, (this.failures.get(code) ?? 0) + 1);
    this.slowestFailureMs = Math.max(this.slowestFailureMs, tookMs);
  }
}

/** The same table, as one caller uses it under the eyes of a witness. */
export function witnessed(table: Table, witness: CallWitness, caller: string): Table {
  return {
    get: (...given) => witness.see(caller, () => table.get(...given)),
    put: (...given) => witness.see(caller, () => table.put(...given)),
    delete: (...given) => witness.see(caller, () => table.delete(...given)),
    batch: (...given) => witness.see(caller, () => table.batch(...given)),
    list: (...given) => witness.see(caller, () => table.list(...given)),
    watch: (...given) => table.watch(...given),
  };
}
