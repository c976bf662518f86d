/**
 * Messages in protobuf by the library protobufjs from the text of the `.proto`: what programs that know nothing of reef
 * send and read. Only where a value goes is taken from the shape.
 */
import { mkdir, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";

import type { MessageTypeDefinition, ServiceDefinition } from "@grpc/proto-loader";
import { load } from "@grpc/proto-loader";

import type { Contract } from "../../src/contract/contract.ts";
import { fileDescriptorsOf } from "../../src/contract/proto/file-descriptors-of.ts";
import { printProto } from "../../src/contract/proto/print/print-proto.ts";
import { protoMethodName, protoServiceName } from "../../src/contract/proto-names.ts";
import { fromForeign, toForeign } from "./foreign-value.ts";
import { type Fields, methodOf } from "./outcome.ts";
import { root } from "../test-command.ts";

type Loaded = MessageTypeDefinition<object, object>;

export interface ForeignCodec {
  /** `/parcels.v1.Parcels/Send` */
  readonly path: string;
  /** The input in protobuf; a field that the contract does not know goes under a number that it does not know. */
  encode(input: Fields): Buffer;
  decode(answer: Buffer): unknown;
  /** The data of a typed error, packed as a message; undefined when it is no such message. */
  errorData(type: string, bytes: Buffer): unknown;
}

/** Writes the `.proto` of the contract into `folder`, and loads it as others would. */
export async function openForeignCodec(contract: Contract, folder: string): Promise<ForeignCodec> {
  const files = fileDescriptorsOf(contract.descriptor);
  const own = files.filter(({ name }) => !name.startsWith("google/"));
  for (const file of own) {
    const path = join(folder, file.name);
    // oxlint-disable-next-line no-await-in-loop -- one or two files
    await mkdir(dirname(path), { recursive: true });
    // oxlint-disable-next-line no-await-in-loop
    await writeFile(path, printProto(file, files));
  }
  const includeDirs = [folder, join(root, "templates", "proto")];
  const loaded = await load(own.at(-1)?.name ?? "", { includeDirs, longs: String });
  const service = protoServiceName(contract.descriptor);
  const method = protoMethodName(contract.descriptor, "send");
  const { input, output, errors } = methodOf(contract);
  // The library has a service under the name of a service.
  const found = (loaded[service] as ServiceDefinition | undefined)?.[method];
  if (!found) throw new Error(`No ${method} there`);
  const { requestType, responseType } = found;
  return {
    path: `/${service}/${method}`,
    encode(message) {
      const known = requestType.serialize(toForeign(input.shape, message));
      const extra = Object.keys(message).some((key) => !Object.hasOwn(input.shape.fields, key));
      return extra ? Buffer.concat([known, unknownField]) : known;
    },
    decode: (bytes) => output && fromForeign(output.shape, responseType.deserialize(bytes)),
    errorData(type, bytes) {
      for (const [reason, { data }] of Object.entries(errors)) {
        const name = `${service.slice(0, service.lastIndexOf(".") + 1)}${method}`;
        if (!data || type.toLowerCase() !== `${name}${reason}Error`.toLowerCase()) continue;
        // The library has a message under the name of a message.
        return fromForeign(data.shape, (loaded[type] as Loaded).deserialize(bytes));
      }
      return undefined;
    },
  };
}

/** Field 15000 with three bytes. */
const unknownField = Buffer.from([0xc2, 0xa9, 0x07, 3, 1, 2, 3]);
