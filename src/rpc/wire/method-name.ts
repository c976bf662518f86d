/** METHOD frames: what a method's number stands for on one connection. */
import type { Codec } from "../../contract/codec.ts";
import type { Message } from "../../contract/message.ts";
import { ReefError } from "../../core/errors.ts";
import type { ClientMethod } from "../client-call.ts";
import {
  type CodecName,
  frame,
  methodNameBytesMax,
  methodsMax,
  type MethodName,
} from "./frames.ts";
import type { FrameWriter } from "./frame-writer.ts";

/** A method on one connection, and how its messages are written there. */
export interface NamedMethod {
  readonly number: number;
  readonly input: Codec;
  readonly output: Codec | undefined;
}

/** The caller's numbers. A method is named once, however many clients of its contract there are. */
export class MethodNumbers {
  readonly #known = new WeakMap<ClientMethod, NamedMethod>();
  readonly #named = new Map<string, number>();
  /** What the far side speaks protobuf for. */
  readonly #protobuf: ReadonlySet<string>;

  constructor(protobuf: readonly string[] = []) {
    this.#protobuf = new Set(protobuf);
  }

  /**
   * The number of a method; names it to the far side when it is new.
   * @throws {ReefError} `resource_exhausted` (never executed) beyond `methodsMax`
   */
  of(method: ClientMethod, writer: FrameWriter): NamedMethod {
    return this.#known.get(method) ?? this.#learn(method, writer);
  }

  #learn(method: ClientMethod, writer: FrameWriter): NamedMethod {
    const { service, version, input, output } = method;
    const isNumbered = this.#protobuf.has(protobufName(service, version));
    const codecs = isNumbered ? protobufCodecs(input, output) : undefined;
    const name = formatMethodName(method, codecs ? "protobuf" : "json");
    const number = this.#named.get(name) ?? this.#name(name, writer);
    const named = { number, ...(codecs ?? { input: input.json, output: output?.json }) };
    this.#known.set(method, named);
    return named;
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

/** A service as HELLO names it: another major version has other numbers. */
export function protobufName(service: string, version: string): string {
  return `${service}@${version.split(".", 1)[0]}`;
}

/** The codecs of a method's messages; undefined when one of them has a field without a number. */
export function protobufCodecs(input: Message, output: Message | undefined) {
  const [inputCodec, outputCodec] = [input.protobuf, output?.protobuf];
  if (!inputCodec || (output && !outputCodec)) return undefined;
  return { input: inputCodec, output: outputCodec };
}

function formatMethodName(method: ClientMethod, codec: CodecName): string {
  const { namespace, service, version, name, kind, digest } = method;
  const named: MethodName = {
    namespace,
    service,
    version,
    method: name,
    kind,
    digest,
    codec,
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
  if (codec === "json" || codec === "protobuf") return name as MethodName;
  return new ReefError(
    "unimplemented",
    `Cannot speak the codec "${codec}": this node knows "json" and "protobuf"`,
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
