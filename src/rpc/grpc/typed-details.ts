/**
 * The data of a typed error as one of the details of a status: a message of the contract's own `.proto`, by the name
 * that reflection gives it, so that other languages read it as any of their messages.
 */
import { encodeBytes } from "../../contract/byte-sink.ts";
import type { Codec } from "../../contract/codec.ts";
import type { ErrorTypes } from "../../contract/method.ts";
import { errorIdentifier } from "../../contract/proto/proto-identifiers.ts";
import type { ReefError } from "../../core/errors.ts";

/** Whose typed errors are known here; those of others keep their data as JSON. */
export interface KnownErrors {
  readonly service: string;
  readonly errors: ErrorTypes;
  /** `/greeter.v1.Greeter/Hello`: where their messages are called after. Without it data is JSON. */
  readonly protoPath?: string;
}

/** One of the details of a status. */
export interface Detail {
  /** Full name of its message. */
  readonly type: string;
  readonly bytes: Uint8Array;
}

/** Undefined for data without a message of its own, and for data that is not what its contract says. */
export function packData(error: ReefError, known: KnownErrors | undefined): Detail | undefined {
  const { reason, domain, data } = error;
  const message = messageOf(reason, domain, known);
  if (!message || data === undefined) return undefined;
  try {
    return { type: message.type, bytes: encodeBytes(message.codec, data) };
  } catch {
    // A handler broke its contract; the error itself must still arrive.
    return undefined;
  }
}

/** The data that `packData` has packed; undefined where there is none that can be read. */
export function unpackData(
  details: readonly Detail[],
  { reason, domain }: { readonly reason: string | undefined; readonly domain: string | undefined },
  known: KnownErrors | undefined,
): unknown {
  const message = messageOf(reason, domain, known);
  const bytes = message && details.find(({ type }) => type === message.type)?.bytes;
  if (!bytes) return undefined;
  try {
    return message.codec.decode(bytes, 0, bytes.length);
  } catch {
    // A peer with another idea of this message: the error is still what its code says.
    return undefined;
  }
}

function messageOf(
  reason: string | undefined,
  domain: string | undefined,
  known: KnownErrors | undefined,
): { readonly type: string; readonly codec: Codec } | undefined {
  if (!known?.protoPath || domain !== known.service || reason === undefined) return undefined;
  if (!Object.hasOwn(known.errors, reason)) return undefined;
  const codec = known.errors[reason]?.data?.protobuf;
  const [, service = "", method = ""] = known.protoPath.split("/");
  const scope = service.slice(0, service.lastIndexOf(".") + 1);
  return codec && { type: scope + errorIdentifier(method, reason), codec };
}
