/** Durations as people type and read them: `500ms`, `2s`, `5m`, `1h`, `2d`. */

const unitsMs: { readonly [unit: string]: number } = {
  ms: 1,
  s: 1_000,
  m: 60_000,
  h: 3_600_000,
  d: 86_400_000,
};

/** A timer of Node cannot wait longer (2^31 - 1 ms, some 24 days): it would fire at once. */
export const durationMaxMs = 2_147_483_647;

/** What a duration looks like, for messages. */
export function durationRule({ minimum = 0, maximum = durationMaxMs }: DurationRange = {}): string {
  const most = `at most ${Math.floor(maximum / 86_400_000)}d`;
  if (minimum === 0) return `must be a duration such as 500ms, 2s, 5m or 1h, ${most}`;
  const least = `at least ${formatDuration(minimum)}`;
  return `must be a duration such as 90m, 12h or 30d, ${least} and ${most}`;
}

/** In milliseconds. */
interface DurationRange {
  readonly minimum?: number;
  readonly maximum?: number;
}

/** Milliseconds, or undefined when `text` is not a duration. A bare number has no unit and is refused. */
export function parseDuration(text: string, maxMs: number = durationMaxMs): number | undefined {
  const match = /^(\d+(?:\.\d+)?)(ms|s|m|h|d)$/.exec(text);
  if (!match) return undefined;
  const ms = Math.round(Number(match[1]) * (unitsMs[match[2] ?? ""] ?? 1));
  return ms <= maxMs ? ms : undefined;
}

/** How long something took or has lived, in at most two units: `3m 12s`. */
export function formatDuration(ms: number): string {
  if (ms < 1_000) return `${Math.max(0, Math.round(ms))}ms`;
  const seconds = Math.floor(ms / 1_000);
  const parts = [
    [Math.floor(seconds / 86_400), "d"],
    [Math.floor(seconds / 3_600) % 24, "h"],
    [Math.floor(seconds / 60) % 60, "m"],
    [seconds % 60, "s"],
  ] as const;
  const first = parts.findIndex(([amount]) => amount > 0);
  return parts
    .slice(first, first + 2)
    .filter(([amount]) => amount > 0)
    .map(([amount, unit]) => `${amount}${unit}`)
    .join(" ");
}
