/** Errors as programs that know nothing of reef read them: `google.rpc.Status` and its details, by protobufjs. */
import { join } from "node:path";

import { loadSync, type MessageTypeDefinition } from "@grpc/proto-loader";

import type { Contract } from "../../src/contract/contract.ts";
import { codes } from "../../src/core/errors.ts";
import { root } from "../test-command.ts";
import type { ForeignCodec } from "./foreign-codec.ts";
import { errorDataOf, type Failure, failureOf, type Outcome } from "./outcome.ts";

/** Each with the message that is in it, by its full name. */
export interface Detail {
  readonly type: string;
  readonly bytes: Buffer;
}

interface Info {
  readonly reason?: string;
  readonly domain?: string;
  readonly metadata?: { readonly [key: string]: string };
}

interface BadRequest {
  readonly fieldViolations?: readonly { readonly field?: string; readonly description?: string }[];
}

interface Status {
  readonly details?: readonly { readonly type_url: string; readonly value: Buffer }[];
}

const loaded = loadSync(["google/rpc/status.proto", "google/rpc/error_details.proto"], {
  includeDirs: [join(root, "templates", "proto")],
  longs: String,
});

function read<T>(type: string, bytes: Buffer): T {
  // The library has a message under each of these names, with the fields of the `.proto`.
  return (loaded[type] as MessageTypeDefinition<object, object>).deserialize(bytes) as T;
}

/** The details in `grpc-status-details-bin`. */
export function statusDetails(bytes: Buffer | undefined): Detail[] {
  if (bytes === undefined) return [];
  const { details = [] } = read<Status>("google.rpc.Status", bytes);
  return details.map(({ type_url: url, value }) => {
    return { type: url.slice(url.lastIndexOf("/") + 1), bytes: value };
  });
}

export interface ForeignError {
  readonly code: string;
  readonly message: string;
  readonly details: readonly Detail[];
}

/** What they say together: data is a message of its own, or JSON beside the reason. */
export function foreignFailure(
  contract: Contract,
  codec: ForeignCodec,
  { code, message, details }: ForeignError,
): Outcome {
  const found = (type: string) => details.find((detail) => detail.type === type)?.bytes;
  const info = found("google.rpc.ErrorInfo");
  const rules = found("google.rpc.BadRequest");
  const { reason, domain, metadata } = info ? read<Info>("google.rpc.ErrorInfo", info) : {};
  const text = metadata?.["data"];
  const packed = details.map(({ type, bytes }) => codec.errorData(type, bytes));
  const data = packed.find((value) => value !== undefined);
  const { fieldViolations: violations } = rules
    ? read<BadRequest>("google.rpc.BadRequest", rules)
    : {};
  const error: Failure = {
    code,
    message,
    ...(reason && { reason }),
    ...(domain && { domain }),
    data:
      data ?? (text === undefined ? undefined : errorDataOf(contract, reason, JSON.parse(text))),
    ...(violations && {
      violations: violations.map(({ field = "", description = "" }) => {
        return { path: field, message: description };
      }),
    }),
  };
  return { error: failureOf(error) };
}

/** The word of a number of gRPC. */
export function codeOf(number: number): string {
  return codes[number - 1] ?? `status ${number}`;
}
