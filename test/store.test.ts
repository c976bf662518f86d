/** What a service keeps in the store is there when the service is killed, and when the whole platform is. */
import assert from "node:assert/strict";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { test } from "node:test";

import { textOf } from "../src/blocks/store/index.ts";
import { contract } from "../src/contract/contract.ts";
import { method } from "../src/contract/method.ts";
import { t } from "../src/contract/builder.ts";
import { openPlatform } from "../src/framework/platform.ts";
import { openStateFolder, root, startPlatform } from "./test-command.ts";

const Counter = contract("counter", {
  add: method({
    input: t.object({}),
    output: t.object({ count: t.integer(), pid: t.integer() }),
  }),
});

/** The service as a person writes it: it keeps nothing in its own memory. */
const program = `
import { contract, method, serve, service, t } from "${pathToFileURL(join(root, "src/index.ts"))}";
import { textOf } from "${pathToFileURL(join(root, "src/blocks/store/index.ts"))}";

const Counter = contract("counter", {
  add: method({
    input: t.object({}),
    output: t.object({ count: t.integer(), pid: t.integer() }),
  }),
});

await serve(service(Counter, ({ store }) => {
  const counts = store.table("counts");
  return {
    async add() {
      const entry = await counts.get("all");
      const count = (entry ? Number(textOf(entry.value)) : 0) + 1;
      await counts.put("all", String(count), { expectedRevision: entry?.revision ?? 0 });
      return { count, pid: process.pid };
    },
  };
}));
`;

test("a service that counts in the store keeps its count over kill -9 of itself", async () => {
  await using state = await openStateFolder();
  const file = join(state.path, "counter.ts");
  await writeFile(file, program);
  await using server = await startPlatform(state.path, [file]);
  await server.printed(/All are ready/);
  await using platform = await openPlatform({ state: state.path });
  await using counter = platform.client(Counter);
  let killed = 0;
  for (const count of [1, 2, 3]) {
    const answer = await counter.add({});
    assert.equal(answer.count, count);
    assert.notEqual(answer.pid, killed);
    killed = answer.pid;
    process.kill(killed, "SIGKILL");
    for await (const event of platform.registry.watch({ namespace: "default" })) {
      if (event.kind !== "node" || event.node.state !== "ready") continue;
      if (event.node.metadata["pid"] !== String(killed)) break;
    }
  }
});

test("what is acknowledged is there after kill -9 of the platform", async () => {
  await using state = await openStateFolder();
  {
    await using server = await startPlatform(state.path);
    await using platform = await openPlatform({ state: state.path });
    await platform.store.table("kept").put("color", "blue");
    server.child.kill("SIGKILL");
    await server.finished;
  }
  await using server = await startPlatform(state.path);
  assert(server.gateway);
  await using platform = await openPlatform({ state: state.path });
  const entry = await platform.store.table("kept").get("color");
  assert.equal(entry && textOf(entry.value), "blue");
});
