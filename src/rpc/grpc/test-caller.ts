/** For tests: a caller over HTTP/2 that shows every byte, and one over HTTP/1.1. */
import { type ClientHttp2Session, connect, type IncomingHttpHeaders } from "node:http2";
import { connect as connectSocket, type Socket } from "node:net";

import { EnvelopeReader, envelope } from "./grpc-frames.ts";

export interface RawAnswer {
  readonly headers: IncomingHttpHeaders;
  readonly trailers: IncomingHttpHeaders;
  readonly body: Buffer;
}

export interface RawCaller extends AsyncDisposable {
  readonly session: ClientHttp2Session;
  readonly socket: Socket;
  post(
    path: string,
    headers: { readonly [name: string]: string },
    body?: Uint8Array,
  ): Promise<RawAnswer>;
}

export function openHttp2Caller(address: string): RawCaller {
  const { hostname, port } = new URL(address);
  const socket = connectSocket(Number(port), hostname);
  const session = connect(address.replace("tcp:", "http:"), { createConnection: () => socket });
  session.on("error", () => {});
  return {
    session,
    socket,
    post: (path, headers, body) => send(session, path, headers, body),
    async [Symbol.asyncDispose]() {
      session.destroy();
    },
  };
}

function send(
  session: ClientHttp2Session,
  path: string,
  headers: { readonly [name: string]: string },
  body?: Uint8Array,
): Promise<RawAnswer> {
  return new Promise((resolve, reject) => {
    const stream = session.request({ ":method": "POST", ":path": path, ...headers });
    const parts: Buffer[] = [];
    let head: IncomingHttpHeaders = {};
    let trailers: IncomingHttpHeaders = {};
    stream.on("response", (got) => (head = got));
    stream.on("trailers", (got) => (trailers = got));
    stream.on("data", (chunk: Buffer) => parts.push(chunk));
    stream.on("error", reject);
    stream.on("close", () => resolve({ headers: head, trailers, body: Buffer.concat(parts) }));
    stream.end(body);
  });
}

/** A message as gRPC's JSON has it. */
export function jsonEnvelope(value: unknown): Uint8Array {
  return envelope(0, Buffer.from(JSON.stringify(value)));
}

/** The messages of an answer: flags, and what JSON it is. */
export function envelopesOf(body: Buffer): { readonly flags: number; readonly text: string }[] {
  const reader = new EnvelopeReader(Infinity);
  reader.push(body);
  const found = [];
  for (let next = reader.next(); next; next = reader.next()) {
    found.push({ flags: next.flags, text: Buffer.from(next.data).toString() });
  }
  return found;
}
