import assert from "node:assert/strict";
import { EventEmitter } from "node:events";
import { test } from "node:test";

import { roomIn } from "./room-in.ts";

test("roomIn() resolves when there is room and when there will be none, and leaves no listener behind", async () => {
  for (const event of ["drain", "close"]) {
    const stream = new EventEmitter();
    const room = roomIn(stream);
    stream.emit(event);
    // oxlint-disable-next-line no-await-in-loop -- in turn, so that a failure says which
    await room;
    assert.deepEqual(stream.eventNames(), [], event);
  }
});
