import assert from "node:assert/strict";
import test from "node:test";
import { EventSource } from "../core/events.ts";
import type { Running } from "../server/running.ts";
import type { StopReport, SupervisorEvent } from "../supervisor/events.ts";
import { createManualClock } from "../testing/manual-clock.ts";
import { openSession } from "./session.ts";
import { createTestTerminal, openTestPlatform } from "./test-platform.ts";
import { stopInOrder } from "./until-stopped.ts";

const where = { supervisor: "reef", atMs: 0 };

test("stopInOrder() names what it waits for only when that takes long", async () => {
  await using platform = await openTestPlatform();
  const clock = createManualClock();
  const stderr = createTestTerminal();
  const events = new EventSource<SupervisorEvent>();
  const stopped = Promise.withResolvers<StopReport>();
  const running: Running = {
    events,
    ended: Promise.resolve(undefined),
    whenReady: async () => {},
    stop: () => stopped.promise,
    killAll: () => {},
  };
  await using session = openSession(
    {
      openPlatform: async () => platform,
      stdout: createTestTerminal(),
      stderr,
      stdin: Object.assign(noLines(), { isTty: false }),
      env: {},
      folder: "/srv",
      nodeVersion: "26.0.0",
      signal: new AbortController().signal,
      clock,
      atExit: () => {},
    },
    {
      state: undefined,
      namespace: undefined,
      env: undefined,
      timeout: undefined,
      yes: false,
      json: false,
      help: false,
    },
    { command: "reef server" },
  );
  const ending = stopInOrder(session, running);
  await clock.settle();
  events.emit({ ...where, kind: "stopping", child: "gateway" });
  events.emit({ ...where, kind: "stopped", child: "gateway", afterMs: 0 });
  events.emit({ ...where, kind: "stopping", child: "runtime" });
  await clock.advance(2_000);
  events.emit({ ...where, kind: "stopped", child: "runtime", afterMs: 0 });
  events.emit({ ...where, kind: "stopping", child: "store" });
  stopped.resolve({ tookMs: 0, unstopped: [] });
  assert.equal(await ending, 0);
  assert.equal(
    stderr.text,
    "\nStopping; Ctrl-C again ends everything at once\n  waiting for runtime\nStopped in 2s\n",
  );
  assert.equal(clock.pending, 0);
});

async function* noLines(): AsyncGenerator<Uint8Array, void> {}
