/** What comes of one call, told alike by every way of calling. */
import type { Contract } from "../../src/contract/contract.ts";
import { readJson } from "../../src/contract/json-read.ts";
import type { Method } from "../../src/contract/method.ts";
import { ReefError, type Violation } from "../../src/core/errors.ts";

/** A message as a program holds it, or as JSON. */
export type Fields = { readonly [name: string]: unknown };

export interface Failure {
  readonly code: string;
  readonly message: string;
  readonly reason?: string;
  readonly domain?: string;
  readonly data?: unknown;
  readonly violations?: readonly Violation[];
}

/** What the handler said beside its answer. */
export interface Beside {
  readonly headers: { readonly [name: string]: string };
  readonly trailers: { readonly [name: string]: string };
}

/** `json` is the answer as it was written, where a way writes JSON. */
export type Outcome = (
  | { readonly answer: unknown; readonly json?: unknown }
  | { readonly error: Failure }
) & { readonly beside?: Beside };

/** One way to call the method `send` of a contract. */
export interface Way {
  readonly name: string;
  /** The same input twice: as programs hold it, and as JSON. */
  call(input: Fields, json: Fields): Promise<Outcome>;
}

export function methodOf(contract: Contract): Method {
  const { send } = contract.methods;
  if (!send) throw new Error("Every contract here has the method");
  return send;
}

/** Of a client of ours: an answer, or what it throws. */
export async function outcomeOf(answer: PromiseLike<unknown>): Promise<Outcome> {
  try {
    return { answer: await answer };
  } catch (error) {
    if (!(error instanceof ReefError)) throw error;
    return { error: failureOf(error) };
  }
}

/** An answer that was written as JSON. */
export function jsonAnswer(contract: Contract, text: string): Outcome {
  const bytes = Buffer.from(text);
  const answer = methodOf(contract).output?.json.decode(bytes, 0, bytes.length);
  return { answer, json: JSON.parse(text) };
}

/** Without the fields that are not there. */
export function failureOf(error: Failure): Failure {
  const { code, message, reason, domain, data, violations } = error;
  return {
    code,
    message,
    ...(reason !== undefined && { reason }),
    ...(domain !== undefined && { domain }),
    ...(data !== undefined && { data }),
    ...(violations !== undefined && { violations }),
  };
}

/** The data of a typed error that was written as JSON. */
export function errorDataOf(
  contract: Contract,
  reason: string | undefined,
  json: unknown,
): unknown {
  const shape = methodOf(contract).errors[reason ?? ""]?.data?.shape;
  return shape ? readJson(shape, json, shape.definitions) : json;
}
