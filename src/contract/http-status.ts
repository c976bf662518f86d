/**
 * How an error becomes an HTTP status: one row for each code. The statuses are Google's, which gRPC gateways share.
 * Source: https://github.com/googleapis/googleapis/blob/master/google/rpc/code.proto
 */
import type { Code } from "../core/errors.ts";

export interface StatusRow {
  readonly status: number;
  readonly title: string;
  /** What a stranger reads instead of the error's own text, which may name addresses or code. */
  readonly safeDetail?: string;
  /** Seconds after which another try makes sense. */
  readonly retryAfterS?: number;
  /** Names and values in turn: what the status must come with. */
  readonly headers?: readonly string[];
}

/** Nobody outside can use the text of a bug, and it may carry anything. */
const hidden = "Something went wrong inside; the log has the details under this request id";

export const codeRows: { readonly [code in Code]: StatusRow } = {
  cancelled: { status: 499, title: "Cancelled" },
  unknown: { status: 500, title: "Internal error", safeDetail: hidden },
  invalid_argument: { status: 400, title: "Invalid argument" },
  deadline_exceeded: { status: 504, title: "Deadline exceeded" },
  not_found: { status: 404, title: "Not found" },
  already_exists: { status: 409, title: "Already exists" },
  permission_denied: { status: 403, title: "Permission denied" },
  resource_exhausted: { status: 429, title: "Too many requests", retryAfterS: 1 },
  failed_precondition: { status: 400, title: "Failed precondition" },
  aborted: { status: 409, title: "Aborted" },
  out_of_range: { status: 400, title: "Out of range" },
  unimplemented: { status: 501, title: "Not implemented" },
  internal: { status: 500, title: "Internal error", safeDetail: hidden },
  unavailable: {
    status: 503,
    title: "Unavailable",
    safeDetail: "The service cannot be reached now; try again",
    retryAfterS: 1,
  },
  data_loss: { status: 500, title: "Internal error", safeDetail: hidden },
  unauthenticated: {
    status: 401,
    title: "Not authenticated",
    // RFC 6750; a 401 without it is none (RFC 9110).
    headers: ["www-authenticate", "Bearer"],
  },
};
