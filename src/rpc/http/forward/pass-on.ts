/** One request, passed on to one program. */
import {
  type Agent,
  type ClientRequest,
  type IncomingMessage,
  request as requestOf,
  type ServerResponse,
} from "node:http";
import { pipeline } from "node:stream/promises";

import type { Clock } from "../../../core/clock.ts";
import { ReefError } from "../../../core/errors.ts";
import { limitInterim } from "../limit-interim.ts";
import { refusal } from "../problem.ts";
import type { Place } from "./find-place.ts";
import type { Forwarding } from "./forwarder.ts";
import { answerHeaders, requestHeaders, statusTextOf } from "./headers.ts";
import type { ForwardLimits } from "./limits.ts";
import { watchQuiet } from "./quiet.ts";

export interface PassOnOptions {
  readonly place: Place;
  readonly agent: Agent;
  readonly limits: ForwardLimits;
  readonly clock: Clock;
  /** It is not sent again when its connection breaks before the answer. */
  readonly last: boolean;
}

/**
 * `refused`: nobody takes connections there. `unsent`: the connection was closed while it was idle. `lost`: it broke
 * before the answer, and the request may be sent again.
 */
export type Passed = "answered" | "refused" | "unsent" | "lost";

/** @throws {ReefError} as long as nothing of the answer has left */
export async function passOn(
  one: Forwarding,
  response: ServerResponse,
  options: PassOnOptions,
): Promise<Passed> {
  const { request, signal } = one;
  const { limits, clock } = options;
  const outgoing = begin(one, options);
  const leave = (): void => void outgoing.destroy(ReefError.from(signal.reason));
  signal.addEventListener("abort", leave, { once: true });
  const quiet = () => void outgoing.destroy(tooQuiet(limits.quietMs));
  const watch = watchQuiet(request.socket, { clock, quietMs: limits.quietMs, quiet });
  try {
    const standing = await connected(outgoing);
    if (standing !== "connected") return standing;
    const answer = await answerOf(outgoing, one, response, options);
    if (!answer) return "lost";
    response.writeHead(answer.statusCode ?? 502, statusTextOf(answer), [
      ...answerHeaders(answer),
      ...(one.headers ?? []),
    ]);
    await pipeline(answer, response);
  } catch (error) {
    signal.throwIfAborted();
    if (!response.headersSent) throw error;
    // Only a broken connection tells a client that the rest is missing.
    response.destroy();
  } finally {
    watch.cancel();
    signal.removeEventListener("abort", leave);
    if (!response.writableFinished) outgoing.destroy();
  }
  return "answered";
}

function begin(one: Forwarding, options: PassOnOptions): ClientRequest {
  const { request, path } = one;
  const { place, agent, limits } = options;
  const outgoing = requestOf({
    agent,
    host: place.address.host,
    port: place.address.port,
    method: request.method,
    path,
    headers: requestHeaders(request, one),
    setHost: false,
    maxHeaderSize: limits.headBytesMax,
  });
  limitInterim(outgoing, limits.interimMax, (rule) => cannotPassOn(rule));
  // Whoever waits for something of it hears of it there.
  outgoing.on("error", ignore);
  return outgoing;
}

/** Settles when a connection stands; nothing has been sent before. */
function connected(outgoing: ClientRequest): Promise<"connected" | "refused" | "unsent"> {
  return new Promise((resolve, reject) => {
    let reused = false;
    outgoing.once("error", (cause) => {
      if (cause instanceof ReefError) reject(cause);
      else resolve(reused ? "unsent" : "refused");
    });
    outgoing.once("socket", (socket) => {
      reused = !socket.pending;
      if (!reused) return void socket.once("connect", () => resolve("connected"));
      // A whole turn of the loop later it is known whether the program closed it while it was idle.
      setImmediate(() => setImmediate(() => resolve("connected")));
    });
  });
}

/** Sends the body; the head of the answer may come before it is out. Undefined: it may be sent again. */
function answerOf(
  outgoing: ClientRequest,
  { request }: Forwarding,
  response: ServerResponse,
  { last, limits }: PassOnOptions,
): Promise<IncomingMessage | undefined> {
  return new Promise((resolve, reject) => {
    outgoing.once("response", (answer) => {
      const { statusCode = 0 } = answer;
      if (statusCode >= 200) resolve(answer);
      else reject(broke(new Error(`its answer has the status ${statusCode}`)));
    });
    // Nobody asked for it; without somebody who listens node only closes the connection, and tells nobody.
    outgoing.once("upgrade", (_answer, far) => {
      far.destroy();
      reject(broke(new Error("it changes the protocol, which nobody asked for")));
    });
    outgoing.once("error", (cause) => {
      if (cause instanceof ReefError) reject(cause);
      else if (last) reject(broke(cause));
      else resolve(undefined);
    });
    if (!hasBody(request)) return void outgoing.end();
    if (request.headers.expect !== undefined) response.writeContinue();
    sendBody(request, outgoing, limits.bodyBytesMax).catch((error: unknown) => {
      // A connection that broke is heard of above; what is left is what we refuse.
      if (error instanceof ReefError) reject(error);
    });
  });
}

async function sendBody(
  request: IncomingMessage,
  outgoing: ClientRequest,
  bodyBytesMax: number,
): Promise<void> {
  let bytes = 0;
  async function* counted(chunks: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
    for await (const chunk of chunks) {
      bytes += chunk.length;
      if (bytes > bodyBytesMax) throw tooLarge(bodyBytesMax);
      yield chunk;
    }
  }
  await pipeline(request, counted, outgoing);
}

/** Whether a body comes with a request. */
export function hasBody({ headers }: IncomingMessage): boolean {
  if (headers["transfer-encoding"] !== undefined) return true;
  const length = headers["content-length"];
  return length !== undefined && length !== "0";
}

export function tooLarge(bodyBytesMax: number): ReefError {
  return refusal("body_too_large", `Cannot take the body: the limit is ${bodyBytesMax} bytes`);
}

function broke(cause: NodeJS.ErrnoException): ReefError {
  const rule =
    cause.code === "HPE_HEADER_OVERFLOW"
      ? "the head of its answer is too long"
      : "it broke off before it answered";
  return cannotPassOn(rule, cause);
}

function cannotPassOn(rule: string, cause?: Error): ReefError {
  return new ReefError("unavailable", `Cannot pass the request on: ${rule}`, { cause });
}

function tooQuiet(quietMs: number): ReefError {
  return new ReefError("deadline_exceeded", `Nothing moved for ${quietMs} ms`);
}

/** It is told to whoever waits. */
function ignore(): void {}
