/**
 * How a call reaches one node. The direct call in one process and the native wire are transports; what a call promises
 * is the same over each of them, and `transport.conformance.ts` is that promise as tests.
 */
import type { ClientCall } from "./client-call.ts";

export interface Transport extends AsyncDisposable {
  /** Takes new calls. False while it connects, when the far side drains, and after it broke: pick another node. */
  readonly usable: boolean;

  /**
   * Takes over a call that has been started; its outcome comes through `call.succeed`, `call.fail` and, for streams,
   * `call.inbound`. A message is taken before this returns: what the caller does to it later is not seen by the far
   * side. Fails the call with `maybeExecuted: false` when not a byte of it has left.
   */
  send(call: ClientCall): void;

  /** Resolves when no more calls are taken: the far side drains, or the connection broke; with the reason. */
  readonly ended: Promise<unknown>;

  /** Resolves when nothing is left of it: its last calls are over, and its socket is gone. */
  readonly closed: Promise<void>;
}
