/** Callers of an older minor version and of a newer one, against services of the other, on every way and codec. */
import assert from "node:assert/strict";
import { test } from "node:test";

import { createMemoryStore } from "../blocks/store/drivers/memory.ts";
import { t } from "../contract/builder.ts";
import { judgeVersion } from "../contract/compatibility/judge-version.ts";
import { contract } from "../contract/contract.ts";
import { method, stream } from "../contract/method.ts";
import { lockNumbers } from "../contract/numbers/lock-numbers.ts";
import { isError } from "../contract/typed-error.ts";
import { DeadlineSweep } from "../core/deadline.ts";
import { createLogger } from "../core/log.ts";
import { parseGrpcAddress } from "./address.ts";
import { createClient, type Route } from "./client.ts";
import { openGrpcTransport } from "./grpc/client/grpc-transport.ts";
import { openRpcServer, type RpcServer } from "./server.ts";
import { type Service, service } from "./service.ts";
import { openConnection } from "./wire/connect.ts";

const olderMethods = {
  buy: method({
    input: t.object({ item: t.string(), size: t.enum(["small", "large"]), count: t.int32() }),
    output: t.object({ bought: t.string() }),
    errors: { soldOut: { code: "not_found", data: t.object({ item: t.string() }) } },
  }),
  each: method({
    input: stream(t.object({ item: t.string() })),
    output: stream(t.object({ bought: t.string() })),
  }),
};
const olderNumbers = lockNumbers(contract("shop", olderMethods).descriptor);
const Older = contract("shop", olderMethods, { version: "1.0.0", numbers: { shop: olderNumbers } });

/** More of everything that only adds. */
const newerMethods = {
  buy: method({
    input: t.object({
      item: t.string(),
      size: t.enum(["small", "large", "huge"]),
      count: t.integer(),
      color: t.string().default("red"),
      gift: t.boolean().optional(),
    }),
    output: t.object({ bought: t.string(), price: t.int32().default(1), at: t.string() }),
    errors: {
      soldOut: { code: "not_found", data: t.object({ item: t.string(), left: t.int32() }) },
      tooMuch: { code: "resource_exhausted" },
    },
  }),
  each: method({
    input: stream(t.object({ item: t.string(), color: t.string().default("red") })),
    output: stream(t.object({ bought: t.string(), at: t.string() })),
  }),
  sell: method({ input: t.object({ item: t.string() }) }),
};
const newerNumbers = lockNumbers(contract("shop", newerMethods).descriptor, olderNumbers);
const Newer = contract("shop", newerMethods, { version: "1.1.0", numbers: { shop: newerNumbers } });

const older = service(Older, {
  buy({ item, size, count }, call) {
    if (item === "none") throw call.errors.soldOut({ item });
    return { bought: `${count} ${size} ${item}` };
  },
  async *each(items) {
    for await (const { item } of items) yield { bought: item };
  },
});

const newer = service(Newer, {
  buy({ item, size, count, color, gift }, call) {
    if (item === "none") throw call.errors.soldOut({ item, left: 2 });
    if (item === "all") throw call.errors.tooMuch(undefined);
    const bought = `${count} ${size} ${color} ${item} ${gift}`;
    return { bought, price: 2, at: "noon" };
  },
  async *each(items) {
    for await (const { item, color } of items) yield { bought: `${color} ${item}`, at: "noon" };
  },
  sell: () => ({}),
});

interface Way {
  readonly codec: "none" | "json" | "protobuf";
  readonly open: (server: RpcServer) => Promise<Route & AsyncDisposable>;
}

const addressOf = ({ addresses }: RpcServer): string => addresses[0] ?? "";

const ways: { readonly [name: string]: Way } = {
  direct: { codec: "none", open: async (server) => server.direct() },
  "native JSON": {
    codec: "json",
    open: (server) => openConnection(addressOf(server), { protobuf: false }),
  },
  "native protobuf": { codec: "protobuf", open: (server) => openConnection(addressOf(server), {}) },
  "gRPC JSON": { codec: "json", open: (server) => openGrpc(server, "json") },
  "gRPC protobuf": { codec: "protobuf", open: (server) => openGrpc(server, "protobuf") },
};

test("the newer contract only adds to the older one", () => {
  const { allowed, line } = judgeVersion(Older.descriptor, Newer.descriptor);
  assert.deepEqual({ allowed, line }, { allowed: true, line: "same-line" });
});

for (const [way, { codec, open }] of Object.entries(ways)) {
  test(`a caller of the older contract works against the newer service, ${way}`, async () => {
    await using it = await openService(newer, open);
    const shop = createClient(Older, it);
    const order = { item: "hat", size: "large", count: 3 } as const;
    assert.deepEqual(await shop.buy(order), { bought: "3 large red hat undefined" });
    const items = await Array.fromAsync(shop.each([{ item: "hat" }]));
    assert.deepEqual(items, [{ bought: "red hat" }]);
    await assert.rejects(shop.buy({ ...order, item: "none" }), (error) => {
      assert(isError(error, Older, "soldOut"));
      assert.deepEqual(error.data, { item: "none" });
      return true;
    });
    // An error that it has no type for has a code all the same.
    await assert.rejects(shop.buy({ ...order, item: "all" }), { code: "resource_exhausted" });
  });

  test(`a caller of the newer contract works against the older service, ${way}`, async () => {
    await using it = await openService(older, open);
    const shop = createClient(Newer, it);
    const order = { item: "hat", size: "small", count: 3, gift: true } as const;
    const expected = { bought: "3 small hat", price: 1 };
    const { at, ...answer } = await shop.buy({ ...order, color: "blue" });
    // A required text that nobody sent is empty in protobuf: that it is shows which codec this was.
    assert.deepEqual(
      { at, answer },
      { at: codec === "protobuf" ? "" : undefined, answer: expected },
    );
    const items = await Array.fromAsync(shop.each([{ item: "hat" }]));
    assert.deepEqual(
      items.map(({ bought }) => bought),
      ["hat"],
    );
    await assert.rejects(shop.buy({ ...order, item: "none" }), (error) => {
      assert(isError(error, Newer, "soldOut"));
      assert.equal(error.data.item, "none");
      return true;
    });
    await assert.rejects(shop.sell({ item: "hat" }), { code: "unimplemented" });
    // What it has no word for it refuses, and does not guess.
    await assert.rejects(shop.buy({ ...order, size: "huge" }), { code: "invalid_argument" });
  });
}

function openGrpc(server: RpcServer, codec: "json" | "protobuf") {
  const address = parseGrpcAddress(addressOf(server).replace("tcp:", "grpc:"));
  return openGrpcTransport(address ?? assert.fail(), { codec });
}

async function openService(served: Service, open: Way["open"]) {
  await using stack = new AsyncDisposableStack();
  const log = createLogger({ write: () => {} });
  const server = await openRpcServer({
    services: [served],
    listen: ["tcp://127.0.0.1:0"],
    context: () => ({
      client: () => assert.fail("this service calls nobody"),
      store: createMemoryStore().database("test"),
      log,
    }),
    log,
  });
  stack.defer(async () => void (await server.stop({ timeoutMs: 0 })));
  const route = stack.use(await open(server));
  const owned = stack.move();
  return {
    route,
    deadlines: new DeadlineSweep(),
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
}
