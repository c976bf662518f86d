/** A grant that its holder alone can end. */
import { grantEnded } from "../../contract.ts";
import type { Grant } from "../../index.ts";

/** `end` runs at the first disposal; `held` is as in `grantEnded`. */
export function grantUntil(held: string, end: () => void): Grant {
  const lost = new AbortController();
  return {
    lost: lost.signal,
    [Symbol.asyncDispose]: async () => {
      if (lost.signal.aborted) return;
      end();
      lost.abort(grantEnded("cancelled", held, "its holder gave it back"));
    },
  };
}
