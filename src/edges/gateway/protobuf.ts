/**
 * Protobuf instead of JSON, where a client sends or asks for it and the contract has numbers. Where both the question
 * and the answer are whole messages of protobuf they are passed on as they are; else they are translated here, because
 * this entrance reads JSON: the path goes into the input, a field of the answer into Location. Most requests never come
 * here.
 */
import type { IncomingMessage } from "node:http";
import { encodeBytes } from "../../contract/byte-sink.ts";
import type { Codec } from "../../contract/codec.ts";
import { missingNumber } from "../../contract/numbers/missing-number.ts";
import type { ReefError } from "../../core/errors.ts";
import { isStream } from "../../rpc/client-call.ts";
import { refusal } from "../../rpc/http/problem.ts";
import { preferredType } from "./accept.ts";
import { protobufLimits } from "./protobuf-limits.ts";
import type { Endpoint } from "./routes.ts";
import type { RawCall } from "./upstream.ts";

/** The type that is registered, and the one that clients have used before it was. */
const protobufTypes = ["application/protobuf", "application/x-protobuf"] as const;

type ProtobufType = (typeof protobufTypes)[number];

/** How the messages of one call are written; JSON where nothing is said. */
export interface MessageForms {
  /** The JSON of a body that is protobuf. */
  readonly readBody: ((body: Buffer) => Buffer) | undefined;
  /** The answer in protobuf, from its JSON. */
  readonly answer: { readonly type: ProtobufType; write(json: Buffer): Buffer } | undefined;
  /** What is called instead of the method with JSON. */
  readonly call?: RawCall;
}

/**
 * What a request wants of protobuf; undefined when it wants nothing of it.
 * @throws {ReefError} `unsupported_media_type`, `not_acceptable`: the contract has no numbers, or it is a stream
 */
export function protobufForms(
  { headers }: IncomingMessage,
  endpoint: Endpoint,
): MessageForms | undefined {
  const { accept, "content-type": type } = headers;
  if (!type?.includes("protobuf") && !accept?.includes("protobuf")) return undefined;
  const sent = hasBody(endpoint) ? protobufTypes.find((each) => each === type) : undefined;
  const wanted = isStream(endpoint.method.kind) ? undefined : wantedType(accept, sent);
  const readBody = sent && bodyReader(sent, endpoint);
  const answer = wanted && answerWriter(wanted, accept, endpoint);
  if (!readBody || !isWhole(endpoint, answer)) return { readBody, answer };
  const { upstream, method } = endpoint;
  return {
    readBody: asItIs,
    answer: answer && { type: answer.type, write: asItIs },
    call: upstream.protobufCall(method.name),
  };
}

/** Whether nothing of the messages has to be read here. */
function isWhole({ method, binding }: Endpoint, answer: MessageForms["answer"]): boolean {
  if (!answer && method.output) return false;
  return !binding || (!binding.location && binding.segments.every((one) => "literal" in one));
}

function asItIs(bytes: Buffer): Buffer {
  return bytes;
}

function hasBody({ binding }: Endpoint): boolean {
  return !binding || binding.rest === "body" || binding.bodyField !== undefined;
}

/** Undefined for JSON, also where nothing that we have is wanted. An answer has the form of its question by default. */
function wantedType(
  accept: string | undefined,
  sent: ProtobufType | undefined,
): ProtobufType | undefined {
  const offered = [...(sent ? [sent] : []), jsonType, ...protobufTypes];
  const preferred = preferredType(accept, offered);
  return protobufTypes.find((type) => type === preferred);
}

const jsonType = "application/json";

function bodyReader(sent: ProtobufType, endpoint: Endpoint): (body: Buffer) => Buffer {
  const { upstream, method, binding } = endpoint;
  const refuse = (rule: string): ReefError => {
    return refusal("unsupported_media_type", `Cannot read the body as ${sent}: ${rule}`);
  };
  if (isStream(method.kind)) throw refuse("streams are JSON here; call it by gRPC or Connect");
  if (binding?.bodyField !== undefined) {
    throw refuse(`it is the field "${binding.bodyField}" and no message; send JSON`);
  }
  const { input } = upstream.messages(method.name);
  const { protobuf } = input;
  if (!protobuf) throw refuse(numbersRule(endpoint));
  const inPath = binding?.segments.flatMap((one) => ("field" in one ? one.field : [])) ?? [];
  return (body) => {
    const value = protobuf.decode(body, 0, body.length);
    const json = encoded(input.json, leaveOut(inPath, value));
    if (json.length > protobufLimits.jsonBytesMax) throw protobufLimits.refuse(json.length);
    return json;
  };
}

/** A field that stands in the path is not in the body, but readers of protobuf find its zero there. */
function leaveOut(inPath: readonly string[], value: unknown): unknown {
  if (inPath.length === 0 || typeof value !== "object" || value === null) return value;
  const left = Object.entries(value).filter(
    ([name, each]) => !inPath.includes(name) || !isZero(each),
  );
  return Object.fromEntries(left);
}

function isZero(value: unknown): boolean {
  return !value || (value instanceof Uint8Array && value.length === 0);
}

function answerWriter(
  type: ProtobufType,
  accept: string | undefined,
  endpoint: Endpoint,
): MessageForms["answer"] {
  const { upstream, method } = endpoint;
  const { output } = upstream.messages(method.name);
  const protobuf = output?.protobuf;
  if (output && protobuf) {
    return { type, write: (json) => encoded(protobuf, output.json.decode(json, 0, json.length)) };
  }
  // One way, or an answer in another form is welcome, too.
  if (!output || preferredType(accept, [jsonType]) !== undefined) return undefined;
  throw refusal("not_acceptable", `Cannot answer with ${type}: ${numbersRule(endpoint)}`);
}

function encoded(codec: Codec, value: unknown): Buffer {
  const bytes = encodeBytes(codec, value);
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

function numbersRule({ upstream: { descriptor } }: Endpoint): string {
  return (
    `the contract has no number for ${missingNumber(descriptor)}; ` +
    "type reef contract lock FILE, or use application/json"
  );
}
