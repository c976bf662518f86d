/**
 * Finds out that a peer is gone although the connection looks open (a cable pulled, a process frozen): silence is
 * answered with PING, and more silence means dead. A live connection pays one flag per read, and no clock.
 */
import type { Clock, Timer } from "../../core/clock.ts";

/** Three silent intervals are the end: with this a dead peer is known within 12 s, a third more than a lease. */
export const keepaliveDefaultMs = 3_000;

const silentIntervalsMax = 3;

export interface KeepaliveActions {
  ping(): void;
  /** Whether the peer has taken something that waited for it since this was last asked: a sign of life too. */
  taken(): boolean;
  dead(silentMs: number): void;
}

export class Keepalive {
  readonly #clock: Clock;
  readonly #intervalMs: number;
  readonly #actions: KeepaliveActions;
  #timer: Timer | undefined;
  #heard = false;
  #silentIntervals = 0;

  constructor(clock: Clock, intervalMs: number, actions: KeepaliveActions) {
    this.#clock = clock;
    this.#intervalMs = intervalMs;
    this.#actions = actions;
    this.#arm();
  }

  /** Something came from the peer. */
  heard(): void {
    this.#heard = true;
  }

  stop(): void {
    this.#timer?.cancel();
  }

  #arm(): void {
    // The socket keeps the process alive as long as somebody uses it; the timer must not.
    this.#timer = this.#clock.after(this.#intervalMs, this.#interval, { background: true });
  }

  readonly #interval = (): void => {
    const alive = this.#actions.taken() || this.#heard;
    this.#silentIntervals = alive ? 0 : this.#silentIntervals + 1;
    this.#heard = false;
    if (this.#silentIntervals > silentIntervalsMax) {
      this.#actions.dead(this.#silentIntervals * this.#intervalMs);
      return;
    }
    if (this.#silentIntervals > 0) this.#actions.ping();
    this.#arm();
  };
}
