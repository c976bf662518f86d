/** The registry in one process, as the platform's own parts ask it. */
import assert from "node:assert/strict";
import { createMemoryRegistry } from "../src/blocks/registry/drivers/memory.ts";
import type { Node, ServiceView } from "../src/blocks/registry/index.ts";
import { greeter } from "./reef-greeter.ts";
import type { Job, PeerClient } from "./work.ts";

const { descriptor, digest, version } = greeter.contract;

const asked = nodeOf("asked", "asked");
const { namespace, service } = asked;
const found: ServiceView = { namespace, service, expected: false, nodes: [asked] };

/** Of one answer, as JSON. */
export const viewBytes = Buffer.byteLength(JSON.stringify(found));

/** Nodes of one service, beside the one that is asked for. */
const nodesPerService = 10;

export async function open(_address: string, { keys = 0 }: Job): Promise<PeerClient> {
  const registry = createMemoryRegistry();
  const others = Array.from({ length: keys }, (_, n) => {
    return nodeOf(`other-${n}`, `other-${Math.floor(n / nodesPerService)}`);
  });
  for (const node of [asked, ...others]) {
    // One after the other, so that they come in this order.
    // oxlint-disable-next-line no-await-in-loop
    await registry.register(node, { contract: descriptor });
  }
  assert.deepEqual(await registry.resolve(asked), found);
  return {
    async call() {
      const { nodes } = await registry.resolve(asked);
      if (nodes[0]?.id !== asked.id) assert.fail("another node was found");
    },
  };
}

function nodeOf(id: string, name: string): Node {
  return {
    id,
    namespace: "default",
    service: name,
    version,
    state: "ready",
    addresses: ["tcp://127.0.0.1:7000"],
    contractDigest: digest,
    metadata: {},
  };
}
