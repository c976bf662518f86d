/**
 * The key by which parts of a platform know each other, in the state folder. Each process reads it when it needs it, so
 * that the platform may put another one in its place while parts in processes of their own run on.
 */
import { randomBytes } from "node:crypto";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { Clock, Timer } from "../../core/clock.ts";
import { ReefError } from "../../core/errors.ts";
import { EventSource } from "../../core/events.ts";
import type { StateFolder } from "../../framework/state-folder.ts";
import { keptText, replaceText } from "../kept-text.ts";

type Folder = Pick<StateFolder, "identity">;

interface PartsKey {
  readonly key: string;
  /** Wall clock. */
  readonly sinceMs: number;
  /** The one before is good until then: somebody may have read it just before it was replaced. */
  readonly before?: { readonly key: string; readonly untilMs: number };
}

const name = "parts.key";
const keyBytes = 32;

/** From reading it to showing what it proves takes milliseconds; a busy machine takes longer. */
const beforeMs = 60_000;

/** Makes the key if there is none. */
export async function makePartsKey({ identity }: Folder, nowMs: number): Promise<void> {
  const first: PartsKey = { key: newKey(), sinceMs: nowMs };
  await keptText({ path: identity }, name, () => JSON.stringify(first));
}

/** Another key, if the one that is there is older. Only the platform does this, of which there is one. */
export async function rotatePartsKey(
  { identity }: Folder,
  { nowMs, periodMs }: { readonly nowMs: number; readonly periodMs: number },
): Promise<boolean> {
  const old = read(identity);
  if (nowMs - old.sinceMs < periodMs) return false;
  const before = { key: old.key, untilMs: nowMs + beforeMs };
  const next: PartsKey = { key: newKey(), sinceMs: nowMs, before };
  await replaceText({ path: identity }, name, JSON.stringify(next));
  return true;
}

/** Thirty days, as the keys that sign tokens. */
export const partsKeyPeriodMs = 2_592_000_000;

/** Since when it is this one; wall clock. */
export function partsKeySinceMs({ identity }: Folder): number {
  return read(identity).sinceMs;
}

/** While somebody listens. */
const lookMs = 20_000;

/**
 * The key as one process knows it, which looks at the file whenever it shows something or is shown it, and every 20 s
 * while somebody wants to hear of another one. What the key before proves is believed for a minute from when that is
 * known here, so that whoever is in can show what the next one proves.
 */
export class PartsKeys {
  readonly #folder: Folder;
  readonly #clock: Clock;
  readonly #changed = new EventSource<void>();
  #listeners = 0;
  #current: string | undefined;
  /** When those before end, by the wall clock. */
  readonly #ends = new Map<string, number>();
  #timer: Timer | undefined;

  constructor(folder: Folder, clock: Clock) {
    this.#folder = folder;
    this.#clock = clock;
  }

  /** What is shown. */
  get current(): string {
    return this.#look().key;
  }

  /** What is believed. */
  get good(): readonly string[] {
    const { key, before } = this.#look();
    if (before && !this.#ends.has(before.key)) this.#ends.set(before.key, before.untilMs);
    const nowMs = this.#clock.wallMs();
    return [key, ...[...this.#ends].filter(([, endMs]) => nowMs < endMs).map(([old]) => old)];
  }

  /** When what this key proves is believed no more; as far as is known, as another one may come. */
  endOf(key: string): number {
    return key === this.#current ? Infinity : (this.#ends.get(key) ?? 0);
  }

  /** Calls `listener` when there is another key, until what this returns is disposed. */
  onChange(listener: () => void): Disposable {
    const unlisten = this.#changed.on(listener);
    this.#listeners += 1;
    this.#lookLater();
    return {
      [Symbol.dispose]: () => {
        unlisten();
        this.#listeners -= 1;
        if (this.#listeners > 0) return;
        this.#timer?.cancel();
        this.#timer = undefined;
      },
    };
  }

  #look(): PartsKey {
    const known = read(this.#folder.identity);
    const before = this.#current;
    this.#current = known.key;
    if (before !== undefined && before !== known.key) {
      const nowMs = this.#clock.wallMs();
      for (const [old, endMs] of this.#ends) if (endMs <= nowMs) this.#ends.delete(old);
      this.#ends.set(before, nowMs + beforeMs);
      this.#changed.emit();
    }
    return known;
  }

  #lookLater(): void {
    this.#timer ??= this.#clock.after(lookMs, () => this.#lookAgain(), { background: true });
  }

  #lookAgain(): void {
    this.#timer = undefined;
    try {
      this.#look();
    } catch (error) {
      // Whoever connects next is told; those who are in stay in.
      if (!(error instanceof ReefError)) throw error;
    }
    this.#lookLater();
  }
}

/** At once, because a door decides at once; parts connect so rarely that it costs nothing. */
function read(identity: string): PartsKey {
  const path = join(identity, name);
  try {
    const text = readFileSync(path, "utf8").trim();
    // An older version wrote the key alone.
    if (!text.startsWith("{")) return { key: text, sinceMs: 0 };
    // It was written here.
    return JSON.parse(text) as PartsKey;
  } catch (cause) {
    const rule = `its key ${path} cannot be read`;
    const text = `Cannot say who a part of the platform is: ${rule}; delete it, and start the platform and its parts again`;
    throw new ReefError("data_loss", text, { cause, maybeExecuted: false });
  }
}

function newKey(): string {
  return randomBytes(keyBytes).toString("base64url");
}
