/** What happened, for those who look after a realm. It is forgotten after a while, by the store. */
import { randomBytes } from "node:crypto";
import type { AuditEntry } from "../../../../core/audit.ts";
import type { Clock } from "../../../../core/clock.ts";
import { TokenBucket } from "../../../../core/token-bucket.ts";
import type { Operation } from "../../../store/index.ts";
import { put } from "./records.ts";

/** Ninety days: long enough to look into something that was noticed late. */
const keptMs = 7_776_000_000;
/**
 * As many a day in one namespace are kept so long: with ninety days of that the store holds some hundred megabytes.
 * More is somebody who logs in and out without end, and shows in what came before.
 */
export const keptPerDay = 10_000;
/** For the others: long enough to see what goes on. */
const excessKeptMs = 3_600_000;
const dayS = 86_400;

/** Digits of a time, so that the order of keys is that of time until the year 5138. */
const timeDigits = 14;

export function auditPrefix(namespace: string): string {
  return `audit/${namespace}/`;
}

/** Of another entry each time. */
export function auditPath(namespace: string, timeMs: number): string {
  const time = String(timeMs).padStart(timeDigits, "0");
  return `${auditPrefix(namespace)}${time}-${randomBytes(6).toString("base64url")}`;
}

/** When an entry was written, by what follows the prefix in its path. */
export function timeOf(name: string): number {
  return Number(name.slice(0, timeDigits));
}

/** Writes down what happens in one namespace, within its limit. */
export class AuditNotes {
  readonly #namespace: string;
  readonly #clock: Clock;
  readonly #kept: TokenBucket;

  constructor(namespace: string, clock: Clock) {
    this.#namespace = namespace;
    this.#clock = clock;
    this.#kept = new TokenBucket(clock, keptPerDay);
  }

  /** What is to be written of what happens now. */
  now(event: string, subject: string, by: string | undefined): Operation {
    const timeMs = Math.floor(this.#clock.wallMs());
    return this.of({ timeMs, event, subject, ...(by !== undefined && { by }) });
  }

  /** What is to be written. */
  of(entry: AuditEntry): Operation {
    const path = auditPath(this.#namespace, entry.timeMs);
    const isKept = this.#kept.take(keptPerDay / dayS, { most: keptPerDay }) === 0;
    return put(path, entry, { ttlMs: isKept ? keptMs : excessKeptMs });
  }
}
