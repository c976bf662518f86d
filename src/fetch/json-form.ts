/**
 * Calls as the gateway takes them: `POST /<service>/<method>` with JSON, streams as lines of it, errors as
 * problem+json. docs/http.md is what both sides promise.
 */
import { encodeText } from "../contract/byte-sink.ts";
import { readJson } from "../contract/json-read.ts";
import type { Message } from "../contract/message.ts";
import { ReefError } from "../core/errors.ts";
import {
  type ClientCall,
  type ClientMethod,
  returnsStream,
  sendsStream,
} from "../rpc/client-call.ts";
import { besideOfHead } from "../rpc/http/beside-headers.ts";
import { decodeMetadata, type Metadata } from "../rpc/metadata.ts";
import { errorOfAnswer, errorOfProblem, parseProblem } from "../rpc/http/read-problem.ts";
import { type CallForm, messageBytesMax } from "./call-form.ts";
import { checkType, parseJson, readLines, readWhole } from "./read-body.ts";

export const jsonForm: CallForm = {
  pathOf: ({ service, name }) => `/${service}/${name}`,
  headersOf(call) {
    const { method, trace, remainingMs } = call;
    return {
      "content-type": sendsStream(method.kind) ? linesType : jsonType,
      accept: returnsStream(method.kind) ? linesType : jsonType,
      traceparent: trace.traceparent,
      ...(remainingMs !== Infinity && { "x-timeout-ms": String(wholeMs(remainingMs)) }),
      ...metadataHeaders(call),
    };
  },
  whole: ({ input }, value) => encodeText(input.json, value),
  part: ({ input }, value) => encoder.encode(`${encodeText(input.json, value)}\n`),
  async failureOf(method, response) {
    const { status, ok, headers } = response;
    if (ok) return undefined;
    const body = await readWhole(response, problemBytesMax);
    const contentType = headers.get("content-type") ?? undefined;
    return errorOfAnswer(method, { status, contentType, body }, errors);
  },
  async answer({ output }, response) {
    const body = await readWhole(response, messageBytesMax);
    if (!output || body.length === 0) return output?.json.decode(emptyObject, 0, 2);
    checkType(response, jsonType);
    return output.json.decode(body, 0, body.length);
  },
  besideOf: ({ headers }) => besideOfHead(headers),
  async *answers(method, response) {
    checkType(response, linesType);
    for await (const line of readLines(response, messageBytesMax)) {
      // Messages are objects; a line that is none says what the handler adds, or how the stream failed.
      if (line[0] === leftBracket) {
        yield { trailers: trailersIn(method, line) };
        continue;
      }
      const value = method.output?.json.decode(line, 0, line.length);
      yield { value, bytes: line.length };
    }
  },
};

const jsonType = "application/json";
const linesType = "application/x-ndjson";
const leftBracket = 0x5b;
const encoder = new TextEncoder();
const emptyObject = encoder.encode("{}");

/** An error with its data; a longer one is a page that lost its way. */
const problemBytesMax = 65_536;

/** The data of errors is read as it is on the native wire. */
const errors = {
  errorData: ({ shape }: Message, json: unknown) => readJson(shape, json, shape.definitions),
};

/** A limit that has a bit of a millisecond left has not passed. */
function wholeMs(remainingMs: number): number {
  return Math.max(1, Math.ceil(remainingMs));
}

/** @throws {ReefError} `unimplemented` for metadata that the gateway does not pass on */
function metadataHeaders({ metadata = {}, method }: ClientCall): Record<string, string> {
  for (const name of Object.keys(metadata)) {
    if (name === "x-request-id") continue;
    throw new ReefError(
      "unimplemented",
      `Cannot call ${method.service}/${method.name} with the metadata "${name}": the gateway passes on "x-request-id" only`,
      { maybeExecuted: false },
    );
  }
  return metadata;
}

/** Of `["trailers", {...}]`. @throws {ReefError} what `["error", {...problem...}]` says */
function trailersIn(method: ClientMethod, line: Uint8Array): Metadata {
  const parsed = parseJson(line);
  const [word, content]: unknown[] = Array.isArray(parsed) ? parsed : [];
  if (word === "trailers") return decodeMetadata(JSON.stringify(content));
  if (word === "error" && content !== undefined) {
    const read = parseProblem(encoder.encode(JSON.stringify(content)));
    throw errorOfProblem(method, read, { status: 500, messages: errors });
  }
  const { service, name } = method;
  throw new ReefError(
    "internal",
    `Cannot read a line of the answer of ${service}/${name}: it is no message`,
  );
}
