/** What doors report, within limits for each of them and for all of one namespace. It is forgotten by the store. */
import type { AuditReport } from "../../../../core/audit.ts";
import type { Clock } from "../../../../core/clock.ts";
import { TokenBucket } from "../../../../core/token-bucket.ts";
import { parseReports } from "../../contract.ts";
import type { WaitOptions } from "../../index.ts";
import { auditPath } from "./audit.ts";
import { put, type Records } from "./records.ts";

/** Thirty days: who may what is looked into sooner than who has changed it. */
const keptMs = 2_592_000_000;
/** Of all doors: with thirty days of that the store holds two hundred megabytes for one namespace. */
export const reportsPerDay = 20_000;
/** Of one door: a service that reports without end takes a part of the audit, and shows in it. */
export const reportsPerDoor = 5_000;
const dayS = 86_400;
/** That something is not written is written so often. */
const missedEveryMs = 3_600_000;
/** A door may have waited for auth as long as it goes on without. */
const lateMsMax = 86_400_000;
/** There are as many as a namespace has accounts for services, and each has gone on for a while. */
const doorsMax = 1_000;

/** What one of them may still write, and what was too much. */
interface Door {
  readonly left: TokenBucket;
  missed: number;
  toldMs: number;
}

export class Reports {
  readonly #records: Records;
  readonly #namespace: string;
  readonly #clock: Clock;
  readonly #left: TokenBucket;
  readonly #doors = new Map<string, Door>();

  constructor(records: Records, { namespace, clock }: { namespace: string; clock: Clock }) {
    this.#records = records;
    this.#namespace = namespace;
    this.#clock = clock;
    this.#left = new TokenBucket(clock, reportsPerDay);
  }

  /** `by` is who reports: nothing that is said in a report changes that. */
  async write(
    by: string | undefined,
    given: readonly AuditReport[],
    { signal }: WaitOptions = {},
  ): Promise<void> {
    const { reports } = parseReports({ reports: [...given] });
    const nowMs = Math.floor(this.#clock.wallMs());
    const door = this.#door(by ?? "");
    const kept = reports.filter(() => this.#mayWrite(door));
    door.missed += reports.length - kept.length;
    const entries = kept.map((report) => within(report, nowMs));
    if (door.missed > 0 && nowMs - door.toldMs >= missedEveryMs) {
      entries.push({ event: "not written", subject: "reports", timeMs: nowMs, calls: door.missed });
      door.missed = 0;
      door.toldMs = nowMs;
    }
    if (entries.length === 0) return;
    const operations = entries.map((entry) =>
      put(auditPath(this.#namespace, nowMs), by === undefined ? entry : { ...entry, by }, {
        ttlMs: keptMs,
      }),
    );
    await this.#records.write(operations, signal);
  }

  #mayWrite({ left }: Door): boolean {
    if (left.take(reportsPerDoor / dayS, { most: reportsPerDoor }) > 0) return false;
    return this.#left.take(reportsPerDay / dayS, { most: reportsPerDay }) === 0;
  }

  #door(by: string): Door {
    const known = this.#doors.get(by);
    if (known) return known;
    const left = new TokenBucket(this.#clock, reportsPerDoor);
    const door: Door = { left, missed: 0, toldMs: -Infinity };
    this.#doors.set(by, door);
    const [oldest] = this.#doors.keys();
    if (this.#doors.size > doorsMax && oldest !== undefined) this.#doors.delete(oldest);
    return door;
  }
}

/** Clocks of doors may be wrong, and must not put anything into another time than it was reported in. */
function within(report: AuditReport, nowMs: number): AuditReport {
  const timeMs = Math.min(nowMs, Math.max(report.timeMs, nowMs - lateMsMax));
  if (report.sinceMs === undefined) return { ...report, timeMs };
  const sinceMs = Math.min(timeMs, Math.max(report.sinceMs, nowMs - 2 * lateMsMax));
  return { ...report, timeMs, sinceMs };
}
