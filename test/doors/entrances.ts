/** Every way through the doors of a platform, with whatever headers; and what becomes of one who takes it. */
import assert from "node:assert/strict";
import { type IncomingMessage, request } from "node:http";
import type { IncomingHttpHeaders } from "node:http2";

import { WebSocket } from "ws";

import type { Contract } from "../../src/contract/contract.ts";
import type { MethodKind } from "../../src/contract/descriptor.ts";
import { protoMethodName, protoServiceName } from "../../src/contract/proto-names.ts";
import { type Code, codes } from "../../src/core/errors.ts";
import { codeOfStatusNumber } from "../../src/rpc/grpc/grpc-status.ts";
import { envelopesOf, jsonEnvelope, openHttp2Caller } from "../../src/rpc/grpc/test-caller.ts";

/** In, or why not. */
export type Outcome = "in" | Code;

/** How a call ended that was refused, or what was wrong with it when it was let in. */
export interface Ended {
  readonly code: Code | undefined;
  /** What is said about it. */
  readonly text: string;
}

export interface Headers {
  readonly [name: string]: string;
}

/** What somebody wants, in every language of the doors. */
export interface Asked {
  /** Over HTTP: `/vault/open`. */
  readonly path: string;
  /** Over gRPC: `/vault.v1.Vault/Open`. */
  readonly proto: string;
  readonly kind: MethodKind;
  /** The one message, as JSON. */
  readonly input: object;
}

export function askedOf(
  { descriptor, name, methods }: Contract,
  method: string,
  input: object,
): Asked {
  const kind = methods[method]?.kind ?? assert.fail(`${name} has no method ${method}`);
  const proto = `/${protoServiceName(descriptor)}/${protoMethodName(descriptor, method)}`;
  return { path: `/${name}/${method}`, proto, kind, input };
}

/** Disposing closes its connections. */
export interface Entrance extends AsyncDisposable {
  readonly name: string;
  /** Which methods can be called this way. */
  takes(kind: MethodKind): boolean;
  /** How it went until the first answer: what follows is not waited for. */
  ask(asked: Asked, headers: Headers): Promise<Ended>;
}

/** What the rules say. Whoever was let in may be told all the same that what he asks for cannot be done. */
export function outcomeOf({ code, text }: Ended): Outcome {
  if (code === "permission_denied") return code;
  // Of a wrong secret auth itself speaks, and whom the door refuses it never hears.
  if (code === "unauthenticated" && !/Cannot (log in|log out|refresh):/.test(text)) return code;
  return "in";
}

const isAlone = (kind: MethodKind) => kind === "unary" || kind === "notify";
const hasAnswers = (kind: MethodKind) => kind === "server_stream" || kind === "bidi_stream";
const hasInputs = (kind: MethodKind) => kind === "client_stream" || kind === "bidi_stream";

/** Of a platform. */
export function entrancesOf({
  gateway,
  proxy,
}: {
  readonly gateway: { readonly url: string };
  readonly proxy: { readonly url: string };
}): Entrance[] {
  return [...gatewayEntrances(gateway.url), ...protoEntrances(proxy.url)];
}

export function gatewayEntrances(url: string): Entrance[] {
  const ask = (accept: string) => (asked: Asked, headers: Headers) => {
    const type = hasInputs(asked.kind) ? "application/x-ndjson" : "application/json";
    const body = `${JSON.stringify(asked.input)}\n`;
    return post(url + asked.path, { "content-type": type, accept, ...headers }, body);
  };
  const has = (kind: MethodKind) => !hasAnswers(kind);
  const streams = ["text/event-stream", "application/x-ndjson"];
  return [
    entrance("POST", has, ask("application/json")),
    ...streams.map((accept) => entrance(accept, hasAnswers, ask(accept))),
    entrance(
      "WebSocket",
      (kind) => !isAlone(kind),
      ({ path, input }, headers) => openSocket(url + path, headers, JSON.stringify(input)),
    ),
  ];
}

/** Of the proxy, or of a service's own port. */
export function protoEntrances(url: string): Entrance[] {
  const always = () => true;
  const connect = entrance("Connect", always, ({ proto, kind, input }, headers) => {
    const type = isAlone(kind) ? "application/json" : "application/connect+json";
    const body = isAlone(kind) ? JSON.stringify(input) : jsonEnvelope(input);
    return post(url + proto, { "content-type": type, ...headers }, body);
  });
  const web = entrance("gRPC-Web", always, ({ proto, input }, headers) => {
    const type = { "content-type": "application/grpc-web+json" };
    return post(url + proto, { ...type, ...headers }, jsonEnvelope(input));
  });
  return [connect, web, grpcEntrance(url)];
}

function entrance(
  name: string,
  takes: (kind: MethodKind) => boolean,
  ask: (asked: Asked, headers: Headers) => Promise<Ended>,
): Entrance {
  return { name, takes, ask, async [Symbol.asyncDispose]() {} };
}

function grpcEntrance(url: string): Entrance {
  const caller = openHttp2Caller(url.replace("http:", "tcp:"));
  return {
    name: "gRPC",
    takes: () => true,
    ask: ({ proto, input }, headers) =>
      new Promise((resolve, reject) => {
        const type = { "content-type": "application/grpc+json", te: "trailers" };
        const start = { ":method": "POST", ":path": proto, ...type, ...headers };
        const stream = caller.session.request(start);
        const heard = ({ "grpc-status": status, "grpc-message": text }: IncomingHttpHeaders) => {
          if (status === undefined) return;
          const code = codeOfStatusNumber(Number(status));
          resolve({ code, text: decodeURIComponent(String(text)) });
        };
        stream.on("response", heard);
        stream.on("trailers", heard);
        stream.on("error", reject);
        stream.once("data", () => {
          resolve({ code: undefined, text: "" });
          stream.destroy();
        });
        stream.once("close", () => reject(new Error(`${proto} was closed and nothing more`)));
        stream.end(jsonEnvelope(input));
      }),
    [Symbol.asyncDispose]: () => caller[Symbol.asyncDispose](),
  };
}

function post(url: string, headers: Headers, body: string | Uint8Array): Promise<Ended> {
  return new Promise((resolve, reject) => {
    const sent = request(url, { method: "POST", headers });
    sent.once("error", reject);
    sent.once("response", (response) => {
      const parts: Buffer[] = [];
      const done = () => {
        sent.destroy();
        resolve(endedOf(response, Buffer.concat(parts)));
      };
      const isStream = /event-stream|ndjson|connect\+|grpc-web/.test(
        String(response.headers["content-type"]),
      );
      response.on("data", (chunk: Buffer) => {
        parts.push(chunk);
        if (isStream) done();
      });
      response.once("end", done);
    });
    sent.end(body);
  });
}

/** One call; its first message or its refusal. */
function openSocket(url: string, headers: Headers, input: string): Promise<Ended> {
  return new Promise((resolve, reject) => {
    const socket = new WebSocket(url.replace("http:", "ws:"), { headers });
    socket.once("open", () => socket.send(input));
    // With the end of its inputs a method that has only one answer gives it.
    socket.once("open", () => socket.send('["end"]'));
    socket.once("unexpected-response", async (sent, response: IncomingMessage) => {
      resolve(endedOf(response, Buffer.concat(await Array.fromAsync<Buffer>(response))));
      sent.destroy();
    });
    socket.once("message", (data: Buffer) => {
      const text = data.toString();
      resolve({ code: text.startsWith('["error"') ? codeIn(text) : undefined, text });
      socket.terminate();
    });
    socket.once("close", () => resolve({ code: undefined, text: "" }));
    socket.on("error", reject);
  });
}

function endedOf(response: IncomingMessage, bytes: Buffer): Ended {
  const { "grpc-status": status, "grpc-message": message } = response.headers;
  const body = bytes.toString();
  const text = decodeURIComponent(`${message === undefined ? "" : String(message)}`) + body;
  if (status !== undefined) return { code: codeOfStatusNumber(Number(status)), text };
  if (String(response.headers["content-type"]).includes("grpc-web")) {
    return { code: statusIn(bytes), text: decodeURIComponent(text) };
  }
  if (response.statusCode === 200 && !/^event: error|^\["error"|"error":/m.test(body)) {
    return { code: undefined, text };
  }
  return { code: codeIn(body) ?? "unknown", text };
}

/** Problems and errors of Connect have one of ours. */
function codeIn(text: string): Code | undefined {
  const word = /"code":"(\w+)"/.exec(text)?.[1];
  return codes.find((code) => code === word);
}

/** Of the trailers at the end of a body of gRPC-Web. */
function statusIn(body: Buffer): Code | undefined {
  const trailers = envelopesOf(body).find(({ flags }) => flags === 0x80)?.text ?? "";
  return codeOfStatusNumber(Number(/grpc-status: (\d+)/.exec(trailers)?.[1] ?? 0));
}
