import assert from "node:assert/strict";
import { test } from "node:test";
import { damagedRow } from "./damaged.ts";
import { nameOf } from "./keys.ts";

test("damagedRow() says which entry it is, and shows no byte of it that could steer a terminal", () => {
  const place = nameOf({ database: "default", table: "orders" });
  const where = 'in table "orders" of database "default" of the store: it is damaged';
  const texts: [key: Uint8Array, shown: string][] = [
    [Buffer.from("a/1"), '"a/1"'],
    [Buffer.from('\u001b[2J\n"\u009b\u202e'), String.raw`"\u001b[2J\n\"\u{9b}\u{202e}"`],
    [Uint8Array.of(0xff, 0), "0xff00"],
    [Buffer.from("k".repeat(1_000)), `"${"k".repeat(64)}"...`],
    [new Uint8Array(1_000).fill(0xff), `0x${"ff".repeat(64)}...`],
  ];
  for (const [key, shown] of texts) {
    assert.throws(() => damagedRow("entry", { place, key }), {
      code: "data_loss",
      message: `Cannot read entry ${shown} ${where}; restore a backup`,
    });
  }
  const write = { message: /write "a" in the history in table "orders"/ };
  assert.throws(() => damagedRow("write", { place, key: Buffer.from("a") }), write);
});
