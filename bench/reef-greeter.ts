/** The work as a service of reef: a contract with validated messages, and its handlers. */
import { t } from "../src/contract/builder.ts";
import { contract } from "../src/contract/contract.ts";
import { method, stream } from "../src/contract/method.ts";
import { ReefError } from "../src/core/errors.ts";
import { createLogger } from "../src/core/log.ts";
import { openRpcServer, type RpcServer } from "../src/rpc/server.ts";
import { service } from "../src/rpc/service.ts";
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

const greeter = service(Greeter, {
  hello,
  order,
  async *count({ to }) {
    for (let n = 1; n <= to; n++) yield tickAt(n);
  },
});

/** Serves it on these addresses, with all defaults. */
export function serveGreeter(listen: readonly string[]): Promise<RpcServer> {
  const log = createLogger({ write: (line) => process.stderr.write(`${line}\n`) });
  return openRpcServer({ services: [greeter], listen, log, context: () => ({ client, log }) });
}

function client(): never {
  throw new ReefError("internal", "The greeter calls nobody");
}
