/** A stream of answers as it comes over HTTP: lines of JSON, or server-sent events. */
import type { IncomingMessage } from "node:http";

import { ReefError } from "../../core/errors.ts";
import { GrowingBytes } from "./growing-bytes.ts";
import { readLines } from "./read-lines.ts";

/** A message, what goes with the outcome, or the problem that ends the stream. */
export type AnswerItem =
  | { readonly kind: "trailers"; readonly json: Buffer }
  | { readonly kind: "message"; readonly json: Buffer }
  | { readonly kind: "problem"; readonly json: Buffer };

export type StreamForm = "lines" | "events";

/**
 * In which form the answer streams.
 * @throws {ReefError} `internal` when it is none of ours, or its end could not be told from a crash
 */
export function streamFormOf({ headers }: IncomingMessage): StreamForm {
  const type = headers["content-type"]?.split(";", 1)[0]?.trim().toLowerCase();
  if (type === "text/event-stream") return "events";
  if (type !== "application/x-ndjson" && type !== "application/ndjson") {
    throw unreadable(
      `a stream has the Content-Type application/x-ndjson or text/event-stream, this one ${JSON.stringify(type)}`,
    );
  }
  if (headers["transfer-encoding"] === undefined && headers["content-length"] === undefined) {
    throw unreadable("lines have to be sent chunked, or their end looks like a crash");
  }
  return "lines";
}

/** @throws {ReefError} `internal` for what keeps to neither form; Node's own error when the connection breaks */
export function readItems(
  response: IncomingMessage,
  form: StreamForm,
  messageBytesMax: number,
): AsyncGenerator<AnswerItem, void, undefined> {
  const lines = readLines(response, messageBytesMax);
  return form === "lines" ? itemsOfLines(lines) : itemsOfEvents(lines, messageBytesMax);
}

async function* itemsOfLines(lines: AsyncIterable<Buffer>): AsyncGenerator<AnswerItem, void> {
  for await (const json of lines) {
    // An empty line keeps a quiet connection alive.
    if (json.length === 0) continue;
    const item = itemOfLine(json);
    yield item;
    if (item.kind === "problem") return;
  }
}

const bracket = "[".charCodeAt(0);

/** `["error", {...}]` and `["trailers", {...}]`: a message is an object, so it cannot be one of them. */
function itemOfLine(line: Buffer): AnswerItem {
  if (line[0] !== bracket) return { kind: "message", json: line };
  const [word, content] = parseList(line);
  const json = Buffer.from(JSON.stringify(content ?? {}));
  if (word === "error") return { kind: "problem", json };
  if (word === "trailers") return { kind: "trailers", json };
  throw unreadable("a line is an object, or an error or trailers as a list");
}

function parseList(line: Buffer): readonly unknown[] {
  try {
    // It begins like a list, so that is what it is.
    return JSON.parse(line.toString()) as unknown[];
  } catch (cause) {
    throw unreadable("a line is not JSON", cause);
  }
}

/** https://html.spec.whatwg.org/multipage/server-sent-events.html#event-stream-interpretation */
async function* itemsOfEvents(
  lines: AsyncIterable<Buffer>,
  messageBytesMax: number,
): AsyncGenerator<AnswerItem, void> {
  const data = new GrowingBytes();
  let event = "";
  for await (const line of lines) {
    const [field, value] = fieldOf(line);
    if (line.length > 0) {
      if (field === "event") event = value.toString();
      if (field === "data") {
        if (data.size > 0) data.add(lineEnd);
        data.add(value);
        if (data.size > messageBytesMax) {
          throw unreadable(`the limit of an event is ${messageBytesMax} bytes`);
        }
      }
      continue;
    }
    const json = data.bytes();
    const kind = event;
    data.drop();
    event = "";
    if (kind === "end") return;
    if (kind === "error") return yield { kind: "problem", json };
    if (kind === "trailers") yield { kind: "trailers", json };
    if ((kind === "" || kind === "message") && json.length > 0) yield { kind: "message", json };
  }
  throw new ReefError("unavailable", "The stream of answers ended without its last event, end");
}

const lineEnd = Buffer.from("\n");
const colon = 0x3a;
const space = 0x20;

function fieldOf(line: Buffer): [name: string, value: Buffer] {
  const end = line.indexOf(colon);
  if (end === -1) return [line.toString(), Buffer.alloc(0)];
  return [
    line.toString("latin1", 0, end),
    line.subarray(line[end + 1] === space ? end + 2 : end + 1),
  ];
}

function unreadable(rule: string, cause?: unknown): ReefError {
  return new ReefError("internal", `Cannot read a stream of answers: ${rule}`, { cause });
}
