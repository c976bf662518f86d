/** Ranges of numbers, of which there may be many. */
import type { NumberRange } from "./file-descriptor.ts";

/** The one that has `number`; they are sorted by their starts and apart, and `end` is not in them. */
export function rangeOf(number: number, ranges: readonly NumberRange[]): NumberRange | undefined {
  let [low, high] = [0, ranges.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((ranges[middle]?.start ?? 0) <= number) low = middle + 1;
    else high = middle;
  }
  const range = ranges[low - 1];
  return range !== undefined && number < range.end ? range : undefined;
}
