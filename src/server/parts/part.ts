/** One part of a platform: a child of its supervisor that opens something and holds it. */
import { ReefError } from "../../core/errors.ts";
import type { ChildContext, ChildSpec } from "../../supervisor/child.ts";
import type { FarPart } from "./far-part.ts";

export interface Part extends ChildSpec {
  readonly dependsOn: readonly string[];
  /** The way to it, when it runs in a process of its own. */
  readonly far?: FarPart;
}

export interface NearPart {
  readonly name: string;
  /** Names of parts: opened after these, closed before them. */
  readonly dependsOn: readonly string[];
  open(): Promise<AsyncDisposable>;
}

/** A part in this process. */
export function createPart({ name, dependsOn, open }: NearPart): Part {
  async function run({ signal, ready }: ChildContext): Promise<void> {
    await using opened = await open();
    void opened;
    ready();
    await fired(signal);
  }
  return { name, dependsOn, run };
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

/** Resolves when it fires. */
export function fired(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener("abort", () => resolve(), { once: true });
  });
}
