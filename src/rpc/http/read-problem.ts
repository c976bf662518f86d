/** An answer that is no success, as the error that its caller gets: problem+json, or what the status alone says. */
import { type Code, codes, ReefError, type Violation } from "../../core/errors.ts";
import { textOfUtf8 } from "../../core/text-bytes.ts";
import { violationsMax } from "../../contract/violations.ts";
import type { ClientMethod } from "../client-call.ts";
import { errorTextMax } from "../wire/error-frame.ts";
import type { Message } from "../../contract/message.ts";
import { problemContentType } from "./problem.ts";
import { codeOfStatus } from "./status-table.ts";

export interface FailedAnswer {
  readonly status: number;
  readonly contentType: string | undefined;
  readonly body: Uint8Array;
}

/** As it came: nothing in it is as promised. */
export type Problem = { readonly [field: string]: unknown };

/** Reads the data of a typed error by what the contract declares. */
export interface ErrorReader {
  /** @throws {ReefError} when it is not what the contract says */
  errorData(declared: Message, json: unknown): unknown;
}

/** Whatever the answer is, the result is an error. */
export function errorOfAnswer(
  method: ClientMethod,
  { status, contentType, body }: FailedAnswer,
  messages: ErrorReader,
): ReefError {
  if (contentType?.split(";", 1)[0]?.trim().toLowerCase() === problemContentType) {
    return errorOfProblem(method, parseProblem(body), { status, messages });
  }
  // Only what HTTP itself says: the page behind it is made for people, and may be anything.
  return new ReefError(codeOfStatus(status), `${nameOf(method)} answered with HTTP ${status}`);
}

/** The problem by the promises of the contract; what keeps to no form is left out of the error. */
export function errorOfProblem(
  method: ClientMethod,
  problem: Problem,
  { status, messages }: { readonly status: number; readonly messages: ErrorReader },
): ReefError {
  const { type, detail, title, data, violations, maybeExecuted } = problem;
  const [, domain, reason] = typedError.exec(typeof type === "string" ? type : "") ?? [];
  const declared = domain === method.service && reason ? own(method.errors, reason) : undefined;
  const text = [detail, title].find((each) => typeof each === "string");
  try {
    return new ReefError(
      codeOf(problem["code"]) ?? declared?.code ?? codeOfStatus(status),
      text?.slice(0, errorTextMax) ?? `${nameOf(method)} answered with HTTP ${status}`,
      {
        reason,
        domain,
        data: declared?.data ? messages.errorData(declared.data, data) : reason && data,
        violations: violationsOf(violations),
        maybeExecuted: maybeExecuted !== false,
      },
    );
  } catch (cause) {
    const rule = `the data of its error "${reason}" breaks its contract`;
    return new ReefError("internal", `Cannot read the answer of ${nameOf(method)}: ${rule}`, {
      cause,
    });
  }
}

const typedError = /^urn:reef:error:([\w.-]+):([\w.-]+)$/;

function codeOf(word: unknown): Code | undefined {
  return codes.find((each) => each === word);
}

function violationsOf(given: unknown): readonly Violation[] | undefined {
  if (!Array.isArray(given)) return undefined;
  return given.slice(0, violationsMax).flatMap((each: unknown) => {
    if (!isRecord(each)) return [];
    const { path, message } = each;
    return typeof path === "string" && typeof message === "string" ? [{ path, message }] : [];
  });
}

function own<T>(map: { readonly [name: string]: T }, name: string): T | undefined {
  return Object.hasOwn(map, name) ? map[name] : undefined;
}

/** Of one that cannot be read only the status is left. */
export function parseProblem(json: Uint8Array): Problem {
  try {
    const parsed: unknown = JSON.parse(textOfUtf8(json, 0, json.length));
    return isRecord(parsed) ? parsed : {};
  } catch {
    return {};
  }
}

function isRecord(value: unknown): value is Problem {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function nameOf({ service, name }: ClientMethod): string {
  return `${service}/${name}`;
}
