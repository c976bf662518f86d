/**
 * The entrances for callers who send any bytes as their token, also such as no client would send. A connection each, on
 * which they ask in turn.
 */
import { jsonEnvelope, openHttp2Caller } from "../../src/rpc/grpc/test-caller.ts";
import type { Doors } from "./open-doors.ts";
import type { What } from "./entrances.ts";
import { type RawAnswer, RawHttp } from "./raw-http.ts";

export interface TokenEntrance {
  readonly name: string;
  ask(what: What, token: string): Promise<"in" | "refused">;
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

export function openTokenEntrances({ gateway, proxy }: Doors): TokenEntrance[] {
  function entrance(
    name: string,
    url: string,
    { calls, headers, write = JSON.stringify }: RawCalls,
  ): TokenEntrance {
    const connection = new RawHttp(url);
    const verb = headers === webSocket ? "GET" : "POST";
    return {
      name,
      async ask(what, token) {
        const { path, input } = calls[what];
        const from = `Host: localhost\r\nAuthorization: Bearer ${token}`;
        const head = `${verb} ${path} HTTP/1.1\r\n${from}\r\n${headers}`;
        const answer = await connection.ask(head, verb === "GET" ? "" : write(input));
        return outcomeOf(answer);
      },
      close: () => connection[Symbol.dispose](),
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
    openGrpc(proxy.url),
  ];
}

interface RawCalls {
  readonly calls: { readonly [what in What]: Call };
  readonly headers: string;
  readonly write?: (input: object) => string;
}

/** 400 and 431 are for what is no header to begin with; gRPC-Web refuses in a header of a good answer. */
function outcomeOf({ status, head, body }: RawAnswer): "in" | "refused" {
  if (status === 400 || status === 401 || status === 431) return "refused";
  const code = /grpc-status: (\d+)/i.exec(`${head}\r\n${body}`)?.[1];
  if (status === 200 && code === "16") return "refused";
  if ((status === 200 && (code === undefined || code === "0")) || status === 101) return "in";
  throw new Error(`It is neither in nor refused: ${head}`);
}

function openGrpc(url: string): TokenEntrance {
  let caller = openHttp2Caller(url.replace("http:", "tcp:"));
  return {
    name: "gRPC",
    async ask(what, token) {
      // HTTP/2 has no way of sending these, and what a client of node sends instead is no token of ours.
      if (!/^[\x20-\x7e\x80-\xff]*$/.test(token)) return "refused";
      const { path, input } = proto[what];
      const headers = { "content-type": "application/grpc+json", te: "trailers" };
      const authorization = `Bearer ${token}`;
      const post = caller.post(path, { ...headers, authorization }, jsonEnvelope(input));
      const answer = await post.catch(() => undefined);
      if (!answer) {
        caller = openHttp2Caller(url.replace("http:", "tcp:"));
        return "refused";
      }
      const status = answer.trailers["grpc-status"] ?? answer.headers["grpc-status"];
      if (status === "16") return "refused";
      if (status === "0") return "in";
      throw new Error(`It is neither in nor refused: ${JSON.stringify(answer.headers)}`);
    },
    close: () => void caller[Symbol.asyncDispose](),
  };
}
