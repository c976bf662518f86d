/** The end of a connection after its last frame, which the peer should be able to read. */
import type { Socket } from "node:net";

import type { Clock } from "../../core/clock.ts";

/** A peer on the same network reads its last frame within this. */
const lingerMs = 1_000;

/** What it sends meanwhile is dropped, but not without end. */
const lingerBytesMax = 1_048_576;

/** Whoever listened for the socket's data must have stopped. The socket is gone soon, whatever the peer does. */
export function sayFarewell(socket: Socket, clock: Clock): void {
  let dropped = 0;
  const linger = clock.after(lingerMs, () => socket.destroy(), { background: true });
  socket.once("close", () => linger.cancel());
  socket.end();
  // A socket that is closed with something unread in it takes back what it has sent.
  socket.on("data", (chunk: Buffer) => {
    dropped += chunk.length;
    if (dropped > lingerBytesMax) socket.destroy();
  });
  socket.resume();
}
