import type { EventEmitter } from "node:events";

/**
 * Resolves when a stream that was full takes more, or is gone and never will. It leaves nothing behind: a long answer
 * to a slow reader waits thousands of times.
 */
export function roomIn(stream: EventEmitter): Promise<void> {
  return new Promise((resolve) => {
    function done(): void {
      stream.off("drain", done).off("close", done);
      resolve();
    }
    stream.on("drain", done).on("close", done);
  });
}
