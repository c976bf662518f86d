import assert from "node:assert/strict";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { createMemoryStore } from "../../blocks/store/drivers/memory.ts";
import { textOf } from "../../blocks/store/index.ts";
import { storeService } from "../../blocks/store/service.ts";
import { createLogger } from "../../core/log.ts";
import { ReefError } from "../../core/errors.ts";
import type { SupervisorEvent } from "../../supervisor/events.ts";
import { openSupervisor, type Supervisor } from "../../supervisor/supervisor.ts";
import { openPartIdentities } from "../identity/parts.ts";
import { FarPart } from "./far-part.ts";
import { createSocketPart } from "./socket.ts";
import { createFarStore } from "./store.ts";

const quiet = createLogger({ write: () => {} });

test("a part that is not there is away, and calls say what to type", async () => {
  await using it = await openFar();
  const { store } = createFarStore(it.far);
  await assert.rejects(store.database("default").table("t").get("k"), (error) => {
    assert(error instanceof ReefError);
    assert.equal(error.code, "unavailable");
    assert.equal(
      error.message,
      'Cannot reach the store: its process does not run; start it with "reef service store"',
    );
    return true;
  });
  assert.deepEqual([it.far.missing, it.far.isThere], ["away", false]);
  assert.equal(await it.far.status(), undefined);
});

test("a part that nobody needs is left out until it was there once", async () => {
  await using it = await openFar({ needed: false });
  assert.equal(it.far.missing, "left-out");
  await using other = await it.serve();
  await it.supervisor.add(it.far.child());
  await it.supervisor.whenReady("store");
  await other.close();
  await it.next("failed");
  assert.equal(it.far.missing, "away");
});

test("a part is ready as long as it is there, whoever comes first", async () => {
  await using it = await openFar();
  await it.supervisor.add(it.far.child());
  const { store } = createFarStore(it.far);
  const table = store.database("default").table("t");
  for (const value of ["1", "2", "3"]) {
    await using served = await it.serve();
    await it.supervisor.whenReady("store");
    assert.equal(it.far.isThere, true);
    const status = await it.far.status();
    assert.deepEqual([status?.name, status?.pid], ["store", process.pid]);
    await table.put("k", value);
    const gone = it.next("failed");
    await served.close();
    const { failure } = await gone;
    assert.equal(failure.code, "unavailable");
    assert.equal(it.far.isThere, false);
    await assert.rejects(table.get("k"), { code: "unavailable" });
  }
  assert.deepEqual(it.told, [
    'Waiting for the store; start it with "reef service store"',
    ...[1, 2, 3].flatMap(() => [
      `Found the store pid=${process.pid}`,
      'warn: Lost the store; start it again with "reef service store"',
    ]),
  ]);
});

test("a far store keeps namespaces apart, however many there are", async () => {
  await using it = await openFar();
  await using served = await it.serve();
  const { store } = createFarStore(it.far);
  // Of two methods each, that is more than one connection has numbers for.
  const names = Array.from({ length: 2_200 }, (_, n) => `tenant-${n}`);
  await Promise.all(names.map((name) => store.database(name).table("t").put("k", name)));
  const entries = await Promise.all(names.map((name) => store.database(name).table("t").get("k")));
  assert.deepEqual(
    entries.map((entry) => entry && textOf(entry.value)),
    names,
  );
  await served.close();
});

/** A far store, and a supervisor whose child it can be. */
async function openFar({ needed = true } = {}) {
  await using stack = new AsyncDisposableStack();
  const folder = await mkdtemp(join(tmpdir(), "reef-"));
  stack.defer(() => rm(folder, { recursive: true }));
  const address = `unix:${join(folder, "store.sock")}`;
  const told: string[] = [];
  const log = createLogger({ write: (line) => void told.push(line), plain: true });
  const command = "reef service store";
  const parts = await openPartIdentities({ identity: folder });
  const credentials = parts.credentials("platform");
  const way = { name: "store", address, command, needed, credentials, log };
  const far = stack.use(new FarPart(way));
  const supervisor = stack.use(openSupervisor({ name: "test" }));
  const owned = stack.move();
  return {
    far,
    told,
    supervisor,
    /** Resolves with the next event of this kind. */
    next: <K extends SupervisorEvent["kind"]>(kind: K) => nextOf(supervisor, kind),
    /** The process of the store, as if it were another one. */
    async serve() {
      const process = openSupervisor({ name: "far" });
      const part = createSocketPart({
        address,
        services: [storeService(createMemoryStore())],
        parts,
        status: () => ({ name: "store", startedAt: new Date(), url: undefined }),
        dependsOn: [],
        log: quiet,
      });
      await process.add(part);
      await process.whenReady("socket");
      return process;
    },
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
}

function nextOf<K extends SupervisorEvent["kind"]>(
  { events }: Supervisor,
  kind: K,
): Promise<Extract<SupervisorEvent, { kind: K }>> {
  return new Promise((resolve) => {
    const off = events.on((event) => {
      if (event.kind !== kind) return;
      off();
      // It has been compared.
      resolve(event as Extract<SupervisorEvent, { kind: K }>);
    });
  });
}
