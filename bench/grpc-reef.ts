/** reef's port as a caller of gRPC sees it, with its defaults: the small unary call, in protobuf. */
import { createLogger } from "../src/core/log.ts";
import { contract, method, serve as serveReef, service, t } from "../src/index.ts";
import { hello } from "./work.ts";

const numbers = {
  greeter: { numbers: { "hello.input": { name: 1, n: 2 }, "hello.output": { msg: 1 } } },
};

const Greeter = contract(
  "greeter",
  {
    hello: method({
      input: t.object({ name: t.string(), n: t.int32() }),
      output: t.object({ msg: t.string() }),
    }),
  },
  { version: "1.0.0", numbers },
);

export async function serve(): Promise<{ readonly address: string }> {
  const running = await serveReef(service(Greeter, { hello }), {
    platform: false,
    listen: ["tcp://127.0.0.1:0"],
    log: createLogger({ level: "warn" }),
  });
  return { address: running.addresses[0]! };
}
