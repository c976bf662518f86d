import assert from "node:assert/strict";
import { test } from "node:test";
import { EventSource } from "./events.ts";

test("emit() tells every listener in the order in which they came, until it left", () => {
  const source = new EventSource<number>();
  const seen: string[] = [];
  const leave = source.on((event) => seen.push(`a${event}`));
  source.on((event) => seen.push(`b${event}`));
  source.emit(1);
  leave();
  leave();
  source.emit(2);
  assert.deepEqual(seen, ["a1", "b1", "b2"]);
});

test("emit() fails loudly with its listener", () => {
  const source = new EventSource<number>();
  source.on(() => {
    throw new RangeError("a bug");
  });
  assert.throws(() => source.emit(1), RangeError);
});
