/** The work as a service of reef: a contract with validated messages, and its handlers. */
import { contract, method, service, stream, t } from "../src/index.ts";
import { hello, order, tickAt } from "./work.ts";

const Item = t.object({
  id: t.int32(),
  title: t.string(),
  price: t.number(),
  tags: t.list(t.string()),
});
const Order = t.object({ name: t.string(), items: t.list(Item) });

export const Greeter = contract("greeter", {
  hello: method({
    input: t.object({ name: t.string(), n: t.int32() }),
    output: t.object({ msg: t.string() }),
  }),
  order: method({ input: Order, output: Order }),
  count: method({
    input: t.object({ to: t.int32() }),
    output: stream(t.object({ n: t.int32(), text: t.string() })),
  }),
});

export const greeter = service(Greeter, {
  hello,
  order,
  async *count({ to }) {
    for (let n = 1; n <= to; n++) yield tickAt(n);
  },
});
