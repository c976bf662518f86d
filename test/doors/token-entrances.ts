/**
 * The entrances for callers who send any bytes as their token, also such as no client would send. A connection each, on
 * which they ask in turn.
 */
import { frame } from "../../src/rpc/wire/frames.ts";
import { rawAuth } from "../../src/rpc/wire/test-guarded.ts";
import {
  openRawCaller,
  rawCall,
  rawMethod,
  type RawPeer,
} from "../../src/rpc/wire/test-raw-peer.ts";
import {
  jsonEnvelope,
  openHttp2Caller,
  type RawAnswer as Http2Answer,
  type RawCaller,
} from "../../src/rpc/grpc/test-caller.ts";
import type { Doors } from "./open-doors.ts";
import { type RawAnswer, RawHttp } from "./raw-http.ts";

/** `busy`: it was not looked at, because of the many that were wrong. */
export type Outcome = "in" | "refused" | "busy";

/** Something of the service, or an entry of the store. */
export type What = "service" | "block";

export interface TokenEntrance {
  readonly name: string;
  ask(what: What, token: string): Promise<Outcome>;
  close(): void;
}

interface Call {
  readonly path: string;
  readonly input: object;
}

const unary: { readonly [what in What]: Call } = {
  service: { path: "/vault/open", input: { door: "a" } },
  block: { path: "/store/get", input: { table: "t", key: "aGk=" } },
};
const stream: { readonly [what in What]: Call } = {
  service: { path: "/vault/look", input: { door: "a" } },
  block: { path: "/store/watch", input: { table: "t" } },
};
const proto: { readonly [what in What]: Call } = {
  service: { ...unary.service, path: "/vault.v1.Vault/Open" },
  block: { ...unary.block, path: "/store.v1.Store/Get" },
};

const json = "Content-Type: application/json";
const webSocket = [
  "Connection: Upgrade",
  "Upgrade: websocket",
  "Sec-WebSocket-Version: 13",
  "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
].join("\r\n");

export function openTokenEntrances({ gateway, proxy, ports }: Doors): TokenEntrance[] {
  const own = {
    service: ports.service.replace("tcp:", "http:"),
    block: ports.block.replace("tcp:", "http:"),
  };
  function entrance(
    name: string,
    url: string | { readonly [what in What]: string },
    { calls, headers, write = JSON.stringify }: RawCalls,
  ): TokenEntrance {
    const urls = typeof url === "string" ? { service: url, block: url } : url;
    const connections = { service: new RawHttp(urls.service), block: new RawHttp(urls.block) };
    const verb = headers === webSocket ? "GET" : "POST";
    return {
      name,
      async ask(what, token) {
        const { path, input } = calls[what];
        const from = `Host: localhost\r\nAuthorization: Bearer ${token}`;
        const head = `${verb} ${path} HTTP/1.1\r\n${from}\r\n${headers}`;
        const answer = await connections[what].ask(head, verb === "GET" ? "" : write(input));
        return outcomeOf(answer);
      },
      close() {
        for (const each of Object.values(connections)) each[Symbol.dispose]();
      },
    };
  }
  const accepts = ["text/event-stream", "application/x-ndjson"].map((type) => {
    const headers = `${json}\r\nAccept: ${type}`;
    return entrance(type, gateway.url, { calls: stream, headers });
  });
  const envelope = (input: object) => Buffer.from(jsonEnvelope(input)).toString("latin1");
  const web = { calls: proto, headers: "Content-Type: application/grpc-web+json", write: envelope };
  return [
    entrance("POST", gateway.url, { calls: unary, headers: json }),
    ...accepts,
    entrance("WebSocket", gateway.url, { calls: stream, headers: webSocket }),
    entrance("Connect", proxy.url, { calls: proto, headers: json }),
    entrance("gRPC-Web", proxy.url, web),
    openGrpc("gRPC", { service: proxy.url, block: proxy.url }),
    entrance("the own port by Connect", own, { calls: proto, headers: json }),
    openGrpc("the own port by gRPC", own),
    openHello(ports),
    openAuth(ports),
  ];
}

interface RawCalls {
  readonly calls: { readonly [what in What]: Call };
  readonly headers: string;
  readonly write?: (input: object) => string;
}

/** 400 and 431 are for what is no header to begin with; gRPC-Web refuses in a header of a good answer. */
function outcomeOf({ status, head, body }: RawAnswer): Outcome {
  if (status === 429) return "busy";
  if (status === 400 || status === 401 || status === 431) return "refused";
  const code = /grpc-status: (\d+)/i.exec(`${head}\r\n${body}`)?.[1];
  if (status === 200 && code === "8") return "busy";
  if (status === 200 && code === "16") return "refused";
  if ((status === 200 && (code === undefined || code === "0")) || status === 101) return "in";
  throw new Error(`It is neither in nor refused: ${head}`);
}

function openGrpc(name: string, urls: { readonly [what in What]: string }): TokenEntrance {
  const callers: { [what in What]?: RawCaller } = {};
  /** Undefined when it was sent away; one that was open before may have been closed as idle, and says nothing. */
  async function post(what: What, authorization: string): Promise<Http2Answer | undefined> {
    const { path, input } = proto[what];
    const known = callers[what];
    const caller = known ?? openHttp2Caller(urls[what].replace("http:", "tcp:"));
    callers[what] = caller;
    const headers = { "content-type": "application/grpc+json", te: "trailers", authorization };
    try {
      return await caller.post(path, headers, jsonEnvelope(input));
    } catch {
      void caller[Symbol.asyncDispose]();
      delete callers[what];
      return known ? await post(what, authorization) : undefined;
    }
  }
  return {
    name,
    async ask(what, token) {
      // HTTP/2 has no way of sending these, and what a client of node sends instead is no token of ours.
      if (!/^[\x20-\x7e\x80-\xff]*$/.test(token)) return "refused";
      const answer = await post(what, `Bearer ${token}`);
      if (!answer) return "refused";
      const status = answer.trailers["grpc-status"] ?? answer.headers["grpc-status"];
      if (status === "8") return "busy";
      if (status === "16") return "refused";
      if (status === "0") return "in";
      throw new Error(`It is neither in nor refused: ${JSON.stringify(answer.headers)}`);
    },
    close() {
      for (const each of Object.values(callers)) void each[Symbol.asyncDispose]();
    },
  };
}

type Ports = { readonly [what in What]: string };

const native = {
  service: { method: rawMethod(1, "open", { service: "vault" }), input: unary.service.input },
  block: { method: rawMethod(1, "get", { service: "store" }), input: unary.block.input },
};

/** On reef's own wire a peer says who it is when it connects. */
function openHello(ports: Ports): TokenEntrance {
  return {
    name: "HELLO",
    async ask(what, token) {
      const credentials = { scheme: "token", token };
      await using peer = await openRawCaller(ports[what], { credentials }).catch(sentAway);
      if (!peer) return "refused";
      peer.send(native[what].method, rawCall(1, 1, native[what].input));
      return await outcomeOn(peer, 1);
    },
    close() {},
  };
}

/** Others come in by AUTH on a connection that is there. */
function openAuth(ports: Ports): TokenEntrance {
  const peers: { [what in What]?: RawPeer } = {};
  let calls = 0;
  return {
    name: "AUTH",
    async ask(what, token) {
      const known = peers[what];
      const peer = known ?? (await openRawCaller(ports[what], {}));
      peers[what] = peer;
      if (!known) peer.send(native[what].method);
      calls += 1;
      peer.send(rawAuth(1, token), rawCall(calls, 1, native[what].input, 1));
      const outcome = await outcomeOn(peer, calls);
      if (peer.socket.destroyed) delete peers[what];
      return outcome;
    },
    close() {
      for (const peer of Object.values(peers)) void peer[Symbol.asyncDispose]();
    },
  };
}

async function outcomeOn(peer: RawPeer, call: number): Promise<Outcome> {
  for (let next = await peer.next(); next; next = await peer.next()) {
    if (next.call !== call) continue;
    if (next.type === frame.reply) return "in";
    const { code } = JSON.parse(next.payload.toString()) as { readonly code: string };
    if (next.type === frame.error && code === "resource_exhausted") return "busy";
    if (next.type === frame.error && code === "unauthenticated") return "refused";
    throw new Error(`It is neither in nor refused: ${next.type} ${code}`);
  }
  return "refused";
}

function sentAway(): undefined {
  return undefined;
}
