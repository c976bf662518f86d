import assert from "node:assert/strict";
import { test } from "node:test";

import { decodeStatusMessage, encodeStatusMessage, statusMessageBytesMax } from "./grpc-status.ts";

test("encodeStatusMessage() writes printable ASCII, and decodeStatusMessage() reads it back", () => {
  for (const text of ["", "plain", "50 %", "\t\nBMP ☺ and not 😈\r\n", "\u007f~ "]) {
    const encoded = encodeStatusMessage(text);
    assert.match(encoded, /^[ -~]*$/);
    assert.equal(decodeStatusMessage(encoded), text);
  }
});

test("encodeStatusMessage() cuts between characters", () => {
  const encoded = encodeStatusMessage("😈".repeat(1_000));
  assert.ok(encoded.length <= statusMessageBytesMax);
  assert.match(decodeStatusMessage(encoded), /^(?:😈)+$/u);
});

test("decodeStatusMessage() leaves what it cannot decode", () => {
  assert.equal(decodeStatusMessage("100% %zz %"), "100% %zz %");
});
