/** Somebody on a connection: whom a token is about, and what was decided about that one. */
import { ReefError } from "../../core/errors.ts";
import { anonymous, type Caller, callerOf } from "../../core/identity.ts";
import type { Door } from "../door.ts";
import type { Known } from "../doorkeeper.ts";
import type { Tally } from "../doorkeeper/decision-log.ts";
import type { Hold } from "../doorkeeper/decisions.ts";
import type { ServerCall } from "../server-call.ts";
import type { ServerMethod } from "../server-method.ts";

/** What a METHOD frame stands for; another one as soon as its number is named again. */
export interface AskedTarget {
  readonly number: number;
  readonly target: ServerMethod;
}

/** Of one caller and method; who acts for more asks his door again, which costs a microsecond. */
const behalvesMax = 1_000;

interface LastingCall {
  readonly hold: Hold;
  /** Whose it is now. */
  of: PeerIdentity;
}

export class PeerIdentity {
  readonly #door: Door | undefined;
  /** What it came with, which is exchanged for what proves on whose behalf a nested call is made. */
  readonly token: string | undefined;
  caller: Caller = anonymous;
  #known: Known;
  #refusal: ReefError | undefined;
  /** Calls that last, each of which ends with its token unless that is renewed. */
  readonly #lasting = new Set<LastingCall>();
  /** What may be called, by its number, for as long as the doorkeeper decides as it did. */
  #allowed: (AskedTarget | undefined)[] = [];
  /** What counts their calls. */
  #tallies: (Tally | undefined)[] = [];
  /** What counts those on behalf of others, by whom. */
  #onBehalf: (Map<string, Tally> | undefined)[] = [];
  #epoch = -1;
  #untilMs = Infinity;

  /** By which its connection is told from others. */
  readonly #connection: object;

  /** Without a door everybody may call everything, and is nobody known. */
  constructor(connection: object, door: Door | undefined, token?: string) {
    this.#connection = connection;
    this.#door = door;
    this.token = token;
  }

  become(known: Known): void {
    this.#known = known;
    this.#refusal = undefined;
    if (known) {
      this.caller = callerOf(known);
      this.#untilMs = known.expiresMs;
    }
  }

  /** Nobody could say who it is, and somebody may be there again who can; or its token was not looked at. */
  get isWorthAnotherLook(): boolean {
    if (this.#refusal === undefined) return false;
    const { code } = this.#refusal;
    if (code === "resource_exhausted") return true;
    return code === "unavailable" && this.#epoch !== this.#door?.doorkeeper.epoch;
  }

  /** Each of its calls is refused for this reason. */
  refuse(error: ReefError): void {
    this.#refusal = error;
    this.#epoch = this.#door?.doorkeeper.epoch ?? -1;
    this.#allowed = [];
  }

  /**
   * Why this one may not call that now, or undefined: as cheap as can be where it was asked before. `subject` is on
   * whose behalf, or why nobody knows that: then what the rules say comes first.
   */
  refusalOf(
    asked: AskedTarget,
    nowWallMs: number,
    subject?: Caller | ReefError,
  ): ReefError | undefined {
    const door = this.#door;
    if (!door) return undefined;
    if (
      this.#epoch === door.doorkeeper.epoch &&
      this.#allowed[asked.number] === asked &&
      nowWallMs < this.#untilMs
    ) {
      if (subject instanceof ReefError) return subject;
      const tally = this.#tallyOf(asked.number, subject);
      if (tally) {
        tally.calls += 1;
        return undefined;
      }
    }
    return this.#decide(door, asked, subject);
  }

  /** For whom it acts, or why that is not known, as `Door.subject` says it. */
  subject(token: string, { target }: AskedTarget): Caller | ReefError {
    if (!this.#door) return anonymous;
    try {
      return this.#door.subject(token, this.caller, target, this.#connection);
    } catch (error) {
      return ReefError.from(error);
    }
  }

  /** A call that lasts has begun. */
  hold(call: ServerCall): void {
    if (!this.#door) return;
    const lasting: LastingCall = { hold: this.#door.hold(this.#known, call), of: this };
    this.#lasting.add(lasting);
    call.hold = {
      [Symbol.dispose]() {
        lasting.of.#lasting.delete(lasting);
        lasting.hold[Symbol.dispose]();
      },
    };
  }

  /** Takes over the calls that last when it is the same one with another token. */
  succeed(before: PeerIdentity): void {
    if (!this.#known || before.#known?.account !== this.#known.account) return;
    if (before.#known.namespace !== this.#known.namespace) return;
    for (const lasting of before.#lasting) {
      before.#lasting.delete(lasting);
      this.#lasting.add(lasting);
      lasting.of = this;
      lasting.hold.renew(this.#known);
    }
  }

  #tallyOf(number: number, subject: Caller | undefined): Tally | undefined {
    if (!subject) return this.#tallies[number];
    return this.#onBehalf[number]?.get(wordOf(subject));
  }

  #decide(door: Door, asked: AskedTarget, given?: Caller | ReefError): ReefError | undefined {
    if (this.#refusal) return this.#refusal;
    const { epoch } = door.doorkeeper;
    if (this.#epoch !== epoch) this.#allowed = [];
    this.#epoch = epoch;
    // Who is in by a key of the platform has no end until that is replaced.
    if (this.#known) this.#untilMs = this.#known.expiresMs;
    const subject = given instanceof ReefError ? undefined : given;
    try {
      this.#remember(asked, subject, door.check(this.#known, asked.target, subject));
    } catch (error) {
      // All that a door throws.
      return error as ReefError;
    }
    return given instanceof ReefError ? given : undefined;
  }

  #remember(asked: AskedTarget, subject: Caller | undefined, tally: Tally): void {
    const { number } = asked;
    if (this.#allowed[number] !== asked) {
      this.#allowed[number] = asked;
      this.#tallies[number] = undefined;
      this.#onBehalf[number] = undefined;
    }
    if (!subject) {
      this.#tallies[number] = tally;
      return;
    }
    const behalves = (this.#onBehalf[number] ??= new Map());
    if (behalves.size >= behalvesMax) behalves.clear();
    behalves.set(wordOf(subject), tally);
  }
}

function wordOf(subject: Caller): string {
  return subject.kind === "anonymous" ? "" : `${subject.namespace}/${subject.id}`;
}
