/** The blocks of the platform as the gateway calls them: like services, each call in the namespace of its caller. */
import type { Contract } from "../../contract/contract.ts";
import { rawContract } from "../../contract/raw-contract.ts";
import { rawProtobufContract } from "../../contract/raw-protobuf-contract.ts";
import type { Client } from "../../rpc/client.ts";
import { type BlockDoors, namespacedClient } from "../../rpc/namespaced-client.ts";
import { protobufLimits } from "./protobuf-limits.ts";
import { Upstream } from "./upstream.ts";

export function blockUpstreams({ contracts, connect }: BlockDoors): Upstream[] {
  function client(contract: Contract): Client {
    return namespacedClient(contract, connect(contract));
  }
  return contracts.map(({ descriptor, digest }) => {
    return new Upstream({
      type: "block",
      descriptor,
      digest,
      client: client(rawContract(descriptor)),
      connectProtobuf: () => client(rawProtobufContract(descriptor, protobufLimits)),
    });
  });
}
