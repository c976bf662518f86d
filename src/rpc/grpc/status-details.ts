/**
 * What an error of ours says beside code and text, as other languages know it: `google.rpc.Status` with an `ErrorInfo`
 * (reason, domain, and what only we have: whether it may have been executed), the data of a typed error as a message
 * of its contract, and a `BadRequest` (what is wrong with the input). In gRPC as `grpc-status-details-bin`, in Connect
 * as the details of its JSON.
 * Source: https://github.com/googleapis/googleapis/blob/master/google/rpc/error_details.proto
 */
import type { ErrorTypes } from "../../contract/method.ts";
import { errorDataFromJson, errorDataToJson } from "../../contract/typed-error.ts";
import { type Code, codes, grpcStatus, ReefError, type Violation } from "../../core/errors.ts";
import { base64Bytes, toBase64 } from "../header-metadata.ts";
import { codeOfConnect, connectCode } from "./grpc-status.ts";
import { type Detail, type KnownErrors, packData, unpackData } from "./typed-details.ts";
import { type ProtoField, ProtoWriter, readProto } from "./status-proto.ts";

export const statusDetailsHeader = "grpc-status-details-bin";

export interface StatusDetailsOptions {
  readonly known?: KnownErrors | undefined;
  /** What the caller's messages are. One who has no protobuf is told the data in JSON, too. @default "json" */
  readonly codec?: "protobuf" | "json";
}

/** In base64 and with the text of the status they stay below the 8 KiB that peers take of all headers. */
const headerBytesMax = 3_584;

/** Connect has them in a body. In base64 it is 64 KiB, as much as our own callers read of any error over HTTP. */
const bodyBytesMax = 49_152;

const errorInfo = "google.rpc.ErrorInfo";
const badRequest = "google.rpc.BadRequest";
const typePrefix = "type.googleapis.com/";

/** Bytes of a `google.rpc.Status`; undefined when code and text say everything. */
export function encodeStatusDetails(
  error: ReefError,
  options: StatusDetailsOptions = {},
): Uint8Array | undefined {
  const details = detailsOf(error, headerBytesMax, options);
  if (details.length === 0) return undefined;
  const status = new ProtoWriter();
  status.number(1, grpcStatus(error.code));
  status.text(2, error.message.slice(0, textMax));
  for (const { type, bytes } of details) {
    const any = new ProtoWriter();
    any.text(1, typePrefix + type);
    any.bytes(2, bytes);
    status.bytes(3, any.done());
  }
  return status.done();
}

/** Code units of the text, which is in `grpc-message` too. */
const textMax = 512;

/** An error from the code and text of a status, and its details where they can be read. */
export function decodeStatusDetails(
  code: Code,
  message: string,
  bytes: Uint8Array | undefined,
  known?: KnownErrors,
): ReefError {
  const details = bytes === undefined ? [] : readDetails(bytes);
  return errorOf(code, message, details, known);
}

/** An error as Connect writes it. */
export interface ConnectError {
  readonly code: string;
  readonly message?: string;
  readonly details?: readonly { readonly type: string; readonly value: string }[];
}

export function toConnectError(error: ReefError, options: StatusDetailsOptions = {}): ConnectError {
  const details = detailsOf(error, bodyBytesMax, options).map(({ type, bytes }) => {
    return { type, value: toBase64(bytes) };
  });
  return {
    code: connectCode(error.code),
    ...(error.message !== "" && { message: error.message }),
    ...(details.length > 0 && { details }),
  };
}

/** Reads one; `fallback` is the code when it names none that is known. */
export function fromConnectError(json: unknown, fallback: Code, known?: KnownErrors): ReefError {
  const { code, message, details } = (json ?? {}) as { [key: string]: unknown };
  const found = Array.isArray(details) ? details.flatMap(connectDetail) : [];
  const text = typeof message === "string" ? message : "No message";
  return errorOf(codeOfConnect(code) ?? fallback, text, found, known);
}

function connectDetail(json: unknown): Detail[] {
  const { type, value } = (json ?? {}) as { [key: string]: unknown };
  if (typeof type !== "string" || typeof value !== "string") return [];
  try {
    return [{ type, bytes: base64Bytes(value) }];
  } catch {
    // Details are beside the point of an error: one that cannot be read is none.
    return [];
  }
}

/** Data that its shape cannot say, or that makes them too long, is left out rather than lost with the whole error. */
function detailsOf(
  error: ReefError,
  bytesMax: number,
  { known, codec = "json" }: StatusDetailsOptions,
): Detail[] {
  const { violations = [] } = error;
  const typed = packData(error, known);
  const data = typed && codec === "protobuf" ? undefined : dataText(error, known);
  const rules = violations.length > 0 ? [badRequestOf(violations)] : [];
  const whole = [...infoOf(error, data), ...(typed ? [typed] : []), ...rules];
  if (sizeOf(whole) <= bytesMax) return whole;
  const bare = infoOf(error, undefined);
  return sizeOf([...bare, ...rules]) <= bytesMax ? [...bare, ...rules] : bare;
}

function dataText(error: ReefError, known: KnownErrors | undefined): string | undefined {
  if (error.data === undefined) return undefined;
  try {
    return JSON.stringify(errorDataToJson(typesOf(error.domain, known), error.reason, error.data));
  } catch {
    // A handler broke its contract; the error itself must still arrive.
    return undefined;
  }
}

function infoOf(error: ReefError, data: string | undefined): Detail[] {
  const { reason = "", domain = "", maybeExecuted } = error;
  if (reason === "" && data === undefined && maybeExecuted) return [];
  const info = new ProtoWriter();
  info.text(1, reason);
  info.text(2, domain);
  if (data !== undefined) info.bytes(3, entryOf("data", data));
  if (!maybeExecuted) info.bytes(3, entryOf("maybe_executed", "false"));
  return [{ type: errorInfo, bytes: info.done() }];
}

function entryOf(key: string, value: string): Uint8Array {
  const entry = new ProtoWriter();
  entry.text(1, key);
  entry.text(2, value);
  return entry.done();
}

function badRequestOf(violations: readonly Violation[]): Detail {
  const request = new ProtoWriter();
  for (const { path, message } of violations) {
    const violation = new ProtoWriter();
    violation.text(1, path);
    violation.text(2, message);
    request.bytes(1, violation.done());
  }
  return { type: badRequest, bytes: request.done() };
}

function sizeOf(details: readonly Detail[]): number {
  return details.reduce((sum, { type, bytes }) => sum + type.length + bytes.length, 0);
}

function readDetails(bytes: Uint8Array): Detail[] {
  return fieldsOf(bytes, 3).flatMap((any) => {
    const type = textOf(any, 1);
    const [value = new Uint8Array(0)] = fieldsOf(any, 2);
    return type === undefined
      ? []
      : [{ type: type.slice(type.lastIndexOf("/") + 1), bytes: value }];
  });
}

function errorOf(
  code: Code,
  message: string,
  details: readonly Detail[],
  known: KnownErrors | undefined,
): ReefError {
  const info = details.find(({ type }) => type === errorInfo)?.bytes;
  const rules = details.find(({ type }) => type === badRequest)?.bytes;
  const reason = info && (textOf(info, 1) || undefined);
  const domain = info && (textOf(info, 2) || undefined);
  const extra = info ? extrasOf(info) : new Map<string, string>();
  const violations = rules && fieldsOf(rules, 1).map(violationOf);
  return new ReefError(codes.includes(code) ? code : "unknown", message, {
    reason,
    domain,
    data:
      unpackData(details, { reason, domain }, known) ??
      dataOf(extra.get("data"), reason, typesOf(domain, known)),
    violations,
    maybeExecuted: extra.get("maybe_executed") !== "false",
  });
}

function extrasOf(info: Uint8Array): Map<string, string> {
  return new Map(
    fieldsOf(info, 3).map((entry) => [textOf(entry, 1) ?? "", textOf(entry, 2) ?? ""]),
  );
}

function violationOf(bytes: Uint8Array): Violation {
  return { path: textOf(bytes, 1) ?? "", message: textOf(bytes, 2) ?? "" };
}

function dataOf(text: string | undefined, reason: string | undefined, types: ErrorTypes): unknown {
  if (text === undefined) return undefined;
  try {
    return errorDataFromJson(types, reason, JSON.parse(text));
  } catch {
    // A peer with another idea of this key: the error is still what its code says.
    return undefined;
  }
}

function typesOf(domain: string | undefined, known: KnownErrors | undefined): ErrorTypes {
  return known && domain === known.service ? known.errors : {};
}

function fieldsOf(bytes: Uint8Array, number: number): Uint8Array[] {
  const ofNumber = (field: ProtoField) => (field.number === number ? [field.bytes] : []);
  return readProto(bytes).flatMap(ofNumber);
}

function textOf(bytes: Uint8Array, number: number): string | undefined {
  const last = fieldsOf(bytes, number).at(-1);
  return last && new TextDecoder().decode(last);
}
