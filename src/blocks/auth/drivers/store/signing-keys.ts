/**
 * The keys that sign tokens. Private halves are sealed with a key of the platform that is kept elsewhere: a copy of the
 * store signs nothing. Of several platforms on one store each signs with its own, and all of them are published.
 *
 * A new key is published some time before it signs, so that all who check tokens have it by then; an old one stays
 * published until the last token that it signed has expired.
 */
import { createPublicKey, type KeyObject } from "node:crypto";
import type { Clock } from "../../../../core/clock.ts";
import { ReefError } from "../../../../core/errors.ts";
import type { PublishedKeys } from "../../../../core/identity.ts";
import type { SigningKey } from "../../../../core/signed-token.ts";
import type { Operation } from "../../../store/index.ts";
import { keyPlan, type PlannedKey } from "./key-plan.ts";
import { drop, put, type Records } from "./records.ts";
import { newKey, openKey, type Seal, type SealedKey } from "./sealed-key.ts";

interface KeyRecord extends PlannedKey, SealedKey {
  /** With what it is sealed: it says nothing about that. */
  readonly sealer: string;
}

export interface SigningKeysOptions {
  readonly records: Records;
  readonly seal: Seal;
  readonly clock: Clock;
  /** How long a key signs until it is time for another one. */
  readonly periodMs: number;
}

export interface RotationOptions {
  /** @default false */
  readonly ifDue?: boolean | undefined;
  /** What is to be written of it. */
  readonly note: (kid: string) => Operation;
  readonly signal?: AbortSignal | undefined;
}

const prefix = "keys/";

/** More in a row would mean that somebody changes one record without end. */
const attemptsMax = 10;

export class SigningKeys {
  readonly #options: SigningKeysOptions;
  readonly #opened = new Map<string, Promise<SigningKey>>();
  readonly #public = new Map<string, KeyObject>();

  constructor(options: SigningKeysOptions) {
    this.#options = options;
  }

  /** What signs now. The first one is made when it is needed. */
  async current(signal?: AbortSignal): Promise<SigningKey> {
    const nowMs = this.#nowMs();
    const newest = (await this.#own(signal)).findLast(({ signsFromMs }) => signsFromMs <= nowMs);
    if (!newest) {
      await this.#make(() => nowMs, { signal });
      return this.current(signal);
    }
    const opened = this.#opened.get(newest.kid) ?? openKey(newest, this.#options.seal);
    this.#opened.set(newest.kid, opened);
    return opened;
  }

  /** What signs now, for a token that outlives those of a login: it is published for as long. */
  async currentUntil(untilMs: number, signal?: AbortSignal): Promise<SigningKey> {
    const key = await this.current(signal);
    const path = pathOf(key);
    for (let attempt = 1; ; attempt += 1) {
      // oxlint-disable-next-line no-await-in-loop -- somebody else may have changed it meanwhile
      const kept = await this.#options.records.get<KeyRecord>(path, signal);
      // One of an older version is published for as long as any token may live.
      if (kept?.value.usedUntilMs === undefined || kept.value.usedUntilMs >= untilMs) return key;
      const record: KeyRecord = { ...kept.value, usedUntilMs: untilMs };
      const write = put(path, record, { expectedRevision: kept.revision });
      try {
        // oxlint-disable-next-line no-await-in-loop
        await this.#options.records.write([write], signal);
        return key;
      } catch (error) {
        if (ReefError.from(error).code !== "aborted" || attempt >= attemptsMax) throw error;
      }
    }
  }

  /** Makes another key, with a note of its name; and forgets those that nobody needs any more. */
  async rotate({ ifDue = false, note, signal }: RotationOptions): Promise<void> {
    await this.#make((own) => this.#plan(own).nextFromMs(ifDue), { note, signal });
    const gone = this.#plan(await this.#own(signal)).gone;
    if (gone.length === 0) return;
    await this.#options.records.write(
      gone.map((each) => drop(pathOf(each))),
      signal,
    );
  }

  async published(signal?: AbortSignal): Promise<PublishedKeys> {
    const all = await this.#all(signal);
    const own = this.#plan(all.filter((each) => this.#isOwn(each)));
    return {
      keys: all.map(({ publicJwk }) => publicJwk),
      uses: all.map((each) =>
        this.#isOwn(each)
          ? own.useOf(each)
          : { kid: each.kid, state: "foreign", sinceMs: each.signsFromMs },
      ),
    };
  }

  /** By name; a key is never changed, so it is read once. */
  async find(kid: string, signal?: AbortSignal): Promise<KeyObject | undefined> {
    const known = this.#public.get(kid);
    if (known) return known;
    const record = (await this.#all(signal)).find((each) => each.kid === kid);
    if (!record) return undefined;
    const key = createPublicKey({ key: { ...record.publicJwk }, format: "jwk" });
    this.#public.set(kid, key);
    return key;
  }

  #nowMs(): number {
    return Math.floor(this.#options.clock.wallMs());
  }

  #plan<K extends PlannedKey>(own: readonly K[]) {
    return keyPlan(own, { nowMs: this.#nowMs(), periodMs: this.#options.periodMs });
  }

  #isOwn({ sealer }: KeyRecord): boolean {
    return sealer === this.#options.seal.name;
  }

  /** Those that this platform can sign with. */
  async #own(signal: AbortSignal | undefined): Promise<KeyRecord[]> {
    return (await this.#all(signal)).filter((each) => this.#isOwn(each));
  }

  /** The one that signs last comes last. */
  async #all(signal: AbortSignal | undefined): Promise<KeyRecord[]> {
    const all = await this.#options.records.all<KeyRecord>(prefix, signal);
    return all.toSorted((one, other) => one.signsFromMs - other.signsFromMs);
  }

  /**
   * Makes one that signs from when `fromMs` says, if it says that. Of several who do that at the same moment, in two
   * processes that share a store and a seal, one is heard: what the others wanted has then been done.
   */
  async #make(
    fromMs: (own: readonly KeyRecord[]) => number | undefined,
    { note, signal }: Partial<RotationOptions>,
  ): Promise<void> {
    const { records, seal } = this.#options;
    const turnPath = `turns/${seal.name}`;
    // Before the keys are read: who makes one after that takes this turn away.
    const turn = await records.get(turnPath, signal);
    const signsFromMs = fromMs(await this.#own(signal));
    if (signsFromMs === undefined) return;
    const record = { ...(await newKey(seal)), sealer: seal.name, signsFromMs, usedUntilMs: 0 };
    const { kid } = record;
    const taken = put(turnPath, { kid }, { expectedRevision: turn?.revision ?? 0 });
    const made = put(pathOf(record), record, { expectedRevision: 0 });
    const writes = note ? [taken, made, note(kid)] : [taken, made];
    await records.write(writes, signal).catch(lostTurn);
  }
}

function pathOf({ kid }: Pick<KeyRecord, "kid">): string {
  return `${prefix}${kid}`;
}

function lostTurn(error: unknown): void {
  if (ReefError.from(error).code !== "aborted") throw error;
}
