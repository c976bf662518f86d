/** A stream of answers as the body of one HTTP answer: flushed for each message, no faster than its reader. */
import type { ServerResponse } from "node:http";
import type { Clock, Timer } from "../../core/clock.ts";
import type { Metadata } from "../../rpc/metadata.ts";
import type { Problem } from "../../rpc/http/problem.ts";
import type { Exchange } from "./exchange.ts";

/** How messages, the end and a failure look. */
export interface StreamFormat {
  readonly contentType: string;
  message(json: Buffer): Buffer;
  readonly end: string;
  /** What the handler says with the outcome, before it. */
  trailers(metadata: Metadata): string;
  failure(problem: Problem): string;
  /** What may be written at any time and means nothing. */
  readonly keepAlive: string;
}

export interface SendMessagesOptions {
  readonly format: StreamFormat;
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
export async function sendMessages(
  exchange: Exchange,
  messages: AsyncIterable<Buffer>,
  { format, clock, readStallMs }: SendMessagesOptions,
): Promise<void> {
  const { response, signal } = exchange;
  const iterator = messages[Symbol.asyncIterator]();
  const giveBack = (): void => void iterator.return?.()?.catch(ignoreEnd);
  exchange.streaming = true;
  signal.addEventListener("abort", giveBack, { once: true });
  let keepAlive: Timer | undefined;
  try {
    let next = iterator.next();
    await settledOrQuiet(next, clock);
    response.writeHead(200, exchange.head("content-type", format.contentType, ...streamHead));
    response.flushHeaders();
    keepAlive = keepAliveOf(response, format, clock);
    for (let result = await next; !result.done; result = await next) {
      if (!response.write(format.message(result.value))) await drained(response, readStallMs);
      next = iterator.next();
    }
    // Whoever gave up ended the iteration too, and that is not the end of the stream.
    signal.throwIfAborted();
    if (exchange.trailers) response.write(format.trailers(exchange.trailers));
    response.end(format.end);
  } catch (thrown) {
    if (!response.headersSent) throw thrown;
    const { problem } = exchange.problem(thrown);
    if (response.destroyed) return;
    if (exchange.trailers) response.write(format.trailers(exchange.trailers));
    response.end(format.failure(problem));
  } finally {
    keepAlive?.cancel();
    signal.removeEventListener("abort", giveBack);
    giveBack();
  }
}

/** nginx would collect the messages otherwise, and any cache keep them. */
const streamHead = ["cache-control", "no-store", "x-accel-buffering", "no"];

/** Resolves when the promise has settled or `quietMs` are over; rejects with it. */
function settledOrQuiet(next: Promise<unknown>, clock: Clock): Promise<unknown> {
  const quiet = Promise.withResolvers<void>();
  const timer = clock.after(quietMs, quiet.resolve);
  return Promise.race([next, quiet.promise]).finally(() => timer.cancel());
}

function keepAliveOf(response: ServerResponse, { keepAlive }: StreamFormat, clock: Clock): Timer {
  let timer = clock.after(keepAliveMs, beat);
  function beat(): void {
    // A reader that is behind has bytes on the way already.
    if (!response.writableNeedDrain) response.write(keepAlive);
    timer = clock.after(keepAliveMs, beat);
  }
  return { cancel: () => timer.cancel() };
}

/** JSON as one line: a line break in JSON text is only ever white space. */
export function oneLine(json: Buffer): Buffer {
  if (!json.includes(0x0a) && !json.includes(0x0d)) return json;
  return Buffer.from(json.toString().replaceAll(/[\r\n]/g, " "));
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
