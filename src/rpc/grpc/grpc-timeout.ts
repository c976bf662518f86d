/** Time limits as gRPC and Connect write them. */
import { ReefError } from "../../core/errors.ts";

const unitMs: { readonly [unit: string]: number } = {
  H: 3_600_000,
  M: 60_000,
  S: 1_000,
  m: 1,
  u: 1 / 1_000,
  n: 1 / 1_000_000,
};

/** Eight digits are what a receiver must take. */
const valueMax = 99_999_999;

/**
 * Milliseconds of a `grpc-timeout`, `100m` or `5S`.
 * @throws {ReefError} `invalid_argument` when it is none
 */
export function parseGrpcTimeout(text: string): number {
  const unit = unitMs[text.slice(-1)];
  if (unit === undefined || !/^\d{1,8}.$/.test(text)) throw refused("grpc-timeout", text);
  return Number(text.slice(0, -1)) * unit;
}

/** The `grpc-timeout` of so many milliseconds, in the finest unit that holds it. */
export function formatGrpcTimeout(ms: number): string {
  const whole = Math.max(1, Math.ceil(ms));
  if (whole <= valueMax) return `${whole}m`;
  const seconds = Math.ceil(ms / 1_000);
  if (seconds <= valueMax) return `${seconds}S`;
  return `${Math.min(valueMax, Math.ceil(ms / 3_600_000))}H`;
}

/**
 * Milliseconds of a `connect-timeout-ms`.
 * @throws {ReefError} `invalid_argument` when it is none
 */
export function parseConnectTimeout(text: string): number {
  if (!/^\d{1,10}$/.test(text)) throw refused("connect-timeout-ms", text);
  return Number(text);
}

/** Ten digits are what a receiver must take. */
export function formatConnectTimeout(ms: number): string {
  return String(Math.min(9_999_999_999, Math.max(1, Math.ceil(ms))));
}

function refused(header: string, text: string): ReefError {
  return new ReefError(
    "invalid_argument",
    `Cannot read the header ${header}: it is no time limit, ${JSON.stringify(text.slice(0, 40))}`,
    { maybeExecuted: false },
  );
}
