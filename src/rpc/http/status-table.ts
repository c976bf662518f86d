/** How what an HTTP entrance itself refuses becomes a status: one row for each. */
import { codeRows, type StatusRow } from "../../contract/http-status.ts";
import { type Code, codes } from "../../core/errors.ts";

/** What an HTTP entrance refuses before any service is asked. */
export type Refusal =
  | "bad_request"
  | "bad_path"
  | "body_timeout"
  | "body_too_large"
  | "forbidden_origin"
  | "going_away"
  | "header_too_large"
  | "method_not_allowed"
  | "misdirected"
  | "not_acceptable"
  | "precondition_failed"
  | "request_timeout"
  | "target_too_long"
  | "too_many_requests"
  | "unmet_expectation"
  | "unsupported_encoding"
  | "unsupported_media_type"
  | "upgrade_required";

export const refusalRows: { readonly [refusal in Refusal]: StatusRow & { readonly code: Code } } = {
  bad_request: { status: 400, title: "Bad request", code: "invalid_argument" },
  bad_path: { status: 400, title: "Ambiguous path", code: "invalid_argument" },
  body_timeout: { status: 408, title: "Body too slow", code: "deadline_exceeded" },
  body_too_large: { status: 413, title: "Body too large", code: "resource_exhausted" },
  forbidden_origin: { status: 403, title: "Origin not allowed", code: "permission_denied" },
  going_away: { status: 503, title: "Going away", code: "unavailable", retryAfterS: 1 },
  header_too_large: { status: 431, title: "Headers too large", code: "resource_exhausted" },
  method_not_allowed: { status: 405, title: "Method not allowed", code: "unimplemented" },
  misdirected: { status: 421, title: "Misdirected request", code: "permission_denied" },
  not_acceptable: { status: 406, title: "Not acceptable", code: "invalid_argument" },
  precondition_failed: {
    status: 412,
    title: "Precondition failed",
    code: "failed_precondition",
  },
  request_timeout: { status: 408, title: "Request too slow", code: "deadline_exceeded" },
  target_too_long: { status: 414, title: "Path too long", code: "resource_exhausted" },
  too_many_requests: {
    status: 429,
    title: "Too many requests",
    code: "resource_exhausted",
    retryAfterS: 1,
  },
  unmet_expectation: { status: 417, title: "Unmet expectation", code: "unimplemented" },
  unsupported_encoding: { status: 501, title: "Unsupported coding", code: "unimplemented" },
  unsupported_media_type: {
    status: 415,
    title: "Unsupported media type",
    code: "invalid_argument",
  },
  upgrade_required: {
    status: 426,
    title: "Upgrade required",
    code: "unimplemented",
    headers: ["connection", "upgrade", "upgrade", "websocket", "sec-websocket-version", "13"],
  },
};

/** What a status means where nothing else is said: of the codes that share it the first, which is the most common. */
export function codeOfStatus(status: number): Code {
  return codesByStatus.get(status) ?? "unknown";
}

const codesByStatus: ReadonlyMap<number, Code> = new Map<number, Code>([
  ...Object.values(refusalRows).map(({ status, code }) => [status, code] as const),
  // What a proxy says of a server behind it.
  [502, "unavailable"],
  ...codes.toReversed().map((code) => [codeRows[code].status, code] as const),
]);
