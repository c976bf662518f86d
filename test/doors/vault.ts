/** A service that tells who got through to it, and one beside it. */
import { t } from "../../src/contract/builder.ts";
import { contract } from "../../src/contract/contract.ts";
import { method, stream } from "../../src/contract/method.ts";
import { lockNumbers } from "../../src/contract/numbers/lock-numbers.ts";
import { service } from "../../src/rpc/service.ts";

const methods = {
  open: method({
    input: t.object({ door: t.string() }),
    output: t.object({ opened: t.string() }),
    http: "GET /open/{door}",
    idempotent: true,
  }),
  look: method({
    input: t.object({ door: t.string() }),
    output: stream(t.object({ n: t.int32() })),
  }),
};

const version = "1.0.0";
const numbers = { vault: lockNumbers(contract("vault", methods, { version }).descriptor) };

const Vault = contract("vault", methods, { version, numbers });

export function createVault(count: () => void) {
  return service(Vault, {
    open({ door }) {
      count();
      return { opened: door };
    },
    async *look() {
      count();
      yield { n: 1 };
    },
  });
}

const Lobby = contract("lobby", {
  hello: method({ output: t.object({ hello: t.string() }), http: "GET /hello" }),
});

/** Open to everybody, beside what is not. */
export const lobby = service(Lobby, { hello: () => ({ hello: "you" }) });
