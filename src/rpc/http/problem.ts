/** An error as the outside sees it: RFC 9457 problem details, without a word about the inside. */
import { type Code, ReefError, type Violation } from "../../core/errors.ts";
import { textOfUtf8 } from "../../core/text-bytes.ts";
import { codeRows, type StatusRow } from "../../contract/http-status.ts";
import { type Refusal, refusalRows } from "./status-table.ts";

export interface Problem {
  /** Stable, for programs: `urn:reef:problem:not_found`, or `urn:reef:error:greeter:nobody` for a typed error. */
  readonly type: string;
  readonly title: string;
  readonly status: number;
  readonly detail: string;
  /** The request id, under which the log has more. */
  readonly instance: string;
  readonly code: Code;
  readonly violations?: readonly Violation[];
  readonly data?: unknown;
  /** As `Retry-After`, which comes too late for a stream: the head of its answer has left. */
  readonly retryAfterS?: number;
}

export interface ProblemAnswer {
  readonly problem: Problem;
  /** Names and values in turn. */
  readonly headers: string[];
}

export const problemContentType = "application/problem+json";

export function problemFrom(error: ReefError, requestId: string): ProblemAnswer {
  const refused = refusalOf(error);
  const row: StatusRow = refused ? refusalRows[refused] : codeRows[error.code];
  // A typed error is a promise of the contract; its text is still the author's own and follows the rule of its code.
  const typed = !refused && error.reason !== undefined;
  const allow = refused === "method_not_allowed" ? String(error.data) : undefined;
  const problem: Problem = {
    type: problemType(error, refused),
    title: row.title,
    status: row.status,
    detail: row.safeDetail ?? error.message,
    instance: requestId,
    code: error.code,
    ...(error.violations !== undefined && { violations: error.violations }),
    ...(typed && error.data !== undefined && { data: jsonData(error.data) }),
    ...(row.retryAfterS !== undefined && { retryAfterS: row.retryAfterS }),
  };
  const headers: string[] = [...(row.headers ?? [])];
  if (row.retryAfterS !== undefined) headers.push("retry-after", String(row.retryAfterS));
  if (allow !== undefined) headers.push("allow", allow);
  return { problem, headers };
}

/** What an HTTP entrance itself refuses. `allow` lists the verbs of a 405. */
export function refusal(
  kind: Refusal,
  message: string,
  options: { readonly allow?: string; readonly cause?: unknown } = {},
): ReefError {
  const { allow, ...rest } = options;
  return new ReefError(refusalRows[kind].code, message, {
    ...rest,
    reason: kind,
    domain: refusalDomain,
    ...(allow !== undefined && { data: allow }),
    maybeExecuted: false,
  });
}

/** A colon cannot be in the name of a service, so no service can pretend to be an entrance. */
const refusalDomain = "reef:http";

function refusalOf(error: ReefError): Refusal | undefined {
  if (error.domain !== refusalDomain || error.reason === undefined) return undefined;
  return Object.hasOwn(refusalRows, error.reason) ? (error.reason as Refusal) : undefined;
}

/** Clients of a raw contract get the data of a typed error as the JSON that it was sent as. */
function jsonData(data: unknown): unknown {
  return data instanceof Uint8Array ? JSON.parse(textOfUtf8(data, 0, data.length)) : data;
}

function problemType(error: ReefError, refused: Refusal | undefined): string {
  if (refused) return `urn:reef:problem:${refused}`;
  if (error.reason === undefined) return `urn:reef:problem:${error.code}`;
  return `urn:reef:error:${urnPart(error.domain ?? "")}:${urnPart(error.reason)}`;
}

/** Names come from the far side; a URN takes no spaces, quotes or percent signs of theirs. */
function urnPart(name: string): string {
  return name.replaceAll(/[^\w.-]/g, "_");
}
