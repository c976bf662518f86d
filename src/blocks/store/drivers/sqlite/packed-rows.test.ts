import assert from "node:assert/strict";
import { test } from "node:test";
import { packRows, unpackRows } from "./packed-rows.ts";

const places = ["default trips", `${"d".repeat(63)} ${"t".repeat(63)}`];

test("unpackRows() reads what packRows() wrote, with all that a row may or may not have", () => {
  const rows = places.flatMap((place, n) =>
    [0, 1, 1_024].flatMap((keyBytes) =>
      [null, 0, 1, 1_048_576].flatMap((valueBytes) =>
        [null, 0.5, 2 ** 52].map((expiresMs) => ({
          place,
          key: new Uint8Array(keyBytes).fill(0xff),
          value: valueBytes === null ? null : new Uint8Array(valueBytes).fill(n),
          revision: 2 ** 53 - 1 - n,
          expiresMs,
        })),
      ),
    ),
  );
  const read = unpackRows(packRows(rows));
  assert.equal(read.length, rows.length);
  for (const [n, { key, value, ...rest }] of read.entries()) {
    const { key: wantedKey, value: wantedValue, ...wanted } = rows[n] ?? assert.fail();
    assert.deepEqual(rest, wanted);
    assert.equal(Buffer.compare(key, wantedKey), 0);
    if (wantedValue === null) assert.equal(value, null);
    else assert.equal(Buffer.compare(value ?? assert.fail(), wantedValue), 0);
  }
});
