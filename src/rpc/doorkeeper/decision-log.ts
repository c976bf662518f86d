/**
 * What a door has decided, on its way to the audit. A decision is told within a second, and what is decided again is
 * only counted, by whoever remembers the decision: one more on a number. What goes on is told again after a minute,
 * then after twice that, up to an hour, so that the audit grows by what is different and not by what is much.
 *
 * Nothing here waits for auth, and all of it has a limit; what is beyond a limit is counted, and the count is told.
 * Where the answer of auth is lost, a count may be told twice: rather that than not at all.
 */
import {
  type AuditReport,
  nameIn,
  nobodyKnown,
  othersKnown,
  reportsMax,
} from "../../core/audit.ts";
import { backoffMs } from "../../core/backoff.ts";
import type { Clock, Timer } from "../../core/clock.ts";
import { ReefError } from "../../core/errors.ts";
import type { Logger } from "../../core/log.ts";
import { TokenFault } from "../../core/signed-token.ts";
import { TokenBucket } from "../../core/token-bucket.ts";
import type { Known } from "../doorkeeper.ts";
import type { Place } from "./decisions.ts";

/** How often something was decided since it was told last. */
export interface Tally {
  calls: number;
}

/** What was decided, and by which rule, if by one. */
export interface Verdict {
  readonly allowed: boolean;
  readonly rule?: { readonly id: string };
}

/** Of one who may not even ask where he did. Where that was, is not kept: anybody may make up names. */
export const elsewhere: Verdict = { allowed: false, rule: { id: "not his namespace" } };

/** Of what nobody writes down. */
export const uncounted: Tally = { calls: 0 };

/** Where decisions go. */
export interface DoorAudit {
  /** Of the door itself: what is not about anybody's rules belongs there. */
  readonly namespace: string;
  tell(
    namespace: string,
    reports: readonly AuditReport[],
    options: { readonly signal: AbortSignal },
  ): Promise<void>;
}

export interface DecisionLogOptions extends DoorAudit {
  readonly clock: Clock;
  readonly log: Pick<Logger, "info"> | undefined;
  /** Who remembers a tally has to ask for it again. */
  readonly forgotten: () => void;
}

/** A thing that is told, and when. */
interface Line extends Tally {
  readonly key: string;
  readonly namespace: string;
  readonly whom: string;
  readonly report: Omit<AuditReport, "timeMs" | "sinceMs" | "calls">;
  /** Of the wall clock. */
  sinceMs: number;
  lastMs: number;
  /** What `calls` was when it was looked at. */
  seen: number;
  /** Of the monotonic clock: not told before. */
  dueMs: number;
  everyMs: number;
}

interface Telling {
  readonly within: AbortSignal;
  /** All is told, also what is not due. */
  readonly isLast: boolean;
}

/** Of somebody at this door. */
interface Whom {
  lines: number;
  readonly told: TokenBucket;
}

/** A person who looks for what he has just done finds it, and many of them are one call. */
export const soonMs = 1_000;
/** How often what was decided again is looked for, and how exact the last time of it is. */
export const lookMs = 60_000;
/** What goes on all day is an entry an hour; what nobody has done for as long is forgotten here. */
const everyMsMax = 3_600_000;
/** Twenty services of ten methods for twenty accounts; each costs some hundred bytes. */
const linesMax = 4_096;
/** Of one account: more than a program has methods. What it does beyond is one entry. */
const linesPerWhom = 256;
/**
 * Decisions of one account on behalf of somebody with a name, beside its others: as many users as call one service
 * within an hour and are still read one by one. Those of more are one entry for each decision, so that many users make
 * no decision coarse; nor do they where they would be half of all lines.
 */
const behalvesPerWhom = 128;
/** Entries of one account in a day, so that nobody hides what he does by doing much else. */
const toldPerDay = 500;
const dayS = 86_400;
/** An auth that is away is asked again within half a minute, as jitter adds half of this. */
const returnMsMax = 20_000;
/** A call that is not answered by then. */
const timeoutMs = 5_000;
/** At the end of a door: somebody waits for it. */
const lastTimeoutMs = 500;

export class DecisionLog implements AsyncDisposable {
  readonly #options: DecisionLogOptions;
  readonly #lines = new Map<string, Line>();
  readonly #whom = new Map<string, Whom>();
  /** What is beyond `linesMax`. */
  readonly #beyond: Tally = { calls: 0 };
  #timer: Timer | undefined;
  #wakesAtMs = Infinity;
  /** When all was looked at, of the wall clock. */
  #lookedMs = 0;
  #failures = 0;
  #telling: Promise<void> | undefined;
  readonly #closing = new AbortController();

  constructor(options: DecisionLogOptions) {
    this.#options = options;
  }

  /** What counts this decision about that one, who is known for as long as nothing is forgotten. */
  tally(known: Known, place: Place, { allowed, rule }: Verdict): Tally {
    const { namespace, resource } = place;
    const { type, name, endpoint } = resource;
    const onBehalfOf = behalfOf(known, place);
    return this.#line(namespace, {
      event: allowed ? "call allowed" : "call refused",
      subject: known ? nameIn(namespace, { ...known, id: known.account }) : nobodyKnown,
      resource: `${type}:${name}:${endpoint}`.slice(0, resourceCharacters),
      ...(rule && { rule: rule.id }),
      ...(onBehalfOf !== undefined && { onBehalfOf }),
    });
  }

  /** A token was refused, or not even looked at. What is written is a text of ours, and nothing of the token. */
  fault({ code, cause }: ReefError): void {
    const { namespace } = this.#options;
    const isFault = cause instanceof TokenFault;
    if (!isFault && code !== "resource_exhausted") return;
    const rule = isFault ? cause.message : "too many wrong ones came";
    this.#line(namespace, { event: "token refused", subject: nobodyKnown, rule }).calls += 1;
  }

  /** Tells what is left. */
  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#closing.signal.aborted) return;
    this.#closing.abort();
    this.#timer?.cancel();
    await this.#telling;
    // In as many calls as it takes, within the time that there is.
    const within = AbortSignal.timeout(lastTimeoutMs);
    do {
      // oxlint-disable-next-line no-await-in-loop -- what was told is not left
      await this.#tell({ within, isLast: true });
    } while (this.#failures === 0 && this.#isLeft());
  }

  #line(namespace: string, report: Line["report"]): Tally {
    const { event, subject, resource, rule, onBehalfOf } = report;
    const isNamed = onBehalfOf !== undefined && onBehalfOf !== othersKnown;
    const whom = `${namespace}\n${subject}${isNamed ? "\nfor" : ""}`;
    const key = `${whom}\n${event}\n${rule ?? ""}\n${resource ?? ""}\n${onBehalfOf ?? ""}`;
    const before = this.#lines.get(key);
    if (before) return before;
    const { clock } = this.#options;
    const told = this.#whom.get(whom) ?? { lines: 0, told: new TokenBucket(clock, toldPerDay) };
    if (isNamed && (told.lines >= behalvesPerWhom || this.#lines.size >= linesMax / 2)) {
      return this.#line(namespace, { ...report, onBehalfOf: othersKnown });
    }
    if (told.lines >= linesPerWhom && resource !== anything) {
      return this.#line(namespace, { event, subject, resource: anything });
    }
    this.#wake(soonMs);
    if (this.#lines.size >= linesMax) return this.#beyond;
    this.#whom.set(whom, told);
    told.lines += 1;
    const nowMs = Math.floor(clock.wallMs());
    const times = { sinceMs: nowMs, lastMs: nowMs, dueMs: -Infinity, everyMs: lookMs };
    const line: Line = { key, namespace, whom, report, calls: 0, seen: 0, ...times };
    this.#lines.set(key, line);
    return line;
  }

  #wake(inMs: number): void {
    const { clock } = this.#options;
    const atMs = clock.monotonicMs() + inMs;
    if (this.#closing.signal.aborted || this.#telling || atMs >= this.#wakesAtMs) return;
    this.#timer?.cancel();
    this.#wakesAtMs = atMs;
    this.#timer = clock.after(inMs, () => void this.#turn(), { background: true });
  }

  async #turn(): Promise<void> {
    this.#wakesAtMs = Infinity;
    const within = AbortSignal.any([this.#closing.signal, AbortSignal.timeout(timeoutMs)]);
    this.#telling = this.#tell({ within, isLast: false });
    await this.#telling;
    this.#telling = undefined;
    if (this.#failures > 0) {
      this.#wake(backoffMs(this.#failures, { baseMs: soonMs, maxMs: returnMsMax }));
    } else if (this.#isBehind()) this.#wake(soonMs);
    else if (this.#lines.size > 0) this.#wake(lookMs);
  }

  /** Something new has come meanwhile, or was more than one call takes. */
  #isBehind(): boolean {
    if (this.#beyond.calls > 0) return true;
    const nowMs = this.#options.clock.monotonicMs();
    return this.#lines.values().some(({ dueMs, calls }) => dueMs <= nowMs && calls > 0);
  }

  #isLeft(): boolean {
    return this.#beyond.calls > 0 || this.#lines.values().some(({ calls }) => calls > 0);
  }

  async #tell({ within, isLast }: Telling): Promise<void> {
    const lines = this.#due(isLast);
    const byNamespace = Map.groupBy(lines, ({ namespace }) => namespace);
    const { namespace: own } = this.#options;
    if (this.#beyond.calls > 0 && !byNamespace.has(own)) byNamespace.set(own, []);
    let failure: ReefError | undefined;
    for (const [namespace, those] of byNamespace) {
      try {
        // oxlint-disable-next-line no-await-in-loop -- one call at a time
        await this.#report(namespace, those, within);
      } catch (error) {
        failure = ReefError.from(error);
        if (isLast) break;
      }
    }
    if (failure && this.#failures === 0) {
      const { code, message } = failure;
      this.#options.log?.info("The audit does not have what is decided here", { code, message });
    }
    this.#failures = failure ? this.#failures + 1 : 0;
  }

  async #report(namespace: string, lines: readonly Line[], signal: AbortSignal): Promise<void> {
    const told = lines.map((line) => ({ line, calls: line.calls }));
    const reports: AuditReport[] = told.map(({ line: { report, sinceMs, lastMs }, calls }) => ({
      ...report,
      sinceMs,
      timeMs: lastMs,
      calls,
    }));
    const beyond = namespace === this.#options.namespace ? this.#beyond.calls : 0;
    const timeMs = Math.floor(this.#options.clock.wallMs());
    if (beyond > 0) reports.push({ event: "not written", subject: "calls", timeMs, calls: beyond });
    await this.#options.tell(namespace, reports, { signal });
    this.#beyond.calls -= beyond;
    const nowMs = this.#options.clock.monotonicMs();
    for (const { line, calls } of told) {
      line.calls -= calls;
      line.seen = 0;
      line.sinceMs = line.lastMs;
      line.dueMs = nowMs + line.everyMs;
      line.everyMs = Math.min(line.everyMs * 2, everyMsMax);
    }
  }

  /** What is to be told now; what nobody does any more is forgotten. */
  #due(isLast: boolean): Line[] {
    const { clock, forgotten } = this.#options;
    const [nowMs, wallMs] = [clock.monotonicMs(), Math.floor(clock.wallMs())];
    const due: Line[] = [];
    const before = this.#lines.size;
    for (const line of this.#lines.values()) {
      if (line.calls !== line.seen) this.#see(line, wallMs);
      if (nowMs < line.dueMs && !isLast) continue;
      if (line.calls === 0) this.#rest(line, nowMs);
      else if (due.length < reportsMax - 1 && (isLast || this.#mayTell(line, nowMs)))
        due.push(line);
    }
    this.#lookedMs = wallMs;
    if (this.#lines.size < before) forgotten();
    return due;
  }

  #see(line: Line, wallMs: number): void {
    // Of one that is new both times are known.
    if (line.dueMs !== -Infinity) {
      if (line.seen === 0) line.sinceMs = Math.max(line.sinceMs, this.#lookedMs);
      line.lastMs = wallMs;
    }
    line.seen = line.calls;
  }

  #mayTell(line: Line, nowMs: number): boolean {
    const waitMs = this.#whom.get(line.whom)?.told.take(toldPerDay / dayS, { most: toldPerDay });
    if (!waitMs) return true;
    // It goes on counting.
    line.dueMs = nowMs + waitMs;
    return false;
  }

  #rest(line: Line, nowMs: number): void {
    line.everyMs = lookMs;
    if (nowMs - line.dueMs < everyMsMax) return;
    this.#lines.delete(line.key);
    const whom = this.#whom.get(line.whom);
    if (whom && (whom.lines -= 1) <= 0) this.#whom.delete(line.whom);
  }
}

/** What a tally is remembered by, of one decision. */
export function tallyName(known: Known, place: Place): string {
  const behalf = behalfOf(known, place);
  const account = known?.account ?? "";
  return behalf === undefined ? account : `${account}\n${behalf}`;
}

/** Undefined for who acts for himself. */
function behalfOf(known: Known, { namespace, subject }: Place): string | undefined {
  if (!known || !subject || subject.kind === "anonymous") return undefined;
  const isOwn = subject.id === known.account && subject.namespace === known.namespace;
  return isOwn ? undefined : nameIn(namespace, subject);
}

/** In the place of what one account does beyond `linesPerWhom`. */
const anything = "*:*:*";
/** The names of a service and a method, and more: what is longer is nothing that there is. */
const resourceCharacters = 300;
