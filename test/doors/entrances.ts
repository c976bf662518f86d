/** Every way through the doors of a platform, with whatever headers; and what becomes of one who takes it. */
import { request } from "node:http";

import type { Code } from "../../src/core/errors.ts";
import { codeOfStatusNumber } from "../../src/rpc/grpc/grpc-status.ts";
import { envelopesOf, jsonEnvelope, openHttp2Caller } from "../../src/rpc/grpc/test-caller.ts";
import type { Doors } from "./open-doors.ts";

/** In, or why not. */
export type Outcome = "in" | Code;

export interface Headers {
  readonly [name: string]: string;
}

/** A call under way. Disposing closes its connections. */
export interface Entrance extends AsyncDisposable {
  readonly name: string;
  /** Asks for something of the service, or for an entry of the store. */
  ask(what: What, headers: Headers): Promise<Outcome>;
}

export type What = "service" | "block";

const call = {
  service: { path: "/vault/open", proto: "/vault.v1.Vault/Open", input: { door: "a" } },
  block: { path: "/store/get", proto: "/store.v1.Store/Get", input: { table: "t", key: "aGk=" } },
} as const;

const stream = {
  service: { path: "/vault/look", input: { door: "a" } },
  block: { path: "/store/watch", input: { table: "t" } },
} as const;

const json = { "content-type": "application/json" };

export function entrancesOf({ gateway, proxy }: Doors): Entrance[] {
  return [
    httpEntrance("POST", (what, headers) => {
      const { path, input } = call[what];
      return post(gateway.url + path, { ...json, ...headers }, JSON.stringify(input));
    }),
    ...["text/event-stream", "application/x-ndjson"].map((accept) =>
      httpEntrance(accept, (what, headers) => {
        const { path, input } = stream[what];
        const body = JSON.stringify(input);
        return post(gateway.url + path, { ...json, accept, ...headers }, body);
      }),
    ),
    httpEntrance("WebSocket", (what, headers) =>
      openSocket(gateway.url + stream[what].path, headers),
    ),
    httpEntrance("Connect", (what, headers) => {
      const { proto, input } = call[what];
      return post(proxy.url + proto, { ...json, ...headers }, JSON.stringify(input));
    }),
    httpEntrance("gRPC-Web", async (what, headers) => {
      const { proto, input } = call[what];
      const type = { "content-type": "application/grpc-web+json" };
      const answer = await post(proxy.url + proto, { ...type, ...headers }, jsonEnvelope(input));
      return { ...answer, code: answer.code ?? statusIn(answer.body) };
    }),
    grpcEntrance(proxy.url),
  ];
}

interface Answer {
  readonly status: number;
  readonly body: Buffer;
  /** Of a problem or of Connect, or of gRPC; undefined when all went well. */
  readonly code: Code | undefined;
}

function httpEntrance(
  name: string,
  send: (what: What, headers: Headers) => Promise<Answer>,
): Entrance {
  return {
    name,
    async ask(what, headers) {
      const { status, code } = await send(what, headers);
      if (code) return code;
      if (status === 200 || status === 101) return "in";
      throw new Error(`${name} answered ${status} and nothing more`);
    },
    async [Symbol.asyncDispose]() {},
  };
}

function grpcEntrance(url: string): Entrance {
  const caller = openHttp2Caller(url.replace("http:", "tcp:"));
  return {
    name: "gRPC",
    async ask(what, headers) {
      const { proto, input } = call[what];
      const type = { "content-type": "application/grpc+json", te: "trailers" };
      const answer = await caller.post(proto, { ...type, ...headers }, jsonEnvelope(input));
      const status = answer.trailers["grpc-status"] ?? answer.headers["grpc-status"];
      return codeOfStatusNumber(Number(status)) ?? "in";
    },
    [Symbol.asyncDispose]: () => caller[Symbol.asyncDispose](),
  };
}

/** What follows a stream's first bytes is not waited for. */
function post(url: string, headers: Headers, body: string | Uint8Array): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const sent = request(url, { method: "POST", headers });
    sent.once("error", reject);
    sent.once("response", (response) => {
      const parts: Buffer[] = [];
      const { statusCode = 0 } = response;
      const done = () => {
        sent.destroy();
        const body = Buffer.concat(parts);
        resolve({ status: statusCode, body, code: codeIn(response.headers, body) });
      };
      const { "content-type": type } = response.headers;
      if (type === "text/event-stream" || type === "application/x-ndjson") return done();
      response.on("data", (chunk: Buffer) => parts.push(chunk));
      response.once("end", done);
    });
    sent.end(body);
  });
}

async function openSocket(url: string, headers: Headers): Promise<Answer> {
  const { promise, resolve, reject } = Promise.withResolvers<Answer>();
  const asked = {
    connection: "Upgrade",
    upgrade: "websocket",
    "sec-websocket-version": "13",
    "sec-websocket-key": "dGhlIHNhbXBsZSBub25jZQ==",
  };
  const sent = request(url, { headers: { ...asked, ...headers } });
  sent.once("error", reject);
  sent.once("upgrade", (_response, socket) => {
    socket.destroy();
    resolve({ status: 101, body: Buffer.alloc(0), code: undefined });
  });
  sent.once("response", async (response) => {
    const body = Buffer.concat(await Array.fromAsync<Buffer>(response));
    resolve({ status: response.statusCode ?? 0, body, code: codeIn(response.headers, body) });
  });
  sent.end();
  return await promise;
}

function codeIn(
  headers: { readonly [name: string]: string | readonly string[] | undefined },
  body: Buffer,
): Code | undefined {
  const status = headers["grpc-status"];
  if (typeof status === "string") return codeOfStatusNumber(Number(status));
  if (!String(headers["content-type"]).includes("json") || !body.includes('"code"')) {
    return undefined;
  }
  // Problems and errors of Connect have one of ours.
  return (JSON.parse(body.toString()) as { readonly code?: Code }).code;
}

/** Of the trailers at the end of a body of gRPC-Web. */
function statusIn(body: Buffer): Code | undefined {
  const trailers = envelopesOf(body).find(({ flags }) => flags === 0x80)?.text ?? "";
  return codeOfStatusNumber(Number(/grpc-status: (\d+)/.exec(trailers)?.[1] ?? 0));
}
