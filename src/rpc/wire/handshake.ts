/** The first words on a connection: magic and HELLO from the caller, HELLO back. */
import type { Socket } from "node:net";

import { type Clock, systemClock } from "../../core/clock.ts";
import { ReefError } from "../../core/errors.ts";
import {
  chunkBytes,
  frame,
  headerBytes,
  type Hello,
  magic,
  type WireLimits,
  wireVersion,
} from "./frames.ts";

/** A peer that says nothing for this long after it connected is not a peer. */
export const helloTimeoutMs = 5_000;

export interface Hellos {
  readonly own: Hello;
  readonly peer: Hello;
  /** What the peer sent after its HELLO. */
  readonly rest: Buffer;
}

export interface HandshakeOptions {
  readonly clock?: Clock;
  readonly signal?: AbortSignal | undefined;
}

/** The caller's half. Rejects with `unavailable` when the far side leaves, is silent, or does not speak this wire. */
export async function greet(
  socket: Socket,
  own: Hello,
  options: HandshakeOptions = {},
): Promise<Hellos> {
  socket.write(Buffer.concat([magic, helloFrame(own)]));
  const { hello: peer, rest } = await readHello(socket, 0, options);
  return { own, peer, rest };
}

/** The service's half, for a socket whose first byte was seen to be the magic's. */
export async function answer(
  socket: Socket,
  own: Hello,
  options: HandshakeOptions = {},
): Promise<Hellos> {
  const { hello: peer, rest } = await readHello(socket, magic.length, options);
  if (peer.wire !== wireVersion) {
    const error = new ReefError(
      "failed_precondition",
      `Cannot speak wire version ${peer.wire}: this node speaks ${wireVersion}`,
      { maybeExecuted: false },
    );
    socket.write(errorFrame(error));
    throw error;
  }
  socket.write(helloFrame(own));
  return { own, peer, rest };
}

function helloFrame(hello: Hello): Buffer {
  return jsonFrame(frame.hello, hello);
}

/** An ERROR for the connection as a whole, in the words that every version of the wire understands. */
export function errorFrame(error: ReefError): Buffer {
  return jsonFrame(frame.error, error);
}

function jsonFrame(type: number, value: unknown): Buffer {
  const body = Buffer.from(JSON.stringify(value));
  const header = Buffer.alloc(headerBytes);
  header.writeUInt32LE(body.length, 0);
  header[4] = type;
  return Buffer.concat([header, body]);
}

/** Collects bytes until the HELLO is whole; at most one frame is ever kept. */
function readHello(
  socket: Socket,
  magicBytes: number,
  { clock = systemClock, signal }: HandshakeOptions,
): Promise<{ hello: Hello; rest: Buffer }> {
  return new Promise((resolve, reject) => {
    let data: Buffer = Buffer.alloc(0);
    const timer = clock.after(helloTimeoutMs, () => stop(silent()));
    const aborted = () => stop(ReefError.from(signal?.reason));
    const closed = () => stop(unavailable("the connection was closed before HELLO"));
    const failed = (error: Error) => stop(unavailable(error.message, error));
    function onData(chunk: Buffer): void {
      data = Buffer.concat([data, chunk]);
      try {
        const end = helloEnd(data, magicBytes);
        if (end === undefined) return;
        const hello = parseHello(data, magicBytes, end);
        finish();
        // Until whoever takes the socket over listens.
        socket.pause();
        resolve({ hello, rest: data.subarray(end) });
      } catch (error) {
        stop(ReefError.from(error));
      }
    }
    function stop(error: ReefError): void {
      finish();
      socket.destroy();
      reject(error);
    }
    function finish(): void {
      timer.cancel();
      signal?.removeEventListener("abort", aborted);
      socket.off("data", onData).off("close", closed).off("error", failed);
    }
    socket.on("data", onData).on("close", closed).on("error", failed);
    // It may have been read before, to see which protocol it speaks, and then does not flow by itself.
    socket.resume();
    signal?.addEventListener("abort", aborted, { once: true });
    if (signal?.aborted) aborted();
  });
}

/** Where the HELLO ends; undefined while it is not whole. */
function helloEnd(data: Buffer, magicBytes: number): number | undefined {
  const seen = Math.min(magicBytes, data.length);
  if (data.compare(magic, 0, seen, 0, seen) !== 0)
    throw unavailable("the peer does not speak reef's wire");
  if (data.length < magicBytes + headerBytes) return undefined;
  const length = data.readUInt32LE(magicBytes);
  if (length > chunkBytes) throw unavailable("the peer does not speak reef's wire");
  const end = magicBytes + headerBytes + length;
  return data.length < end ? undefined : end;
}

function parseHello(data: Buffer, magicBytes: number, end: number): Hello {
  const type = data[magicBytes + 4];
  const body: unknown = JSON.parse(data.toString("utf8", magicBytes + headerBytes, end));
  if (type === frame.error) {
    const { message } = body as { message?: unknown };
    throw unavailable(`the far side refused: ${String(message)}`);
  }
  if (type !== frame.hello || !isHello(body))
    throw unavailable("the peer's first frame is not a HELLO");
  return body;
}

function isHello(body: unknown): body is Hello {
  const { wire, limits, credentials } = (body ?? {}) as Partial<Hello>;
  return typeof wire === "number" && isLimits(limits) && typeof credentials?.scheme === "string";
}

function isLimits(limits: Partial<WireLimits> | undefined): boolean {
  const { messageBytes, calls, streamMessages, streamBytes } = limits ?? {};
  return [messageBytes, calls, streamMessages, streamBytes].every(
    (limit) => Number.isSafeInteger(limit) && Number(limit) > 0,
  );
}

function silent(): ReefError {
  return unavailable(`the far side said nothing for ${helloTimeoutMs} ms`);
}

function unavailable(rule: string, cause?: unknown): ReefError {
  return new ReefError("unavailable", `Cannot open a connection: ${rule}`, {
    cause,
    maybeExecuted: false,
  });
}
