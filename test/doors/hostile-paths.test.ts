/**
 * Other ways of writing the path of what is guarded, and tricks beside the path: without a token none of them gets
 * there.
 */
import assert from "node:assert/strict";
import { after, before, test } from "node:test";

import {
  encodings,
  lookalikes,
  traversals,
} from "../../src/edges/gateway/fixtures/hostile-targets.ts";
import { openHttp2Caller, jsonEnvelope } from "../../src/rpc/grpc/test-caller.ts";
import { type Doors, openDoors } from "./open-doors.ts";
import { RawHttp } from "./raw-http.ts";

let doors: Doors;
/** Of the vault, by those who had a token. */
let calls = 0;

before(async () => {
  doors = await openDoors();
  await doors.closeServices();
});

after(() => doors[Symbol.asyncDispose]());

const json = "Content-Type: application/json";
const upgrade =
  "Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==";

/** A service and a block; `lobby` is open. */
const guarded = [
  { name: "vault", method: "open", stream: "look", input: { door: "a" } },
  { name: "store", method: "get", stream: "watch", input: { table: "t", key: "aGk=" } },
] as const;

/** Those requests that got an answer of the vault or the store, of what is in there, or a WebSocket to it. */
async function getThere(url: string, requests: Iterable<Request>): Promise<string[]> {
  using connection = new RawHttp(url);
  const there: string[] = [];
  for (const { line, headers = [], body = "" } of requests) {
    const head = [`${line} HTTP/1.1`, "Host: localhost", ...headers].join("\r\n");
    // oxlint-disable-next-line no-await-in-loop -- one connection takes them in turn
    const answer = await connection.ask(head, body);
    const isThere = answer.status === 101 || /"opened"|"entry"|^there$/.test(answer.body);
    if (isThere) there.push([line, ...headers].join(", "));
  }
  return there;
}

interface Request {
  readonly line: string;
  readonly headers?: readonly string[];
  readonly body?: string;
}

function targets(name: string, method: string): string[] {
  return [
    `/${name}/${method}`,
    `/v1/${name}/${method}`,
    ...(name === "vault" ? ["/vault/open/a", "/v1/vault/open/a"] : []),
    ...(name === "store" ? ["/store/tables/t/hi", "/store/tables/t/%68i"] : []),
    ...traversals("lobby", name, method),
    ...encodings(name, method),
    ...lookalikes("lobby", name, method),
  ];
}

test("with a token each of them is there, so that it would be seen", async () => {
  const token = `Authorization: Bearer ${await doors.tokenOf("owner")}`;
  for (const { name, method, stream, input } of guarded) {
    const body = JSON.stringify(input);
    const requests = [
      { line: `POST /${name}/${method}`, headers: [json, token], body },
      { line: `GET /${name}/${stream}`, headers: [upgrade, token] },
    ];
    // oxlint-disable-next-line no-await-in-loop -- in turn, so that a failure says which
    assert.equal((await getThere(doors.gateway.url, requests)).length, requests.length);
  }
  calls = doors.calls();
  assert.equal(calls, 1);
});

test("no traversal, encoding or lookalike of a guarded path gets there, with any verb or as a WebSocket", async () => {
  assert.ok(traversals("lobby", "vault", "open").length >= 67);
  assert.ok(encodings("vault", "open").length >= 60);
  for (const { name, method, stream, input } of guarded) {
    const body = JSON.stringify(input);
    const sockets = targets(name, stream).map((target) => {
      return { line: `GET ${target}`, headers: [upgrade] };
    });
    const requests = targets(name, method).flatMap((target): Request[] => [
      { line: `POST ${target}`, headers: [json], body },
      { line: `GET ${target}` },
    ]);
    requests.push(...sockets);
    // oxlint-disable-next-line no-await-in-loop -- in turn, so that a failure says which
    assert.deepEqual(await getThere(doors.gateway.url, requests), []);
  }
  assert.equal(doors.calls(), calls);
});

/** What some gateways take for the path, the verb, the caller or his address. */
const misleading = [
  "X-Original-URL: /vault/open",
  "X-Rewrite-URL: /vault/open",
  "X-Original-Host: localhost",
  "X-Forwarded-Prefix: /vault",
  "X-Forwarded-Path: /vault/open",
  "X-Forwarded-Uri: /vault/open",
  "X-Forwarded-For: 127.0.0.1",
  "X-Real-IP: 127.0.0.1",
  "X-Client-Cert: user:owner",
  "X-Remote-User: user:owner",
  "Remote-User: user:owner",
  "X-Forwarded-User: user:owner",
  "X-Reef-Account: user:owner",
  "Reef-Account: user:owner",
  "Reef-Namespace: default",
  "Reef-Namespace: reef",
  "Forwarded: for=127.0.0.1;host=localhost;proto=https",
  "Via: 1.1 localhost",
  "X-HTTP-Method-Override: GET",
  "X-HTTP-Method: GET",
  "X-Method-Override: POST",
  "Cookie: token=owner; session=owner",
  "Proxy-Authorization: Basic b3duZXI6b3duZXI=",
  "Authorization: Basic b3duZXI6b3duZXI=",
  "Authorization: Bearer",
  "Authorization:",
  "Authorization: Bearer null",
  "Authorization: Bearer undefined",
  "Authorization: anonymous",
  "Authorization: Negotiate abc",
  "Connection: close, Authorization",
  "Connection: keep-alive, Host",
  "Expect: 100-continue",
  "TE: trailers",
  "Upgrade: h2c\r\nConnection: Upgrade, HTTP2-Settings\r\nHTTP2-Settings: AAMAAABk",
  "Sec-Fetch-Site: none",
] as const;

test("no header opens what is guarded, and none makes an open path mean a guarded one", async () => {
  for (const { name, method, input } of guarded) {
    const body = JSON.stringify(input);
    const at = [`/${name}/${method}`, "/lobby/hello", "/"];
    const requests = misleading.flatMap((header) =>
      at.flatMap((target): Request[] => [
        { line: `POST ${target}`, headers: [json, header], body },
        { line: `GET ${target}`, headers: [header] },
      ]),
    );
    // oxlint-disable-next-line no-await-in-loop -- in turn, so that a failure says which
    assert.deepEqual(await getThere(doors.gateway.url, requests), []);
  }
  assert.equal(doors.calls(), calls);
});

test("no verb but those of the method gets anywhere", async () => {
  const verbs = ["GET", "HEAD", "PUT", "PATCH", "DELETE", "TRACE", "PROPFIND", "get", "POST"];
  const requests = guarded.flatMap(({ name, method, input }) =>
    verbs.map((verb): Request => {
      const body = verb === "HEAD" ? "" : JSON.stringify(input);
      return { line: `${verb} /${name}/${method}`, headers: [json], body };
    }),
  );
  assert.deepEqual(await getThere(doors.gateway.url, requests), []);
  assert.equal(doors.calls(), calls);
});

test("no other way of writing a path of protobuf gets there, over HTTP/1.1 and HTTP/2", async () => {
  const paths = guarded.flatMap(({ name, method, input }) => {
    const message = `${name[0]!.toUpperCase()}${name.slice(1)}`;
    const last = `${method[0]!.toUpperCase()}${method.slice(1)}`;
    const service = `${name}.v1.${message}`;
    return [
      `/${service}/${last}`,
      ...traversals("lobby.v1.Lobby", service, last),
      ...encodings(service, last),
      ...lookalikes("lobby.v1.Lobby", service, last),
      `/${service}/${last}?encoding=json&message=${encodeURIComponent(JSON.stringify(input))}`,
      `/${service}/${last}?connect=v1&encoding=json&message=${encodeURIComponent(JSON.stringify(input))}`,
      `/${service}/${method}`,
      `/.${service}/${last}`,
      `/reef.${service}/${last}`,
    ].map((path) => ({ path, input }));
  });
  const requests = paths.flatMap(({ path, input }): Request[] => [
    { line: `POST ${path}`, headers: [json], body: JSON.stringify(input) },
    { line: `GET ${path}` },
  ]);
  assert.deepEqual(await getThere(doors.proxy.url, requests), []);
  const there = [];
  for (const { path, input } of paths) {
    // oxlint-disable-next-line no-await-in-loop -- a connection each: bad ones are sent away
    if ((await byHttp2({ ":path": path }, input)) === "0") there.push(path);
  }
  assert.deepEqual(there, []);
  assert.equal(doors.calls(), calls);
});

/** What HTTP/2 has instead of a request line, said otherwise. */
const pseudo: readonly { readonly [name: string]: string }[] = [
  { ":method": "GET" },
  { ":method": "PUT" },
  { ":method": "post" },
  { ":scheme": "https" },
  { ":scheme": "file" },
  { ":authority": "localhost@evil.example" },
  { ":authority": "localhost:1" },
  { host: "evil.example" },
  { "x-original-url": "/vault.v1.Vault/Open" },
  { ":path": "http://localhost/vault.v1.Vault/Open" },
  { authorization: "" },
  { authorization: "Bearer" },
  { "reef-namespace": "default" },
  { "reef-namespace": "reef" },
  { "grpc-timeout": "1S", "grpc-previous-rpc-attempts": "1" },
];

test("no trick with what HTTP/2 says of a request opens a guarded method", async () => {
  for (const headers of pseudo) {
    // oxlint-disable-next-line no-await-in-loop -- in turn, so that a failure says which
    const status = await byHttp2(headers, { door: "a" });
    assert.notEqual(status, "0", JSON.stringify(headers));
  }
  assert.equal(doors.calls(), calls);
});

async function byHttp2(headers: { readonly [name: string]: string }, input: object) {
  await using caller = openHttp2Caller(doors.proxy.url.replace("http:", "tcp:"));
  const path = headers[":path"] ?? "/vault.v1.Vault/Open";
  const type = { "content-type": "application/grpc+json", te: "trailers" };
  try {
    const answer = await caller.post(path, { ...type, ...headers }, jsonEnvelope(input));
    return answer.trailers["grpc-status"] ?? answer.headers["grpc-status"] ?? "none";
  } catch {
    return "not sent, or sent away";
  }
}
