import assert from "node:assert/strict";
import { test } from "node:test";

import { headersOfMetadata, metadataBytesMax, metadataOf } from "./header-metadata.ts";

test("headersOfMetadata() carries any text, and metadataOf() reads it back", () => {
  const metadata = { "x-a": "1", "x-b": "grün", "x-c": " padded ", "x-d": "", "x-e-bin": "AQI" };
  const headers = headersOfMetadata(metadata);
  for (const value of Object.values(headers)) assert.match(value, /^[!-~]*$/);
  assert.deepEqual({ ...metadataOf(headers) }, metadata);
});

test("metadataOf() leaves out what belongs to HTTP and to protocols", () => {
  const own = { ":path": "/", te: "trailers", "grpc-timeout": "1m", "connect-timeout-ms": "1" };
  assert.deepEqual(
    { ...metadataOf({ ...own, "reef-metadata-bin": "no JSON", "x-a": "1" }) },
    { "x-a": "1" },
  );
});

test("headersOfMetadata() refuses names that mean something else, and too much", () => {
  for (const metadata of [{ "content-type": "" }, { "grpc-status": "0" }, { "A b": "" }]) {
    assert.throws(() => headersOfMetadata(metadata), { code: "invalid_argument" });
  }
  const much = { "x-a": "x".repeat(metadataBytesMax) };
  assert.throws(() => headersOfMetadata(much), { code: "invalid_argument" });
});
