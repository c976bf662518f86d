/** A line that is written over while something long goes on, for a person at a terminal and nobody else. */
import type { CommandContext } from "./command.ts";
import { fit } from "./table.ts";
import { painter } from "./terminal.ts";

export interface Progress extends AsyncDisposable {
  /** Shows a text in the place of the one before, unless that is too young to have been read. */
  show(text: string): Promise<void>;
}

/** A flicker below this, and a terminal that is busy drawing. */
const intervalMs = 100;

/** Disposing it takes the line away; disposing it twice is harmless. */
export function openProgress({ stderr, globals, clock }: CommandContext): Progress {
  const isWanted = stderr.isTty && !globals.json;
  let shownAtMs: number | undefined;
  return {
    async show(text) {
      const nowMs = clock.monotonicMs();
      if (!isWanted || (shownAtMs !== undefined && nowMs - shownAtMs < intervalMs)) return;
      shownAtMs = nowMs;
      await stderr.write(`\r\u001b[K${painter(stderr, "quiet")(fit(text, stderr.columns - 1))}`);
    },
    async [Symbol.asyncDispose]() {
      if (shownAtMs !== undefined) await stderr.write("\r\u001b[K");
      shownAtMs = undefined;
    },
  };
}
