/** One part of a platform: what it opens, and what has to be there before. */
import { ReefError } from "../../core/errors.ts";
import type { ChildContext, ChildSpec } from "../../supervisor/child.ts";

export interface Part {
  readonly name: string;
  /** Names of parts: opened after these, closed before them. */
  readonly dependsOn: readonly string[];
  open(): Promise<AsyncDisposable>;
}

/** A part as a child of the platform's supervisor; `onFailure` hears of each failure before the supervisor does. */
export function childOf(part: Part, onFailure: (error: unknown) => void): ChildSpec {
  async function run({ signal, ready }: ChildContext): Promise<void> {
    try {
      await using opened = await part.open();
      void opened;
      ready();
      await fired(signal);
    } catch (error) {
      onFailure(error);
      throw error;
    }
  }
  return { name: part.name, dependsOn: part.dependsOn, run };
}

/** Where the other parts find what one of them has opened, also after it was opened again. */
export class Slot<T> {
  readonly #name: string;
  #held: T | undefined;

  /** @param name for the text of an error: "the store" */
  constructor(name: string) {
    this.#name = name;
  }

  get held(): T | undefined {
    return this.#held;
  }

  /** @throws {ReefError} `unavailable` while nothing is there */
  get(): T {
    if (this.#held !== undefined) return this.#held;
    const text = `Cannot use ${this.#name}: it is not open; try again in a moment`;
    throw new ReefError("unavailable", text, { maybeExecuted: false });
  }

  /** Holds it until what this returns is disposed. */
  hold(opened: T): Disposable {
    this.#held = opened;
    return {
      [Symbol.dispose]: () => {
        if (this.#held === opened) this.#held = undefined;
      },
    };
  }
}

function fired(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener("abort", () => resolve(), { once: true });
  });
}
