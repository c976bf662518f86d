/** For tests: a socket whose other end is spoken by hand, frame by frame, right or wrong. */
import { once } from "node:events";
import { connect, createServer, type Socket } from "node:net";

import { parseAddress } from "../address.ts";
import {
  frame,
  headerBytes,
  type Hello,
  limitsDefault,
  magic,
  type MethodName,
  wireVersion,
} from "./frames.ts";

export interface RawFrame {
  readonly type: number;
  readonly flags: number;
  readonly method: number;
  readonly call: number;
  readonly payload: Buffer;
}

export const helloDefault: Hello = {
  wire: wireVersion,
  limits: limitsDefault,
  namespace: "default",
  credentials: { scheme: "anonymous" },
  peer: "a test",
};

/** The bytes of one frame. */
export function rawFrame(type: number, fields: Partial<Omit<RawFrame, "type">> = {}): Buffer {
  const { flags = 0, method = 0, call = 0, payload = Buffer.alloc(0) } = fields;
  const header = Buffer.alloc(headerBytes);
  header.writeUInt32LE(payload.length, 0);
  header[4] = type;
  header[5] = flags;
  header.writeUInt16LE(method, 6);
  header.writeUInt32LE(call, 8);
  return Buffer.concat([header, payload]);
}

export function rawJson(type: number, value: unknown, fields: { call?: number; method?: number }) {
  return rawFrame(type, { ...fields, payload: Buffer.from(JSON.stringify(value)) });
}

export function rawHello(hello: Partial<Hello> = {}): Buffer {
  return rawJson(frame.hello, { ...helloDefault, ...hello }, {});
}

/** A METHOD frame for a method of the service `probe`. */
export function rawMethod(number: number, method: string, more: Partial<MethodName> = {}): Buffer {
  const name: MethodName = {
    namespace: "default",
    service: "probe",
    version: "1.0.0",
    method,
    kind: "unary",
    digest: "",
    codec: "json",
    ...more,
  };
  return rawJson(frame.method, name, { method: number });
}

/** The payload of a CALL: no deadline, and a body that is JSON, or bytes as they are. */
export function callPayload(body: unknown, identity = 0): Buffer {
  const bytes = Buffer.isBuffer(body) ? body : Buffer.from(JSON.stringify(body));
  const fixed = Buffer.alloc(6);
  fixed.writeUInt16LE(identity, 4);
  return Buffer.concat([fixed, bytes]);
}

export function rawCall(call: number, method: number, body: unknown, identity = 0): Buffer {
  return rawFrame(frame.call, { call, method, payload: callPayload(body, identity) });
}

export class RawPeer implements AsyncDisposable {
  readonly socket: Socket;
  /** Resolves with all bytes that nobody took as frames, when the other side has left. */
  readonly left: Promise<Buffer>;
  #data: Buffer = Buffer.alloc(0);
  #ended = false;
  #wake: () => void = () => {};

  constructor(socket: Socket) {
    this.socket = socket;
    socket.on("error", () => {});
    socket.on("data", (chunk: Buffer) => {
      this.#data = Buffer.concat([this.#data, chunk]);
      this.#wake();
    });
    this.left = new Promise((resolve) => {
      socket.on("close", () => {
        this.#ended = true;
        this.#wake();
        resolve(this.#data);
      });
    });
  }

  send(...parts: readonly Uint8Array[]): void {
    this.socket.write(Buffer.concat(parts));
  }

  /** Bytes that are no frame. */
  skip(bytes: number): void {
    this.#data = this.#data.subarray(bytes);
  }

  /** The next frame; undefined when the other side has left. */
  async next(): Promise<RawFrame | undefined> {
    for (;;) {
      const found = this.#take();
      if (found || this.#ended) return found;
      await new Promise<void>((resolve) => (this.#wake = resolve));
    }
  }

  /** The next frame of this type; others are passed over. */
  async nextOf(type: number): Promise<RawFrame> {
    for (;;) {
      const found = await this.next();
      if (!found) throw new Error(`The other side left before it sent a frame of type ${type}`);
      if (found.type === type) return found;
    }
  }

  async nextJson(type: number): Promise<{ [key: string]: unknown }> {
    const { payload } = await this.nextOf(type);
    return JSON.parse(payload.toString()) as { [key: string]: unknown };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.socket.destroy();
    await this.left;
  }

  #take(): RawFrame | undefined {
    const data = this.#data;
    if (data.length < headerBytes) return undefined;
    const end = headerBytes + data.readUInt32LE(0);
    if (data.length < end) return undefined;
    this.#data = data.subarray(end);
    return {
      type: data[4] ?? 0,
      flags: data[5] ?? 0,
      method: data.readUInt16LE(6),
      call: data.readUInt32LE(8),
      payload: data.subarray(headerBytes, end),
    };
  }
}

/** A caller by hand; without `hello` it has said nothing yet. */
export async function openRawCaller(
  address: string,
  hello?: Partial<Hello> | undefined,
): Promise<RawPeer> {
  const place = parseAddress(address);
  const peer = new RawPeer(place.kind === "tcp" ? connect(place.port, place.host) : connect(place));
  await once(peer.socket, "connect");
  if (hello) {
    peer.send(magic, rawHello(hello));
    await peer.nextOf(frame.hello);
  }
  return peer;
}

export interface RawServer extends AsyncDisposable {
  readonly address: string;
  /** The first who connected, greeted when there is a `hello`. */
  readonly caller: Promise<RawPeer>;
}

/** A service by hand. */
export async function openRawServer(hello?: Partial<Hello>): Promise<RawServer> {
  const first = Promise.withResolvers<RawPeer>();
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    const peer = new RawPeer(socket);
    if (!hello) return first.resolve(peer);
    socket.once("data", () => {
      peer.send(rawHello(hello));
      first.resolve(peer);
    });
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as { port: number };
  return {
    address: `tcp://127.0.0.1:${port}`,
    caller: first.promise.then(async (peer) => {
      if (!hello) return peer;
      // The magic is no frame.
      peer.skip(magic.length);
      await peer.nextOf(frame.hello);
      return peer;
    }),
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
