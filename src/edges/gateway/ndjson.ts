/**
 * A stream of answers as one JSON text a line, and nothing else: the answer's end is the stream's end. A message is
 * always an object, so a line that is an array cannot be one: `["error", {...}]` is the last line of a stream that
 * failed, `["trailers", {...}]` what its handler says with the outcome. https://github.com/ndjson/ndjson-spec
 */
import { oneLine, type StreamFormat } from "./stream-answer.ts";

export const jsonLines: StreamFormat = {
  contentType: "application/x-ndjson",
  message: (json) => Buffer.concat([oneLine(json), lineEnd]),
  end: "",
  trailers: (metadata) => `${JSON.stringify(["trailers", metadata])}\n`,
  failure: (problem) => `${JSON.stringify(["error", problem])}\n`,
  // White space between two JSON texts, which readers of lines are asked to skip.
  keepAlive: "\n",
};

const lineEnd = Buffer.from("\n");
