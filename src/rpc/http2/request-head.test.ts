import assert from "node:assert/strict";
import { test } from "node:test";

import { isTrailers, readRequestHead } from "./request-head.ts";

const request = [":method", "POST", ":scheme", "http", ":path", "/a?b", ":authority", "localhost"];

const manyFields = [
  ["x-many", "1", "x-many", "2", "cookie", "a=1", "cookie", "b=2"],
  ["set-cookie", "c", "set-cookie", "d", "user-agent", "first", "user-agent", "second"],
  ["te", "trailers", "content-length", "12", "x-empty", "", "x-late", "gr\xfcn"],
].flat();

test("readRequestHead() gives headers as Node does: by name, and joined where there are more", () => {
  const head = readRequestHead([...request, ...manyFields]);
  assert.equal(head?.verb, "POST");
  assert.equal(head.path, "/a?b");
  assert.equal(head.bodyBytes, 12);
  assert.deepEqual(
    { ...head.headers },
    {
      ":method": "POST",
      ":scheme": "http",
      ":path": "/a?b",
      ":authority": "localhost",
      "x-many": "1, 2",
      cookie: "a=1; b=2",
      "set-cookie": ["c", "d"],
      "user-agent": "first",
      te: "trailers",
      "content-length": "12",
      "x-empty": "",
      "x-late": "gr\xfcn",
    },
  );
  assert.equal(readRequestHead([...request, "__proto__", "x"])?.headers["__proto__"], "x");
});

test("readRequestHead() makes one Authorization of two, which is that of neither", () => {
  const head = readRequestHead([
    ...request,
    "authorization",
    "Bearer a",
    "authorization",
    "Bearer b",
  ]);
  assert.equal(head?.headers["authorization"], "Bearer a, Bearer b");
});

const options = [":method", "OPTIONS", ":scheme", "http", ":authority", "a"];

test("readRequestHead() takes CONNECT and OPTIONS as they are, to be refused by name", () => {
  assert.equal(readRequestHead([":method", "CONNECT", ":authority", "a:1"])?.verb, "CONNECT");
  assert.equal(readRequestHead([...options, ":path", "*"])?.path, "*");
});

const get = [":method", "GET", ":scheme", "http", ":authority", "a"];

test("readRequestHead() strips space around a value, which callers of gRPC send as they have it", () => {
  const spaces = " ".repeat(10_000);
  const fields = [
    "x",
    " a\t b\t ",
    "te",
    "trailers ",
    "blank",
    " \t",
    "nbsp",
    "\xa0",
    "long",
    `a${spaces}b`,
  ];
  const head = readRequestHead([...request, ...fields, "content-length", " 5"]);
  const { x, te, blank, nbsp, long } = head?.headers ?? {};
  assert.deepEqual([x, te, blank, nbsp, long], ["a\t b", "trailers", "", "\xa0", `a${spaces}b`]);
  assert.equal(head?.bodyBytes, 5);
  assert.equal(readRequestHead([...request.slice(0, 6), ":authority", " localhost"]), undefined);
});

const malformed: { readonly [why: string]: readonly string[] } = {
  "no method": [":scheme", "http", ":path", "/", ":authority", "a"],
  "no scheme": [":method", "GET", ":path", "/", ":authority", "a"],
  "no path": get,
  "no authority": [":method", "GET", ":scheme", "http", ":path", "/"],
  "an empty host": [":method", "GET", ":scheme", "http", ":path", "/", "host", ""],
  "a user in the authority": [
    ":method",
    "GET",
    ":scheme",
    "http",
    ":path",
    "/",
    ":authority",
    "a@b",
  ],
  "a space in the authority": [
    ":method",
    "GET",
    ":scheme",
    "http",
    ":path",
    "/",
    ":authority",
    "a b",
  ],
  "a method that is no token": [
    ":method",
    "G T",
    ":scheme",
    "http",
    ":path",
    "/",
    ":authority",
    "a",
  ],
  "a scheme that is none": [":method", "GET", ":scheme", "ht tp", ":path", "/", ":authority", "a"],
  "a space in the path": [...get, ":path", "/a b"],
  "an empty path": [...get, ":path", ""],
  "a path that is none": [...get, ":path", "a"],
  "a method twice": [...request, ":method", "GET"],
  "a pseudo-header behind others": [
    ":method",
    "GET",
    "a",
    "b",
    ":scheme",
    "http",
    ":path",
    "/",
    ":authority",
    "a",
  ],
  "an unknown pseudo-header": [...request, ":protocol", "websocket"],
  "a pseudo-header of answers": [...request, ":status", "200"],
  "CONNECT with a path": [":method", "CONNECT", ":path", "/", ":authority", "a:1"],
  "a capital in a name": [...request, "X-Name", "1"],
  "an empty name": [...request, "", "1"],
  "a space in a name": [...request, "x name", "1"],
  "a new line in a value": [...request, "x", "a\r\nb: c"],
  "a zero in a value": [...request, "x", "a\0b"],
  connection: [...request, "connection", "close"],
  "transfer-encoding": [...request, "transfer-encoding", "chunked"],
  upgrade: [...request, "upgrade", "h2c"],
  "te beyond trailers": [...request, "te", "gzip"],
  "two lengths": [...request, "content-length", "1", "content-length", "1"],
  "a length that is none": [...request, "content-length", "-1"],
  "two hosts": [...request, "host", "a", "host", "b"],
};

test("readRequestHead() refuses what RFC 9113 calls malformed", () => {
  for (const [why, fields] of Object.entries(malformed)) {
    assert.equal(readRequestHead(fields), undefined, why);
  }
});

test("isTrailers() refuses what belongs before a body", () => {
  assert.equal(isTrailers(["grpc-status", "0"]), true);
  for (const fields of [
    [":path", "/"],
    ["Name", "1"],
    ["connection", "close"],
    ["a", "\n"],
  ]) {
    assert.equal(isTrailers(fields), false, fields.join());
  }
});
