import assert from "node:assert/strict";
import { PassThrough } from "node:stream";
import { test } from "node:test";

import { ReefError } from "../../core/errors.ts";
import { Connection } from "./connection.ts";

test("Connection gives up what it holds for its first reason, one that comes late at once, and nothing that was released", () => {
  const connection = new Connection(new PassThrough());
  const given: string[] = [];
  const call = (name: string) => ({
    abort: ({ message }: ReefError) => void given.push(`${name}: ${message}`),
  });
  const [first, released, second, late] = ["first", "released", "second", "late"].map(call);
  assert.ok(first && released && second && late);
  connection.hold(first);
  connection.hold(released);
  connection.hold(second);
  connection.release(released);
  connection.leave(new ReefError("unavailable", "it stops"));
  connection.leave(new ReefError("cancelled", "it has left"));
  connection.hold(late);
  assert.deepEqual(given, ["first: it stops", "second: it stops", "late: it stops"]);
});
