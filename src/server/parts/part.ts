/** One part of a platform: a child of its supervisor that opens something and holds it. */
import { sleep } from "../../core/clock.ts";
import { ReefError } from "../../core/errors.ts";
import type { Logger } from "../../core/log.ts";
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
  /**
   * What it needs may be in another process: while opening it fails with `unavailable`, it is tried again, and the
   * reason is told here. @default it has failed
   */
  readonly patience?: Logger | undefined;
}

/** Between two attempts: what has just come is used within a second. */
const againMs = 200;

/** A part in this process. */
export function createPart({ name, dependsOn, open, patience }: NearPart): Part {
  async function run({ signal, ready }: ChildContext): Promise<void> {
    await using opened = await openInTime(signal);
    if (!opened) return;
    ready();
    await fired(signal);
  }
  async function openInTime(signal: AbortSignal): Promise<AsyncDisposable | undefined> {
    for (let told = ""; !signal.aborted;) {
      try {
        return await open();
      } catch (error) {
        const { code, message } = ReefError.from(error);
        if (!patience || code !== "unavailable") throw error;
        if (told !== message) patience.info(`The ${name} waits: ${message}`);
        told = message;
      }
      await sleep(againMs, { signal }).catch(stopped);
    }
    return undefined;
  }
  return { name, dependsOn, run };
}

/** The sleep was ended because the part is to stop: the loop sees it by itself. */
function stopped(): void {}

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
    const text = `Cannot use ${this.#name}: it is not open yet; "reef status" shows what it waits for`;
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
