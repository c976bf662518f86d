/** The start of parts under a supervisor, until they are ready. */
import type { Supervisor } from "../supervisor/supervisor.ts";
import type { Part } from "./parts/part.ts";

export interface StartOptions {
  readonly parts: readonly Part[];
  /** Those of them that are waited for. */
  readonly awaited: readonly Part[];
  readonly signal: AbortSignal | undefined;
}

/**
 * Starts parts, and resolves when those are ready that are waited for.
 * @throws {ReefError} the first failure of one of these: it would only fail again, and the reason is for whoever typed
 *   the command; the reason of `signal` when that fires first
 */
export async function whenReady(
  supervisor: Supervisor,
  { parts, awaited, signal }: StartOptions,
): Promise<void> {
  const failed = Promise.withResolvers<never>();
  failed.promise.catch(() => {});
  const off = supervisor.events.on((event) => {
    if (event.kind !== "failed") return;
    const part = awaited.find(({ name }) => name === event.child);
    // What it needs in another process may just have gone again: then the next start waits for that.
    const isGone = event.failure.code === "unavailable" && part && needsFar(part, parts);
    if (part && !isGone) failed.reject(event.failure);
  });
  try {
    await supervisor.add(...parts);
    const ready = awaited.map(({ name }) => supervisor.whenReady(name, { signal }));
    await Promise.race([Promise.all(ready), failed.promise]);
  } finally {
    off();
  }
}

/** Whether it is in another process, or waits for one that is. */
export function needsFar(part: Part, parts: readonly Part[]): boolean {
  if (part.far) return true;
  return part.dependsOn.some((name) => {
    const needed = parts.find((other) => other.name === name);
    return needed !== undefined && needsFar(needed, parts);
  });
}
