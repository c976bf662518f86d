/** Cases about what the nodes of one service promise beside each other. */
import assert from "node:assert/strict";
import type { ContractDescriptor } from "../../../contract/descriptor.ts";
import { digestOf } from "../../../contract/digest.ts";
import type { ObjectShape } from "../../../contract/shape.ts";
import type { RegistryCase } from "../conformance.ts";
import type { Lease, Registry } from "../index.ts";
import { greeterName, nodeOf, refused, register } from "./fixture.ts";

export const versionCases: readonly RegistryCase[] = [
  {
    name: "register() takes a contract that adds to the one of a listed node",
    async run(open) {
      await using it = await open();
      await taken(list(it.registry, "a", greeting("1.2.0", ["name"])));
      await taken(list(it.registry, "b", greeting("1.3.0", ["name"], ["title"])));
      await taken(list(it.registry, "c", greeting("1.3.0", ["name"], ["title"])));
      await taken(list(it.registry, "d", greeting("1.2.0", ["name"])));
      assert.equal((await it.registry.resolve(greeterName)).nodes.length, 4);
    },
  },
  {
    name: "register() refuses a contract that breaks the one of a listed node, says where, and lists nothing of it",
    async run(open) {
      await using it = await open();
      await list(it.registry, "a", greeting("1.2.0", ["name"]));
      for (const version of ["1.2.0", "1.3.0"]) {
        const breaking = greeting(version, ["name", "title"]);
        await assert.rejects(list(it.registry, "b", breaking), {
          code: "failed_precondition",
          message: /hello input\.title is new and required.*give it version 2\.0\.0/,
        });
        await refused(it.registry.contract(digestOf(breaking)), "not_found");
      }
      // It would be the older one of the two.
      await refused(list(it.registry, "b", greeting("1.1.0", [])), "failed_precondition");
      assert.equal((await it.registry.resolve(greeterName)).nodes.length, 1);
      await list(it.registry, "b", greeting("1.2.0", ["name"]));
    },
  },
  {
    name: "register() takes any contract beside those of another service, namespace or major version",
    async run(open) {
      await using it = await open();
      const first = await taken(list(it.registry, "a", greeting("1.2.0", ["name"])));
      const other = greeting("1.2.0", ["title"]);
      await taken(
        register(it.registry, nodeFor("b", other, { namespace: "other" }), { contract: other }),
      );
      await taken(
        register(it.registry, nodeFor("c", other, { service: "other" }), { contract: other }),
      );
      await taken(list(it.registry, "d", greeting("2.0.0", ["title"])));
      await taken(list(it.registry, "e", greeting("0.1.0", ["name"])));
      await taken(list(it.registry, "f", greeting("0.1.0", ["title"])));
      await refused(list(it.registry, "g", other), "failed_precondition");
      await first[Symbol.asyncDispose]();
      await taken(list(it.registry, "g", other));
      await refused(list(it.registry, "a", greeting("1.2.0", ["name"])), "failed_precondition");
    },
  },
];

function list(registry: Registry, id: string, contract: ContractDescriptor) {
  return register(registry, nodeFor(id, contract), { contract });
}

/** Of what has to be taken; a refusal is a claim that does not hold. */
async function taken(lease: Promise<Lease>): Promise<Lease> {
  await assert.doesNotReject(lease);
  return await lease;
}

function nodeFor(
  id: string,
  contract: ContractDescriptor,
  more: Parameters<typeof nodeOf>[1] = {},
) {
  return nodeOf(id, { version: contract.version, contractDigest: digestOf(contract), ...more });
}

/** A greeter that needs some fields and knows others. */
function greeting(
  version: string,
  required: readonly string[],
  optional: readonly string[] = [],
): ContractDescriptor {
  const shape = { kind: "string" } as const;
  const needed = required.map((name) => [name, { shape }] as const);
  const known = optional.map((name) => [name, { shape, optional: true }] as const);
  const input: ObjectShape = { kind: "object", fields: Object.fromEntries([...needed, ...known]) };
  const output: ObjectShape = { kind: "object", fields: {} };
  return {
    name: "greeter",
    version,
    methods: { hello: { name: "hello", kind: "unary", input, output } },
  };
}
