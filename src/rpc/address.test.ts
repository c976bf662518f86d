import assert from "node:assert/strict";
import { test } from "node:test";

import { formatAddress, parseAddress, parseHttpAddress, unixPathBytesMax } from "./address.ts";

test("formatAddress() writes what parseAddress() read", () => {
  for (const text of [
    "unix:/run/reef/é.sock",
    "tcp://127.0.0.1:0",
    "tcp://[::1]:7000",
    "tcp://host-a:65535",
  ]) {
    assert.equal(formatAddress(parseAddress(text)), text);
  }
});

test("parseAddress() refuses what is no address", () => {
  const wrong = [
    "",
    "http://a:1",
    "tcp://a",
    "tcp://a:65536",
    "tcp://:1",
    "tcp://a:1/b",
    "tcp://::1:7000",
  ];
  for (const text of [...wrong, "unix:relative.sock", "unix:", "unix:/a\0b"]) {
    assert.throws(
      () => parseAddress(text),
      { code: "invalid_argument", maybeExecuted: false },
      text,
    );
  }
});

test("parseHttpAddress() reads the place of a program that speaks HTTP, and leaves the others", () => {
  assert.deepEqual(parseHttpAddress("http://[::1]:80"), { kind: "tcp", host: "::1", port: 80 });
  assert.equal(parseHttpAddress("tcp://127.0.0.1:80"), undefined);
  for (const text of ["http://a", "http://a:1/b", "http:a:1", "http://a:65536"]) {
    assert.throws(() => parseHttpAddress(text), { code: "invalid_argument" }, text);
  }
});

test("parseAddress() counts the bytes of a Unix path, not its letters", () => {
  const longest = `/${"é".repeat((unixPathBytesMax - 1) / 2)}`;
  const exact = longest.padEnd(longest.length + unixPathBytesMax - Buffer.byteLength(longest), "x");
  assert.equal(parseAddress(`unix:${exact}`).kind, "unix");
  assert.throws(
    () => parseAddress(`unix:${exact}x`),
    /at most 96 bytes, this one 97; choose a shorter/,
  );
});
