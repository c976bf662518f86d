import assert from "node:assert/strict";
import { test } from "node:test";

import { createMemoryRegistry } from "../../blocks/registry/drivers/memory.ts";
import { t } from "../../contract/builder.ts";
import { contract } from "../../contract/contract.ts";
import { method, stream } from "../../contract/method.ts";
import { lockNumbers } from "../../contract/numbers/lock-numbers.ts";
import { service } from "../../rpc/service.ts";
import { openQuietServer } from "../../rpc/test-probe.ts";
import { openFixture, registerNode } from "./fixtures/open-fixture.ts";

const Old = t.object({ item: t.string() });
const oldMethods = {
  buy: method({ input: Old, output: Old }),
  buyAll: method({ input: stream(Old), output: stream(Old) }),
};
const oldNumbers = lockNumbers(contract("shop", oldMethods).descriptor);
/** What the registry tells the proxy. */
const Older = contract("shop", oldMethods, { version: "1.0.0", numbers: { shop: oldNumbers } });

const New = t.object({
  item: t.string(),
  color: t.string().optional(),
  size: t.object({ cm: t.int64() }).optional(),
});
const newMethods = {
  buy: method({ input: New, output: New }),
  buyAll: method({ input: stream(New), output: stream(New) }),
};
const newNumbers = lockNumbers(contract("shop", newMethods).descriptor, oldNumbers);
/** What both sides of it speak. */
const Newer = contract("shop", newMethods, { version: "1.1.0", numbers: { shop: newNumbers } });

for (const codec of ["protobuf", "json"] as const) {
  test(`openProxy() keeps fields in ${codec} that it does not know itself, both ways`, async () => {
    const echo = service(Newer, { buy: (asked) => asked, buyAll: (asked) => asked });
    await using server = await openQuietServer([echo], ["tcp://127.0.0.1:0"]);
    const registry = createMemoryRegistry();
    await using stack = new AsyncDisposableStack();
    stack.use(await registerNode(registry, "n1", { contract: Older }, server.addresses));
    await using fixture = await openFixture([], { registry, codec });
    const shop = fixture.client(Newer);
    const message = { item: "hat", color: "red", size: { cm: 9_007_199_254_740_993n } };
    assert.deepEqual(await shop.buy(message), message);
    const answers = await Array.fromAsync(shop.buyAll([message, message]));
    assert.deepEqual(answers, [message, message]);
  });
}
