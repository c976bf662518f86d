/**
 * The one error class of reef and its closed list of codes.
 *
 * Callers branch on `code` (or on a typed error of a contract, see `isError`), never on text or class. The codes are
 * the gRPC words, because every language already knows what they mean.
 * Source: https://github.com/grpc/grpc/blob/master/doc/statuscodes.md
 */

/** The gRPC status words; the position in this list is the gRPC number minus one. */
export const codes = [
  "cancelled",
  "unknown",
  "invalid_argument",
  "deadline_exceeded",
  "not_found",
  "already_exists",
  "permission_denied",
  "resource_exhausted",
  "failed_precondition",
  "aborted",
  "out_of_range",
  "unimplemented",
  "internal",
  "unavailable",
  "data_loss",
  "unauthenticated",
] as const;

/** What callers branch on: one of the gRPC status words, in small letters. */
export type Code = (typeof codes)[number];

/** One thing that is wrong with a value: where, and what the rule is. */
export interface Violation {
  /** Path from the root of the value, `trip.stops[2].city`; empty for the value itself. */
  readonly path: string;
  readonly message: string;
}

export interface ReefErrorOptions {
  readonly cause?: unknown;
  /** Name of a typed error in the contract of `domain`. */
  readonly reason?: string | undefined;
  /** The service whose contract declares `reason`. */
  readonly domain?: string | undefined;
  /** What the typed error carries; its shape is in the contract. */
  readonly data?: unknown;
  /** What exactly is wrong with the input; only with `invalid_argument`. */
  readonly violations?: readonly Violation[] | undefined;
  /** Whether the far side may have run the call: a retry of it could then act twice. @default true */
  readonly maybeExecuted?: boolean | undefined;
}

/** What travels: no stack and no cause, which belong to the log of the side that failed. */
export interface ErrorData {
  readonly code: Code;
  readonly message: string;
  readonly reason?: string;
  readonly domain?: string;
  readonly data?: unknown;
  readonly violations?: readonly Violation[];
  readonly maybeExecuted: boolean;
}

/** What every failing call and every function of reef throws. */
export class ReefError extends Error {
  readonly code: Code;
  // Declared, not defined: what an error does not have should not be printed with it.
  declare readonly reason?: string;
  declare readonly domain?: string;
  declare readonly data?: unknown;
  declare readonly violations?: readonly Violation[];
  readonly maybeExecuted: boolean;

  constructor(code: Code, message: string, options: ReefErrorOptions = {}) {
    super(message, "cause" in options ? { cause: options.cause } : undefined);
    this.code = code;
    const { reason, domain, data, violations } = options;
    if (reason !== undefined) this.reason = reason;
    if (domain !== undefined) this.domain = domain;
    if (data !== undefined) this.data = data;
    if (violations !== undefined) this.violations = violations;
    this.maybeExecuted = options.maybeExecuted ?? true;
  }

  // On the prototype, as the built-in errors have it.
  static {
    Object.defineProperty(this.prototype, "name", { value: "ReefError", configurable: true });
  }

  /** Whatever was thrown, as a ReefError: abort reasons keep their meaning, everything else becomes `unknown`. */
  static from(thrown: unknown): ReefError {
    if (thrown instanceof ReefError) return thrown;
    if (isDomException(thrown, "TimeoutError")) {
      return new ReefError("deadline_exceeded", "The time limit has passed", { cause: thrown });
    }
    if (isDomException(thrown, "AbortError")) {
      return new ReefError("cancelled", "The caller cancelled", { cause: thrown });
    }
    const message = thrown instanceof Error ? thrown.message : String(thrown);
    return new ReefError("unknown", message, { cause: thrown });
  }

  /** The error as the other side may see it. */
  toJSON(): ErrorData {
    return {
      code: this.code,
      message: this.message,
      ...(this.reason !== undefined && { reason: this.reason }),
      ...(this.domain !== undefined && { domain: this.domain }),
      ...(this.data !== undefined && { data: this.data }),
      ...(this.violations !== undefined && { violations: this.violations }),
      maybeExecuted: this.maybeExecuted,
    };
  }
}

/**
 * Reads what a far side sent. An unknown code of a newer peer becomes `unknown`, so it can never crash an older one.
 */
export function errorFromData(data: Partial<ErrorData>, options?: { cause?: unknown }): ReefError {
  const known = codes.includes(data.code as Code);
  return new ReefError(
    known ? (data.code as Code) : "unknown",
    String(data.message ?? "No message"),
    {
      ...options,
      reason: data.reason,
      domain: data.domain,
      data: data.data,
      violations: data.violations,
      maybeExecuted: data.maybeExecuted,
    },
  );
}

/** The number of a code on gRPC's wire. */
export function grpcStatus(code: Code): number {
  return codes.indexOf(code) + 1;
}

function isDomException(thrown: unknown, name: string): boolean {
  return thrown instanceof DOMException && thrown.name === name;
}
