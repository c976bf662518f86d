import assert from "node:assert/strict";
import { test } from "node:test";
import { contract } from "../../../../contract/contract.ts";
import { systemClock } from "../../../../core/clock.ts";
import { ReefError } from "../../../../core/errors.ts";
import { createLogger } from "../../../../core/log.ts";
import { createMemoryRegistry } from "../../../registry/drivers/memory.ts";
import type { Node, Registry } from "../../../registry/index.ts";
import { InstanceNodes } from "./instance-nodes.ts";

const { version, digest, descriptor } = contract("greeter", {}, { version: "1.0.0" });

function nodeOf(instance: string, state: Node["state"]): Node {
  return {
    id: `node-${instance}`,
    namespace: "default",
    service: "greeter",
    version,
    state,
    addresses: [],
    contractDigest: digest,
    metadata: { instance },
  };
}

/** The next `count` nodes that a listener is told of. */
function tellingOf(
  nodes: InstanceNodes,
  instance: string,
  count: number,
): Promise<readonly Node[]> {
  const told: Node[] = [];
  return new Promise((resolve) => {
    const listening = nodes.listen(instance, (node) => {
      told.push(node);
      if (told.length < count) return;
      listening[Symbol.dispose]();
      resolve(told);
    });
  });
}

test("InstanceNodes tells of the nodes of one instance and of their changes", async () => {
  const registry = createMemoryRegistry();
  const log = createLogger({ write: (line) => assert.fail(line) });
  await using nodes = new InstanceNodes(registry, { clock: systemClock, log });
  const told = tellingOf(nodes, "b", 2);
  await registry.register(nodeOf("a", "ready"), { contract: descriptor });
  const lease = await registry.register(nodeOf("b", "starting"), { contract: descriptor });
  await lease.update({ state: "ready" });
  assert.deepEqual(await told, [nodeOf("b", "starting"), nodeOf("b", "ready")]);
});

test("InstanceNodes tells of the nodes that were there before anybody listened", async () => {
  const registry = createMemoryRegistry();
  const log = createLogger({ write: (line) => assert.fail(line) });
  await using nodes = new InstanceNodes(registry, { clock: systemClock, log });
  await registry.register(nodeOf("a", "ready"), { contract: descriptor });
  const lease = await registry.register(nodeOf("b", "ready"), { contract: descriptor });
  assert.deepEqual(await tellingOf(nodes, "a", 1), [nodeOf("a", "ready")]);
  assert.deepEqual(await tellingOf(nodes, "b", 1), [nodeOf("b", "ready")]);
  await lease[Symbol.asyncDispose]();
  const told = tellingOf(nodes, "b", 1);
  await registry.register(nodeOf("b", "starting"), { contract: descriptor });
  assert.deepEqual(await told, [nodeOf("b", "starting")]);
});

test("InstanceNodes begins a watch that broke again, and misses nothing", async () => {
  const registry = createMemoryRegistry();
  let watches = 0;
  const breaking: Pick<Registry, "watch"> = {
    watch(scope) {
      if (++watches > 1) return registry.watch(scope);
      throw new ReefError("unavailable", "The registry has gone");
    },
  };
  const lines: string[] = [];
  const log = createLogger({ write: (line) => lines.push(line) });
  await registry.register(nodeOf("a", "ready"), { contract: descriptor });
  await using nodes = new InstanceNodes(breaking, { clock: systemClock, log });
  assert.deepEqual(await tellingOf(nodes, "a", 1), [nodeOf("a", "ready")]);
  assert.equal(lines.length, 1);
  assert.match(lines[0] ?? "", /The registry has gone/);
});
