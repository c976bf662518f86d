/** Ends what does not move any more. */
import type { Duplex } from "node:stream";

import type { Clock, Timer } from "../../../core/clock.ts";

/** Counts the bytes of a socket both ways. */
export interface Moving extends Duplex {
  readonly bytesRead?: number;
  readonly bytesWritten?: number;
}

/** Calls `quiet` once when no byte has moved on the socket for between one and two times `quietMs`. */
export function watchQuiet(
  socket: Moving,
  options: { readonly clock: Clock; readonly quietMs: number; readonly quiet: () => void },
): Timer {
  const { clock, quietMs, quiet } = options;
  const moved = () => (socket.bytesRead ?? 0) + (socket.bytesWritten ?? 0);
  let before = moved();
  let timer = clock.after(quietMs, look, { background: true });
  function look(): void {
    const now = moved();
    if (now === before) return quiet();
    before = now;
    timer = clock.after(quietMs, look, { background: true });
  }
  return { cancel: () => timer.cancel() };
}
