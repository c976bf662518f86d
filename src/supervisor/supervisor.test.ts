import assert from "node:assert/strict";
import { test } from "node:test";
import { EventSource } from "../core/events.ts";
import { createManualClock } from "../testing/manual-clock.ts";
import { type ChildContext, type ChildSpec, doNotRestart, terminateSupervisor } from "./child.ts";
import type { SupervisorEvent } from "./events.ts";
import { supervisorChild } from "./supervisor-child.ts";
import { openSupervisor } from "./supervisor.ts";

test("add() adds all or none", async () => {
  await using supervisor = openSupervisor({ name: "test" });
  await supervisor.add(child("a"));
  await assert.rejects(supervisor.add(child("b"), child("a")), { code: "already_exists" });
  await assert.rejects(supervisor.add(child("b"), { ...child("c"), dependsOn: ["d"] }), {
    code: "invalid_argument",
  });
  await assert.rejects(
    supervisor.add({ ...child("b"), dependsOn: ["c"] }, { ...child("c"), dependsOn: ["b"] }),
    /"b" -> "c" -> "b"/,
  );
  assert.deepEqual(await names(supervisor.list()), ["a ready"]);
});

test("add() refuses more than a thousand children", async () => {
  await using supervisor = openSupervisor({ name: "test" });
  const many = Array.from({ length: 1_001 }, (_, n) => child(`child-${n}`));
  await assert.rejects(supervisor.add(...many), { code: "resource_exhausted" });
  await supervisor.add(...many.slice(1));
  await supervisor.whenReady();
});

test("list() says which dependencies a child waits for, and how the last run failed", async () => {
  await using supervisor = openSupervisor({ name: "test" });
  const failing = { ...child("b"), run: () => Promise.reject(doNotRestart("no disk")) };
  await supervisor.add(child("a"), failing, { ...child("c"), dependsOn: ["a", "b"] });
  await assert.rejects(supervisor.whenReady(), /Cannot wait for "b": it failed .*no disk/);
  const [, b, c] = await supervisor.list();
  assert.equal(b?.lastFailure?.message, "Not to be restarted: no disk");
  assert.deepEqual(c?.waitingFor, ["b"]);
});

test("whenReady() waits through failures", async () => {
  const clock = createManualClock();
  await using supervisor = openSupervisor({ name: "test", clock });
  let runs = 0;
  const run = (context: ChildContext) =>
    ++runs < 8 ? Promise.reject(new Error("not yet")) : child("a").run(context);
  await supervisor.add({ name: "a", run });
  const ready = supervisor.whenReady("a").then(() => clock.monotonicMs());
  await clock.advance(60_000);
  assert.ok((await ready) > 15_000, "it went through a pause");
});

test("whenReady() is refused for a child that will not be ready unless somebody acts", async () => {
  await using supervisor = openSupervisor({ name: "test" });
  await supervisor.add(child("a"), { ...child("b"), dependsOn: ["a"] });
  await supervisor.whenReady("b");
  await supervisor.stop("b");
  await supervisor.stop("a");
  await assert.rejects(supervisor.whenReady("b"), /Cannot wait for "b": it was stopped; start "b"/);
  await assert.rejects(supervisor.whenReady("x"), { code: "not_found", message: /are a, b$/ });
  await supervisor.whenReady();
});

test("whenReady() rejects with the reason of its signal", async () => {
  await using supervisor = openSupervisor({ name: "test" });
  await supervisor.add({ ...child("a"), run: ({ signal }) => told(signal) });
  const abort = new AbortController();
  const waiting = supervisor.whenReady("a", { signal: abort.signal });
  abort.abort(new Error("enough"));
  await assert.rejects(waiting, /enough/);
  await assert.rejects(supervisor.whenReady("a", { signal: abort.signal }), /enough/);
});

test("every method is refused once the supervisor stops, and close() says the same again", async () => {
  const supervisor = openSupervisor({ name: "test" });
  await supervisor.add({ ...child("a"), run: ({ signal }) => told(signal) });
  const waiting = supervisor.whenReady();
  const [first, second] = [supervisor.close(), supervisor.close()];
  await assert.rejects(supervisor.start("a"), { code: "failed_precondition" });
  await assert.rejects(waiting, { code: "failed_precondition" });
  assert.equal(await first, await second);
  assert.equal(await first, await supervisor.close());
  await assert.rejects(supervisor.list(), { code: "failed_precondition" });
  await assert.rejects(supervisor.add(), { code: "failed_precondition" });
});

test("a supervisor has a limit of unanswered requests", async () => {
  await using supervisor = openSupervisor({ name: "test" });
  const asked = Array.from({ length: 1_001 }, () => supervisor.list());
  const last = asked.pop();
  assert.ok(last);
  await assert.rejects(last, { code: "resource_exhausted", maybeExecuted: false });
  await Promise.all(asked);
  await supervisor.list();
});

test("disposing of a supervisor throws when a child did not stop, and names it", async () => {
  const clock = createManualClock();
  const supervisor = openSupervisor({ name: "test", clock });
  const over = Promise.withResolvers<void>();
  await supervisor.add({ name: "deaf", run: ({ ready }) => (ready(), over.promise) });
  await supervisor.whenReady();
  const disposed = assert.rejects(supervisor[Symbol.asyncDispose](), {
    code: "deadline_exceeded",
    message: 'Cannot stop all of "test": "deaf" (5000 ms) did not settle after the signal',
  });
  await clock.advance(10_000);
  await disposed;
  const { report, stragglers } = await supervisor.ended;
  assert.deepEqual(report, { tookMs: 5_000, unstopped: [{ child: "deaf", waitedMs: 5_000 }] });
  over.resolve();
  await stragglers;
});

test("supervisorChild() is ready when its children are, and its events name the path", async () => {
  const events = new EventSource<SupervisorEvent>();
  const seen: string[] = [];
  events.on((event) => event.kind === "ready" && seen.push(`${event.supervisor}/${event.child}`));
  await using supervisor = openSupervisor({ name: "reef", events });
  await supervisor.add(
    supervisorChild({ name: "edges", events, children: [child("gateway"), child("proxy")] }),
  );
  await supervisor.whenReady();
  assert.deepEqual(seen, ["reef/edges/gateway", "reef/edges/proxy", "reef/edges"]);
});

test("supervisorChild() that escalates is one failure, and starts again with all its children", async () => {
  await using supervisor = openSupervisor({ name: "reef" });
  let runs = 0;
  const fragile: ChildSpec = {
    name: "fragile",
    run: (context) =>
      ++runs === 1
        ? Promise.reject(terminateSupervisor(new Error("torn")))
        : child("x").run(context),
  };
  await supervisor.add(
    supervisorChild({ name: "edges", children: [child("gateway"), fragile] }),
    child("store"),
  );
  await supervisor.whenReady();
  const [edges, store] = await supervisor.list();
  assert.deepEqual([edges?.starts, edges?.lastFailure?.message], [2, "torn"]);
  assert.deepEqual([store?.starts, store?.status], [1, "ready"]);
});

test("supervisorChild() fails when one of its children never will be ready", async () => {
  await using supervisor = openSupervisor({ name: "reef" });
  const broken = { ...child("broken"), run: () => Promise.reject(doNotRestart("bad config")) };
  await supervisor.add(
    supervisorChild({ name: "edges", restart: "temporary", children: [child("a"), broken] }),
  );
  await assert.rejects(supervisor.whenReady("edges"), /Cannot wait for "broken": .*bad config/);
});

test("close() names who inside a supervisorChild() did not stop", async () => {
  const clock = createManualClock();
  const supervisor = openSupervisor({ name: "reef", clock });
  const deaf: ChildSpec = { name: "deaf", run: ({ ready }) => (ready(), new Promise(() => {})) };
  await supervisor.add(
    supervisorChild({ name: "edges", clock, children: [deaf, child("gateway")] }),
    child("store"),
  );
  await supervisor.whenReady();
  const closing = supervisor.close();
  await clock.advance(10_000);
  const { tookMs, unstopped } = await closing;
  assert.deepEqual(unstopped, [{ child: "edges/deaf", waitedMs: 5_000 }]);
  assert.equal(tookMs, 5_500);
});

/** Ready at once, and over when told. */
function child(name: string): ChildSpec {
  return {
    name,
    run: ({ signal, ready }) => {
      ready();
      return told(signal);
    },
  };
}

function told(signal: AbortSignal): Promise<void> {
  if (signal.aborted) return Promise.resolve();
  return new Promise((resolve) => {
    signal.addEventListener("abort", () => resolve(), { once: true });
  });
}

async function names(list: Promise<readonly { name: string; status: string }[]>) {
  return (await list).map(({ name, status }) => `${name} ${status}`);
}
