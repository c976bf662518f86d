import type { Socket } from "node:net";

/**
 * Resolves when a connection is over, in order or by a reset: `once(socket, "close")` rejects when there was an error
 * before, which is chance where the far side leaves while somebody still writes.
 */
export function closed(socket: Socket): Promise<void> {
  socket.on("error", () => {});
  return new Promise((resolve) => {
    if (socket.closed) resolve();
    else socket.once("close", () => resolve());
  });
}
