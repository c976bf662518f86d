/** The HTTP/2 connections of a server: counted, drained and closed together, and sent away when they attack. */
import { constants, type ServerHttp2Session } from "node:http2";

import type { Clock } from "../../core/clock.ts";
import { ReefError } from "../../core/errors.ts";
import type { GrpcLimits } from "./limits.ts";

export class Http2Sessions {
  readonly #limits: GrpcLimits;
  readonly #clock: Clock;
  readonly #sessions = new Map<ServerHttp2Session, SessionState>();

  constructor(limits: GrpcLimits, clock: Clock) {
    this.#limits = limits;
    this.#clock = clock;
  }

  add(session: ServerHttp2Session): void {
    const clock = this.#clock;
    this.#sessions.set(session, {
      resets: new ResetCount(this.#limits, clock),
      local: session.socket.remoteAddress === undefined,
    });
    // A peer that breaks the protocol, or leaves: the session is destroyed with it, which closes its streams.
    session.on("error", ignore);
    const giveUp = () => session.destroy();
    const silent = clock.after(this.#limits.headMs, giveUp, { background: true });
    session.once("remoteSettings", () => silent.cancel());
    session.once("close", () => {
      silent.cancel();
      this.#sessions.delete(session);
    });
  }

  /** Whether it came through a Unix socket; asked for each call, and Node asks the system. */
  isLocal(session: ServerHttp2Session): boolean {
    return this.#sessions.get(session)?.local ?? false;
  }

  /**
   * A caller has broken off a call. One that is opened and broken off costs its caller nothing, and us a call: whoever
   * does so without end is sent away (CVE-2023-44487).
   */
  brokenOff(session: ServerHttp2Session): void {
    if (this.#sessions.get(session)?.resets.another() !== false) return;
    const { resets } = this.#limits;
    const text = `Cannot serve a connection: it has broken off more than ${resets} calls at once`;
    session.destroy(new ReefError("resource_exhausted", text), constants.NGHTTP2_ENHANCE_YOUR_CALM);
  }

  /** No new streams; those under way go on, and the connection ends after the last. */
  drain(): void {
    for (const session of this.#sessions.keys()) if (!session.closed) session.close();
  }

  close(): void {
    for (const session of this.#sessions.keys()) session.destroy();
  }
}

interface SessionState {
  readonly resets: ResetCount;
  readonly local: boolean;
}

/** A bucket that holds `resets`, and fills by `resetsPerSecond`. */
class ResetCount {
  readonly #limits: GrpcLimits;
  readonly #clock: Clock;
  #left: number;
  #at: number;

  constructor(limits: GrpcLimits, clock: Clock) {
    this.#limits = limits;
    this.#clock = clock;
    this.#left = limits.resets;
    this.#at = clock.monotonicMs();
  }

  /** Whether one more is within the limit. */
  another(): boolean {
    const { resets, resetsPerSecond } = this.#limits;
    const now = this.#clock.monotonicMs();
    const since = ((now - this.#at) * resetsPerSecond) / 1_000;
    this.#left = Math.min(resets, this.#left + since) - 1;
    this.#at = now;
    return this.#left >= 0;
  }
}

function ignore(): void {}
