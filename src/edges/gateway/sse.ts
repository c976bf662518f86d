/**
 * A stream of answers as server-sent events. One `data:` event for each message, then `event: end`, or `event: error`
 * with the problem. https://html.spec.whatwg.org/multipage/server-sent-events.html
 */
import type { ServerResponse } from "node:http";
import type { Clock, Timer } from "../../core/clock.ts";
import type { Exchange } from "./exchange.ts";

export interface SendEventsOptions {
  readonly clock: Clock;
  /** A client that takes no byte for this long is cut off. */
  readonly readStallMs: number;
}

/** Proxies and phones drop connections that were silent for half a minute. */
export const keepAliveMs = 15_000;

/**
 * A stream that fails at once is answered with a status, like any call; one that is only quiet gets its head after this
 * long, so that its reader knows that it is connected.
 */
export const quietMs = 500;

/** Sends the messages until they end, fail, or the client leaves. */
export async function sendEvents(
  exchange: Exchange,
  messages: AsyncIterable<Buffer>,
  options: SendEventsOptions,
): Promise<void> {
  const { response, signal } = exchange;
  const iterator = messages[Symbol.asyncIterator]();
  const giveBack = (): void => void iterator.return?.()?.catch(ignoreEnd);
  exchange.streaming = true;
  signal.addEventListener("abort", giveBack, { once: true });
  let keepAlive: Timer | undefined;
  try {
    let next = iterator.next();
    await settledOrQuiet(next, options.clock);
    response.writeHead(200, exchange.head(...streamHead));
    response.flushHeaders();
    keepAlive = keepAliveOf(response, options.clock);
    for (let result = await next; !result.done; result = await next) {
      if (!response.write(messageEvent(result.value))) await drained(response, options.readStallMs);
      next = iterator.next();
    }
    // Whoever gave up ended the iteration too, and that is not the end of the stream.
    signal.throwIfAborted();
    response.end("event: end\ndata: {}\n\n");
  } catch (thrown) {
    if (!response.headersSent) throw thrown;
    const { problem } = exchange.problem(thrown);
    if (!response.destroyed) response.end(`event: error\ndata: ${JSON.stringify(problem)}\n\n`);
  } finally {
    keepAlive?.cancel();
    signal.removeEventListener("abort", giveBack);
    giveBack();
  }
}

/** nginx would collect the events otherwise, and any cache keep them. */
const streamHead = [
  "content-type",
  "text/event-stream",
  "cache-control",
  "no-store",
  "x-accel-buffering",
  "no",
];

/** Resolves when the promise has settled or `quietMs` are over; rejects with it. */
function settledOrQuiet(next: Promise<unknown>, clock: Clock): Promise<unknown> {
  const quiet = Promise.withResolvers<void>();
  const timer = clock.after(quietMs, quiet.resolve);
  return Promise.race([next, quiet.promise]).finally(() => timer.cancel());
}

/** A line with a colon is a comment: it keeps the connection and reaches nobody's code. */
function keepAliveOf(response: ServerResponse, clock: Clock): Timer {
  let timer = clock.after(keepAliveMs, beat);
  function beat(): void {
    // A reader that is behind has bytes on the way already.
    if (!response.writableNeedDrain) response.write(": keepalive\n\n");
    timer = clock.after(keepAliveMs, beat);
  }
  return { cancel: () => timer.cancel() };
}

const dataStart = Buffer.from("data: ");
const eventEnd = Buffer.from("\n\n");

/** A line break in JSON text is only ever white space, and would end the line of the event. */
function messageEvent(json: Buffer): Buffer {
  const oneLine =
    json.includes(0x0a) || json.includes(0x0d)
      ? Buffer.from(json.toString().replaceAll(/[\r\n]/g, " "))
      : json;
  return Buffer.concat([dataStart, oneLine, eventEnd]);
}

/** Resolves when the client has taken what was written, or is gone. */
function drained(response: ServerResponse, readStallMs: number): Promise<void> {
  const { socket } = response;
  if (response.destroyed || !socket) return Promise.resolve();
  // Node closes a connection whose time is over, and looks whether bytes still leave before it does.
  socket.setTimeout(readStallMs);
  return new Promise((resolve) => {
    response.once("drain", done);
    response.once("close", done);
    function done(): void {
      response.off("drain", done);
      response.off("close", done);
      socket?.setTimeout(0);
      resolve();
    }
  });
}

/** How a far side took being told to stop is of no interest to a reader that has left. */
function ignoreEnd(): void {}
