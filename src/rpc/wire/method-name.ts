/** METHOD frames: what a method's number stands for on one connection. */
import { ReefError } from "../../core/errors.ts";
import type { ClientMethod } from "../client-call.ts";
import { frame, methodNameBytesMax, methodsMax, type MethodName } from "./frames.ts";
import type { FrameWriter } from "./frame-writer.ts";

/** The caller's numbers. A method is named once, however many clients of its contract there are. */
export class MethodNumbers {
  readonly #known = new WeakMap<ClientMethod, number>();
  readonly #named = new Map<string, number>();

  /**
   * The number of a method; names it to the far side when it is new.
   * @throws {ReefError} `resource_exhausted` (never executed) beyond `methodsMax`
   */
  of(method: ClientMethod, writer: FrameWriter): number {
    return this.#known.get(method) ?? this.#learn(method, writer);
  }

  #learn(method: ClientMethod, writer: FrameWriter): number {
    const name = formatMethodName(method);
    const number = this.#named.get(name) ?? this.#name(name, writer);
    this.#known.set(method, number);
    return number;
  }

  #name(name: string, writer: FrameWriter): number {
    const number = this.#named.size + 1;
    if (number > methodsMax) throw tooMany();
    if (Buffer.byteLength(name) > methodNameBytesMax) throw tooLong();
    writer.begin(frame.method, 0, number, 0);
    writer.text(name);
    writer.end();
    this.#named.set(name, number);
    return number;
  }
}

function formatMethodName(method: ClientMethod): string {
  const { namespace, service, version, name, kind, digest } = method;
  const named: MethodName = {
    namespace,
    service,
    version,
    method: name,
    kind,
    digest,
    codec: "json",
  };
  return JSON.stringify(named);
}

/**
 * Reads a METHOD payload; an error instead when it was understood and the method cannot be had.
 * @throws {ReefError} `invalid_argument` when it is no such payload
 */
export function parseMethodName(text: string): MethodName | ReefError {
  if (text.length > methodNameBytesMax) throw unreadable();
  const name = parseObject(text);
  const { namespace, service, version, method, kind, digest, codec } = name;
  const all = [namespace, service, version, method, kind, digest, codec];
  if (!all.every((part) => typeof part === "string")) throw unreadable();
  if (codec === "json") return name as MethodName;
  return new ReefError(
    "unimplemented",
    `Cannot speak the codec "${codec}": this node knows "json"`,
    { maybeExecuted: false },
  );
}

function parseObject(text: string): Partial<MethodName> {
  try {
    return (JSON.parse(text) as Partial<MethodName> | null) ?? {};
  } catch (cause) {
    throw unreadable(cause);
  }
}

function unreadable(cause?: unknown): ReefError {
  const text = "Cannot read a METHOD frame: it names no method";
  return new ReefError("invalid_argument", text, { cause });
}

function tooMany(): ReefError {
  return new ReefError(
    "resource_exhausted",
    `Cannot send the call: ${methodsMax} methods are in use on this connection`,
    { maybeExecuted: false },
  );
}

function tooLong(): ReefError {
  return new ReefError(
    "invalid_argument",
    `Cannot send the call: the name of its method has more than ${methodNameBytesMax} bytes`,
    { maybeExecuted: false },
  );
}
