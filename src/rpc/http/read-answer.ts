/** Takes an answer into memory, within limits. */
import type { IncomingMessage } from "node:http";

import { ReefError } from "../../core/errors.ts";
import { GrowingBytes } from "./growing-bytes.ts";

/** @throws {ReefError} `internal` beyond `bytesMax`; Node's own error when the connection breaks */
export async function readWhole(response: IncomingMessage, bytesMax: number): Promise<Buffer> {
  const whole = new GrowingBytes();
  // A stream of bytes, for nobody has set an encoding.
  for await (const chunk of response as AsyncIterable<Buffer>) {
    whole.add(chunk);
    if (whole.size > bytesMax) throw unreadable(`the limit is ${bytesMax} bytes`);
  }
  return whole.bytes();
}

/** @throws {ReefError} `internal` for a body that is no JSON by its own word, or is packed */
export function checkJson({ headers }: IncomingMessage): void {
  const type = headers["content-type"];
  if (type === undefined || !jsonType.test(type)) {
    throw unreadable(`its Content-Type must be application/json, it is ${JSON.stringify(type)}`);
  }
  const coding = headers["content-encoding"];
  if (coding === undefined || coding === "identity") return;
  throw unreadable(`its Content-Encoding ${JSON.stringify(coding)} was not asked for`);
}

const jsonType = /^application\/(?:[\w.-]+\+)?json[ \t]*(?:;|$)/i;

function unreadable(rule: string): ReefError {
  return new ReefError("internal", `Cannot read the answer: ${rule}`);
}
