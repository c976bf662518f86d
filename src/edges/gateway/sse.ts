/**
 * A stream of answers as server-sent events. One `data:` event for each message, then `event: end`, or `event: error`
 * with the problem. https://html.spec.whatwg.org/multipage/server-sent-events.html
 */
import { oneLine, type StreamFormat } from "./stream-answer.ts";

export const eventStream: StreamFormat = {
  contentType: "text/event-stream",
  message: (json) => Buffer.concat([dataStart, oneLine(json), eventEnd]),
  end: "event: end\ndata: {}\n\n",
  trailers: (metadata) => `event: trailers\ndata: ${JSON.stringify(metadata)}\n\n`,
  failure: (problem) => `event: error\ndata: ${JSON.stringify(problem)}\n\n`,
  // A line with a colon is a comment, and reaches nobody's code.
  keepAlive: ": keepalive\n\n",
};

const dataStart = Buffer.from("data: ");
const eventEnd = Buffer.from("\n\n");
