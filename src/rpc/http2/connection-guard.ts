/** What a peer may do that costs it less than us, counted for one connection; beyond that it is sent away. */
import type { Clock } from "../../core/clock.ts";
import { EventCount } from "./event-count.ts";
import { errorCode } from "./frames.ts";
import type { Http2Limits } from "./http2-limits.ts";
import { ProtocolError } from "./protocol-error.ts";

/**
 * Frames in a burst that ask for nothing: PING, SETTINGS, PRIORITY, windows opened by little, DATA without data, what
 * comes for a stream that is over. A caller that measures its line sends a few for each call.
 */
const idleFramesMax = 1_000;

/** And a second: keepalive of the busiest kind sends one. */
const idleFramesPerSecond = 100;

/** What a new call may bring with it, and a frame of an answer have for an answer: windows, a priority, a PING. */
const idleFramesPerWork = 4;

/** A caller whose library breaks a rule now and then is not an attack. */
const errorsPerSecond = 1;

export class ConnectionGuard {
  readonly #limits: Http2Limits;
  readonly #idle: EventCount;
  readonly #resets: EventCount;
  readonly #errors: EventCount;
  /** One after the other. */
  #refused = 0;

  constructor(limits: Http2Limits, clock: Clock) {
    const { resets, resetsPerSecond, errors } = limits;
    this.#limits = limits;
    this.#idle = new EventCount({ atOnce: idleFramesMax, perSecond: idleFramesPerSecond }, clock);
    this.#resets = new EventCount({ atOnce: resets, perSecond: resetsPerSecond }, clock);
    this.#errors = new EventCount({ atOnce: errors, perSecond: errorsPerSecond }, clock);
  }

  /** @throws {ProtocolError} for too many frames that ask for nothing */
  idleFrame(): void {
    if (this.#idle.another()) return;
    throw tooMuch(`it has sent more than ${idleFramesMax} frames at once that ask for nothing`);
  }

  /** Something was done for the peer that it may have to answer. */
  worked(): void {
    this.#idle.earn(idleFramesPerWork);
  }

  /**
   * A call was broken off before its answer. One that is opened and broken off costs its caller nothing, and us a call
   * (CVE-2023-44487).
   * @throws {ProtocolError} for too many of them
   */
  brokenOff(): void {
    if (this.#resets.another()) return;
    throw tooMuch(`it has broken off more than ${this.#limits.resets} calls at once`);
  }

  /**
   * A frame was wrong, and its stream was reset for it: it is as if the caller had done so (CVE-2025-8671).
   * @throws {ProtocolError} for too many of them
   */
  wrongFrame(): void {
    this.brokenOff();
    if (this.#errors.another()) return;
    throw tooMuch(`it has sent more than ${this.#limits.errors} wrong frames at once`);
  }

  /** @throws {ProtocolError} for too many calls that were refused, and none taken between them */
  refused(): void {
    this.#refused += 1;
    if (this.#refused <= this.#limits.errors) return;
    throw tooMuch(`it goes on after ${this.#limits.errors} calls that were too many`);
  }

  /** A call was taken. */
  taken(): void {
    this.#refused = 0;
    this.worked();
  }
}

function tooMuch(rule: string): ProtocolError {
  return new ProtocolError(errorCode.enhanceYourCalm, rule);
}
