/** `grpc.testing.TestService` as a contract of reef, from its official `.proto`: what the interop tests call. */
import { readFile } from "node:fs/promises";
import { join } from "node:path";

import type { Contract } from "../../src/contract/contract.ts";
import { contractFromDescriptor } from "../../src/contract/contract-from-descriptor.ts";
import { compileProtos } from "../../src/contract/proto/compile-protos.ts";
import { contractFromProto } from "../../src/contract/proto/contract-from-proto.ts";
import { protoFolder } from "./test-interop-server.ts";

const files = await compileProtos("grpc/testing/test.proto", (path) =>
  readFile(join(protoFolder, path), "utf8"),
);

export const TestService: Contract = contractFromDescriptor(
  contractFromProto(files, "grpc.testing.TestService"),
);
