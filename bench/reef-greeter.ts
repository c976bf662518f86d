/** The work as a service of reef: a contract with validated messages, and its handlers. */
import { lockNumbers } from "../src/contract/numbers/lock-numbers.ts";
import { contract, method, service, stream, t } from "../src/index.ts";
import { hello, order, tickAt } from "./work.ts";

const Item = t.object({
  id: t.int32(),
  title: t.string(),
  price: t.number(),
  tags: t.list(t.string()),
});
const Order = t.object({ name: t.string(), items: t.list(Item) });

const methods = {
  hello: method({
    input: t.object({ name: t.string(), n: t.int32() }),
    output: t.object({ msg: t.string() }),
  }),
  order: method({ input: Order, output: Order }),
  count: method({
    input: t.object({ to: t.int32() }),
    output: stream(t.object({ n: t.int32(), text: t.string() })),
  }),
};

export const Greeter = contract("greeter", methods);

/** With numbers, as a lock file would give them: its calls are protobuf. */
export const NumberedGreeter = contract("greeter", methods, {
  numbers: { greeter: lockNumbers(Greeter.descriptor) },
});

const handlers = {
  hello,
  order,
  async *count({ to }: { readonly to: number }) {
    for (let n = 1; n <= to; n++) yield tickAt(n);
  },
};

export const greeter = service(Greeter, handlers);

export const numberedGreeter = service(NumberedGreeter, handlers);
