/**
 * One call over one WebSocket: its messages are the inputs, one answer or a stream of them comes back, then the close.
 * A call that fails says so in a last message, `["error", {...}]`, which no answer can be, and in the code of the
 * close.
 */
import type { Socket } from "node:net";
import type { WebSocket } from "ws";
import { ReefError } from "../../core/errors.ts";
import { type CallOptions, returnsStream, sendsStream } from "../../rpc/client-call.ts";
import { type Problem, refusal } from "../../rpc/http/problem.ts";
import type { Exchange } from "./exchange.ts";
import type { Endpoint } from "./routes.ts";
import type { ServeHost } from "./serve.ts";
import { SocketInputs } from "./socket-inputs.ts";
import { SocketWatch } from "./socket-watch.ts";

export interface SocketCallOptions {
  readonly exchange: Exchange;
  readonly webSocket: WebSocket;
  readonly endpoint: Endpoint;
  /** The input, when it stood in the path and query. */
  readonly input: Buffer | undefined;
  readonly options: CallOptions;
  /** Bytes that came with the request and are still to be read. */
  readonly headBytes: number;
}

/** How long a client has to take our last words and close. */
const closeTimeoutMs = 2_000;

/** Makes the call and closes; resolves when the connection is gone, and never rejects. */
export async function runSocketCall(call: SocketCallOptions, host: ServeHost): Promise<void> {
  const { exchange, webSocket, headBytes } = call;
  const { socket } = exchange.request;
  const closed = new Promise<void>((resolve) => webSocket.once("close", () => resolve()));
  const refuse = (reason: ReefError): void => exchange.leave(reason);
  webSocket.on("error", (error) => refuse(protocolError(error)));
  const inputs = new SocketInputs({
    webSocket,
    socket,
    headBytes,
    inputsMax: inputsMaxOf(call),
    all: host.messages,
    messagesBytesMax: host.limits.messagesBytesMax,
    refuse,
  });
  exchange.streaming = true;
  exchange.watch = new SocketWatch({ webSocket, socket, inputs, refuse, ...host });
  try {
    await answer(call, inputs, new SocketWriter(webSocket, socket, host));
    // Whoever gave up ended the iteration too, and that is not the end of the stream.
    exchange.signal.throwIfAborted();
    close(webSocket, 1000, "");
  } catch (thrown) {
    const { problem } = exchange.problem(thrown);
    if (webSocket.readyState === webSocket.OPEN) webSocket.send(JSON.stringify(["error", problem]));
    close(webSocket, closeCodeOf(problem), problem.code);
  } finally {
    void inputs.return();
    // For a client that has left and takes nothing of what is still on its way to it.
    const gone = host.clock.after(closeTimeoutMs, () => webSocket.terminate(), {
      background: true,
    });
    await closed;
    gone.cancel();
  }
}

function inputsMaxOf({ endpoint: { method }, input }: SocketCallOptions): number {
  if (sendsStream(method.kind)) return Infinity;
  return input ? 0 : 1;
}

async function answer(
  { endpoint, input, options }: SocketCallOptions,
  inputs: SocketInputs,
  writer: SocketWriter,
): Promise<void> {
  const { method, call } = endpoint;
  const given = sendsStream(method.kind) ? inputs : (input ?? (await firstOf(inputs, options)));
  const answered = call(given, options);
  // The kind of the method says what its call returns.
  if (!returnsStream(method.kind)) await writer.write(await (answered as Promise<Buffer>));
  else for await (const message of answered as AsyncIterable<Buffer>) await writer.write(message);
}

/** The one input of a stream of answers. */
async function firstOf(inputs: SocketInputs, { signal }: CallOptions): Promise<Buffer> {
  const leave = (): void => void inputs.return();
  signal?.addEventListener("abort", leave, { once: true });
  const { value } = await inputs.next();
  signal?.removeEventListener("abort", leave);
  signal?.throwIfAborted();
  if (value) return value;
  throw refusal("bad_request", "Cannot call the method: its input is missing; send one message");
}

/** What the client did to the protocol; it has been told by the close, and only the log hears more. */
function protocolError(cause: Error): ReefError {
  const text = `Cannot read from the WebSocket: ${cause.message}`;
  return new ReefError("invalid_argument", text, { cause });
}

function close(webSocket: WebSocket, code: number, reason: string): void {
  webSocket.close(code, reason);
  // The answer to it may stand behind messages that nobody takes any more.
  webSocket.resume();
}

/**
 * The status of the problem among the codes that are free for programs, but where RFC 6455, 7.4.1 has a code for it.
 */
function closeCodeOf({ type, status }: Problem): number {
  return standardCodes[type] ?? 4000 + status;
}

const standardCodes: { readonly [type: string]: number } = {
  "urn:reef:problem:going_away": 1001,
  "urn:reef:problem:unsupported_media_type": 1003,
};

/** A part of a message: a reader has to take this much in `readStallMs`, and controls may go between two. */
const partBytes = 65_536;

class SocketWriter {
  readonly #webSocket: WebSocket;
  readonly #socket: Socket;
  readonly #host: ServeHost;

  constructor(webSocket: WebSocket, socket: Socket, host: ServeHost) {
    this.#webSocket = webSocket;
    this.#socket = socket;
    this.#host = host;
  }

  /**
   * Resolves when there is room for the next message.
   * @throws {ReefError} `cancelled` when nobody reads any more
   */
  async write(message: Buffer): Promise<void> {
    for (let at = 0; at === 0 || at < message.length; at += partBytes) {
      if (this.#webSocket.readyState !== this.#webSocket.OPEN) {
        throw new ReefError("cancelled", "The client has left");
      }
      const fin = at + partBytes >= message.length;
      const part = fin && at === 0 ? message : message.subarray(at, at + partBytes);
      this.#webSocket.send(part, { binary: false, fin });
      if (this.#socket.writableNeedDrain) await this.#drained();
    }
  }

  #drained(): Promise<void> {
    const socket = this.#socket;
    const { clock, limits } = this.#host;
    return new Promise((resolve) => {
      const timer = clock.after(limits.readStallMs, () => this.#webSocket.terminate());
      socket.once("drain", done);
      socket.once("close", done);
      function done(): void {
        timer.cancel();
        socket.off("drain", done);
        socket.off("close", done);
        resolve();
      }
    });
  }
}
