/**
 * The namespaces as a process knows them: a copy, so that what asks whether there is one, which base it has or how much
 * it may take is a look-up here, and goes on while they cannot be watched.
 */
import {
  basesMax,
  type Namespace,
  type NamespaceEvent,
  type Namespaces,
} from "../blocks/namespaces/index.ts";
import { backoffMs } from "../core/backoff.ts";
import { type Clock, sleep, systemClock } from "../core/clock.ts";
import { ReefError } from "../core/errors.ts";
import { callContext } from "./context.ts";

/** What is asked of it by those who only look services up. */
export interface Bases {
  /** The bases of a namespace, the nearest first; none while nothing is known. */
  basesOf(namespace: string): readonly string[];
}

const noBases: readonly string[] = [];

/** Between attempts to watch again. */
const returnMaxMs = 500;

/** A watch that holds tells it in a few milliseconds. */
const heardMsMax = 1_000;

export class NamespaceCache implements Bases {
  readonly #clock: Clock;
  readonly #known = new Map<string, Namespace>();
  /** Looked up for each call of a service that a namespace lacks; emptied with each change. */
  readonly #bases = new Map<string, readonly string[]>();
  readonly #listeners = new Set<() => void>();
  readonly #present = Promise.withResolvers<void>();
  #isKnown = false;
  #changes = 0;

  constructor(clock: Clock = systemClock) {
    this.#clock = clock;
  }

  /** Resolves when they have been told once, or cannot be told: then nothing has a base or a quota. */
  get present(): Promise<void> {
    return this.#present.promise;
  }

  /** Another number after each change: who remembers something of what is known asks again then. */
  get changes(): number {
    return this.#changes;
  }

  /** Undefined for one that is not there, and for all of them while nothing is known. */
  get(name: string): Namespace | undefined {
    return this.#known.get(name);
  }

  /** Whether it is known that there is none. */
  lacks(name: string): boolean {
    return this.#isKnown && !this.#known.has(name);
  }

  basesOf(namespace: string): readonly string[] {
    const known = this.#bases.get(namespace);
    if (known) return known;
    let base = this.#known.get(namespace)?.base;
    if (base === undefined) return noBases;
    const bases: string[] = [];
    for (; base !== undefined && bases.length < basesMax; base = this.#known.get(base)?.base) {
      bases.push(base);
    }
    this.#bases.set(namespace, bases);
    return bases;
  }

  /** Calls `listener` after each change, until what this returns is disposed. */
  onChange(listener: () => void): Disposable {
    this.#listeners.add(listener);
    return { [Symbol.dispose]: () => void this.#listeners.delete(listener) };
  }

  /** Resolves when this one is known, or soon without that: the watch may be broken just now. */
  async heard(name: string): Promise<void> {
    if (!this.lacks(name)) return;
    const told = Promise.withResolvers<void>();
    const listening = this.onChange(() => this.lacks(name) || told.resolve());
    await Promise.race([told.promise, sleep(heardMsMax, { clock: this.#clock, background: true })]);
    listening[Symbol.dispose]();
  }

  /** Hears of them from here, over every break, until what this returns is disposed. */
  follow(namespaces: Pick<Namespaces, "watch">): AsyncDisposable {
    const closing = new AbortController();
    // Outside of any call: whoever begins it is often a handler, and the watch outlives that.
    const following = callContext.exit(() => this.#follow(namespaces, closing.signal));
    return {
      [Symbol.asyncDispose]: async () => {
        closing.abort();
        this.#present.resolve();
        await following;
      },
    };
  }

  async #follow(namespaces: Pick<Namespaces, "watch">, signal: AbortSignal): Promise<void> {
    for (let failures = 0; !signal.aborted;) {
      try {
        const told = new Set<string>();
        for await (const event of namespaces.watch({ signal })) {
          this.#hear(event, told);
          failures = 0;
        }
      } catch (error) {
        // What is known still holds, and who needs more than that hears it from whom he calls.
        if (!(error instanceof ReefError)) throw error;
      }
      this.#present.resolve();
      failures += 1;
      const delayMs = backoffMs(failures, { maxMs: returnMaxMs });
      await sleep(delayMs, { clock: this.#clock, signal, background: true }).catch(stopped);
    }
  }

  #hear(event: NamespaceEvent, told: Set<string>): void {
    if (event.kind === "namespace") {
      told.add(event.namespace.name);
      this.#known.set(event.namespace.name, event.namespace);
    } else if (event.kind === "gone") {
      this.#known.delete(event.name);
    } else {
      for (const name of this.#known.keys()) if (!told.has(name)) this.#known.delete(name);
      this.#isKnown = true;
    }
    this.#changes += 1;
    this.#bases.clear();
    for (const listener of this.#listeners) listener();
    if (event.kind === "complete") this.#present.resolve();
  }
}

/** The sleep was ended because the following is: the loop sees it by itself. */
function stopped(): void {}
