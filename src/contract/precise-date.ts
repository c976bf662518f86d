/** Timestamps of protobuf are finer than a Date: what is below the millisecond travels along. */

/** A date and what of its second a Date cannot hold. */
export class PreciseDate extends Date {
  /** Below the millisecond, 0 to 999,999. */
  readonly nanos: number;

  constructor(epochMs: number, nanos: number) {
    super(epochMs);
    this.nanos = nanos;
  }
}

/** A date that has what is below the millisecond only when there is something. */
export function makeDate(epochMs: number, nanos: number): Date {
  return nanos === 0 ? new Date(epochMs) : new PreciseDate(epochMs, nanos);
}

/** Below the millisecond. */
export function nanosOf(date: Date): number {
  return date instanceof PreciseDate ? date.nanos : 0;
}

export function copyDate(date: Date): Date {
  return makeDate(date.getTime(), nanosOf(date));
}

/** RFC 3339 with as many digits as there are, at least milliseconds. */
export function dateText(date: Date): string {
  const nanos = nanosOf(date);
  const text = date.toISOString();
  if (nanos === 0) return text;
  const digits = String(nanos).padStart(6, "0");
  return `${text.slice(0, -1)}${digits.endsWith("000") ? digits.slice(0, 3) : digits}Z`;
}
