/**
 * One WebSocket, passed on to one program. The connection is a tunnel only once the program has agreed to it: before,
 * whatever a client sends behind its request would reach the program past every check.
 */
import { type ClientRequest, type IncomingMessage, request as requestOf } from "node:http";
import type { Duplex } from "node:stream";
import { finished, pipeline } from "node:stream/promises";

import type { Clock } from "../../../core/clock.ts";
import { ReefError } from "../../../core/errors.ts";
import { limitInterim } from "../limit-interim.ts";
import type { Place } from "./find-place.ts";
import type { Forwarding } from "./forwarder.ts";
import { answerHeaders, requestHeaders, statusTextOf } from "./headers.ts";
import type { ForwardLimits } from "./limits.ts";
import type { Passed } from "./pass-on.ts";
import { watchQuiet } from "./quiet.ts";

export interface PassSocketOptions {
  readonly place: Place;
  /** What the client has sent behind its request. */
  readonly head: Buffer;
  readonly limits: ForwardLimits;
  readonly clock: Clock;
}

/** @throws {ReefError} as long as nothing of the answer has left */
export async function passSocketOn(
  one: Forwarding,
  socket: Duplex,
  options: PassSocketOptions,
): Promise<Passed> {
  const { signal } = one;
  const { limits, clock, head } = options;
  const outgoing = begin(one, options);
  const leave = (): void => void outgoing.destroy(ReefError.from(signal.reason));
  signal.addEventListener("abort", leave, { once: true });
  try {
    const agreed = await agreement(outgoing);
    if (!agreed) return "refused";
    const { answer, far } = agreed;
    one.taken?.();
    socket.write(headOf(answer, far !== undefined, one.headers ?? []));
    if (!far) await pipeline(answer, socket);
    else {
      far.unshift(agreed.head);
      socket.unshift(head);
      const end = () => void far.destroy();
      const watch = watchQuiet(far, { clock, quietMs: limits.quietMs, quiet: end });
      signal.addEventListener("abort", end, { once: true });
      try {
        await tunnel(socket, far, clock);
      } finally {
        watch.cancel();
        signal.removeEventListener("abort", end);
      }
    }
  } finally {
    signal.removeEventListener("abort", leave);
    outgoing.destroy();
  }
  return "answered";
}

function begin(one: Forwarding, options: PassSocketOptions): ClientRequest {
  const { request, path } = one;
  const { place, limits } = options;
  const outgoing = requestOf({
    agent: false,
    host: place.address.host,
    port: place.address.port,
    method: request.method,
    path,
    headers: [...requestHeaders(request, one), "connection", "Upgrade", "upgrade", "websocket"],
    setHost: false,
    maxHeaderSize: limits.headBytesMax,
  });
  limitInterim(outgoing, limits.interimMax, (rule) => cannotOpen(rule));
  outgoing.end();
  return outgoing;
}

interface Agreed {
  readonly answer: IncomingMessage;
  /** The tunnel; absent when the program answers with something else. */
  readonly far?: Duplex;
  readonly head: Buffer;
}

/** Undefined when nobody takes connections there. */
function agreement(outgoing: ClientRequest): Promise<Agreed | undefined> {
  return new Promise((resolve, reject) => {
    let connected = false;
    outgoing.once("socket", (socket) => socket.once("connect", () => (connected = true)));
    outgoing.on("error", (cause) => {
      if (cause instanceof ReefError) reject(cause);
      else if (!connected) resolve(undefined);
      else reject(broke(cause));
    });
    outgoing.once("upgrade", (answer, far, head) => resolve({ answer, far, head }));
    outgoing.once("response", (answer) => {
      // It says that it switches, and not to what: nothing can be sent to it then.
      if (answer.statusCode === 101) reject(broke(new Error("no Connection: Upgrade")));
      else resolve({ answer, head: Buffer.alloc(0) });
    });
  });
}

/** What the client reads: node has no response for a connection that is being upgraded. */
function headOf(answer: IncomingMessage, upgraded: boolean, more: readonly string[]): string {
  const headers = [
    ...answerHeaders(answer),
    ...more,
    ...(upgraded ? ["connection", "Upgrade", "upgrade", "websocket"] : ["connection", "close"]),
  ];
  const lines = [`HTTP/1.1 ${answer.statusCode} ${statusTextOf(answer)}`];
  for (let index = 0; index < headers.length; index += 2) {
    lines.push(`${headers[index]}: ${headers[index + 1]}`);
  }
  return `${lines.join("\r\n")}\r\n\r\n`;
}

/** Both ways, until either end is over; then both are. */
async function tunnel(near: Duplex, far: Duplex, clock: Clock): Promise<void> {
  near.pipe(far);
  far.pipe(near);
  // How it ended is between the two: a WebSocket says so itself.
  await Promise.race([finished(near), finished(far)]).catch(ignore);
  near.end();
  far.end();
  const timer = clock.after(lastWordMs, () => {
    near.destroy();
    far.destroy();
  });
  await Promise.allSettled([finished(near), finished(far)]);
  timer.cancel();
}

/** For what was said before the end to arrive. */
const lastWordMs = 1_000;

function broke(cause: Error): ReefError {
  return cannotOpen("the program broke off before it answered", cause);
}

function cannotOpen(rule: string, cause?: Error): ReefError {
  return new ReefError("unavailable", `Cannot open the WebSocket: ${rule}`, { cause });
}

function ignore(): void {}
