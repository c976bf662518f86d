/** The first words on a connection: magic and HELLO from the caller, HELLO back. */
import type { Socket } from "node:net";

import { type Clock, systemClock } from "../../core/clock.ts";
import { ReefError } from "../../core/errors.ts";
import { neverExecuted } from "../open-socket.ts";
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

/** A peer on the same network reads its last frame within this. */
export const lingerMs = 1_000;

/** What both sides said. Whatever the peer sent after it waits in the socket, which is paused. */
export interface Hellos {
  readonly own: Hello;
  readonly peer: Hello;
}

export interface HandshakeOptions {
  readonly clock?: Clock;
  readonly signal?: AbortSignal | undefined;
}

/**
 * The caller's half.
 * @throws {ReefError} `unavailable` (never executed) when the far side leaves, is silent, refuses, or does not speak
 *   this wire
 */
export async function greet(
  socket: Socket,
  own: Hello,
  options: HandshakeOptions = {},
): Promise<Hellos> {
  socket.write(Buffer.concat([magic, helloFrame(own)]));
  const peer = await readHello(socket, 0, options);
  if (peer.wire === wireVersion) return { own, peer };
  socket.destroy();
  throw unavailable(`the far side speaks wire version ${peer.wire}, this one ${wireVersion}`);
}

/**
 * The service's half, for a socket whose first byte was seen to be the magic's.
 * @throws {ReefError} the reason why the peer was sent away; it was told when it can read it
 */
export async function answer(
  socket: Socket,
  own: Hello,
  options: HandshakeOptions = {},
): Promise<Hellos> {
  const peer = await readHello(socket, magic.length, options);
  const refusal = refusalOf(peer);
  if (refusal) {
    sendAway(socket, jsonFrame(frame.error, refusal), options.clock);
    throw refusal;
  }
  socket.write(helloFrame(own));
  return { own, peer };
}

/** A last word to a peer, which has a moment to read it before the socket is gone, whatever it does. */
export function sendAway(socket: Socket, word: string | Buffer, clock: Clock = systemClock): void {
  const linger = clock.after(lingerMs, () => socket.destroy(), { background: true });
  socket.once("close", () => linger.cancel());
  socket.end(word);
  // What it still says is not kept, but its leaving is noticed.
  socket.resume();
}

function refusalOf({ wire }: Hello): ReefError | undefined {
  if (wire === wireVersion) return undefined;
  return new ReefError(
    "failed_precondition",
    `Cannot speak wire version ${wire}: this node speaks ${wireVersion}`,
    { maybeExecuted: false },
  );
}

function helloFrame(hello: Hello): Buffer {
  return jsonFrame(frame.hello, hello);
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
): Promise<Hello> {
  return new Promise((resolve, reject) => {
    let data: Buffer = Buffer.alloc(0);
    const timer = clock.after(helloTimeoutMs, () => stop(silent()));
    const aborted = () => stop(neverExecuted(ReefError.from(signal?.reason)));
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
        if (end < data.length) socket.unshift(data.subarray(end));
        resolve(hello);
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
    // Beyond this handshake too: between two owners of a socket an error must not end the process.
    socket.on("error", ignore);
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
  const body = parseJson(data.toString("utf8", magicBytes + headerBytes, end));
  if (type === frame.error && typeof body === "object" && body !== null && "message" in body) {
    throw unavailable(`the far side refused: ${String(body.message)}`);
  }
  if (type !== frame.hello || !isHello(body)) {
    throw unavailable("the peer's first frame is not a HELLO");
  }
  return body;
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw unavailable("the peer's first frame is not JSON", cause);
  }
}

function isHello(body: unknown): body is Hello {
  const { wire, limits, namespace, credentials, protobuf, trailers } = (body ??
    {}) as Partial<Hello>;
  return (
    typeof wire === "number" &&
    isLimits(limits) &&
    typeof namespace === "string" &&
    isNames(protobuf) &&
    (trailers === undefined || typeof trailers === "boolean") &&
    typeof credentials?.scheme === "string" &&
    (credentials.token === undefined || typeof credentials.token === "string")
  );
}

function isNames(names: unknown): boolean {
  if (names === undefined) return true;
  return Array.isArray(names) && names.every((name) => typeof name === "string");
}

/** Credit is counted in u32, and what is taken at once may be a credit and one message more. */
const limitMax = 0x7fff_ffff;

function isLimits(limits: Partial<WireLimits> | undefined): boolean {
  const { messageBytes, calls, streamMessages, streamBytes } = limits ?? {};
  return [messageBytes, calls, streamMessages, streamBytes].every(
    (limit) => Number.isSafeInteger(limit) && Number(limit) > 0 && Number(limit) <= limitMax,
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

/** Whoever owns the socket hears of it by "close". */
function ignore(): void {}
