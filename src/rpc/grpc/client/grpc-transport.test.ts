import type { Contract } from "../../../contract/contract.ts";
import { DeadlineSweep } from "../../../core/deadline.ts";
import { parseGrpcAddress } from "../../address.ts";
import { createClient } from "../../client.ts";
import { type Fixture, transportConformance } from "../../conformance.ts";
import type { Service } from "../../service.ts";
import { openQuietServer } from "../../test-probe.ts";
import { openGrpcTransport } from "./grpc-transport.ts";

const noCredit = "HTTP/2 has no credit by messages: what fits into its windows is made ahead";

for (const codec of ["json", "protobuf"] as const) {
  transportConformance(`gRPC with ${codec}`, {
    open: (services) => openProbe(services, codec),
    except: {
      "unary: 10,000 calls are under way at once": "a server takes 1,024 streams of one connection",
      "error: an unknown method is unimplemented, an unknown service not found":
        "gRPC says unimplemented of both",
      "stream: a slow reader slows the handler": noCredit,
      "stream: a slow handler slows its caller": noCredit,
    },
  });
}

async function openProbe(
  services: readonly Service[],
  codec: "json" | "protobuf",
): Promise<Fixture> {
  await using stack = new AsyncDisposableStack();
  const server = stack.use(await openQuietServer(services, ["tcp://127.0.0.1:0"]));
  const address = parseGrpcAddress((server.addresses[0] ?? "").replace("tcp:", "grpc:"));
  if (!address) throw new TypeError("it listens on TCP");
  const route = stack.use(await openGrpcTransport(address, { codec, limits: { calls: 2_000 } }));
  const owned = stack.move();
  const deadlines = new DeadlineSweep();
  return {
    client: <C extends Contract>(contract: C) => createClient(contract, { route, deadlines }),
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
}
