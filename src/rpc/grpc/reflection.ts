/**
 * Server reflection, v1 and v1alpha: how `buf curl`, grpcurl and others call a server whose `.proto` they do not have.
 * Source: https://github.com/grpc/grpc/blob/master/doc/server-reflection.md
 */
import { contractFromDescriptor } from "../../contract/contract-from-descriptor.ts";
import type { ContractDescriptor } from "../../contract/descriptor.ts";
import type { ObjectShape } from "../../contract/shape.ts";
import { grpcStatus, ReefError } from "../../core/errors.ts";
import type { BuiltIn } from "./built-in-services.ts";
import type { DescriptorPool } from "./descriptor-pool.ts";
import { withProtoFile } from "./proto-file.ts";
import { bytes, int32, optionalField, protoMessage, text, zeroField } from "./proto-shapes.ts";

/** The two differ in their name alone. */
const versions = ["v1", "v1alpha"] as const;

interface Asked {
  readonly fileByFilename?: string;
  readonly fileContainingSymbol?: string;
  readonly fileContainingExtension?: {
    readonly containingType: string;
    readonly extensionNumber: number;
  };
  readonly allExtensionNumbersOfType?: string;
  readonly listServices?: string;
}

/** One service for each version. */
export function reflection(pool: DescriptorPool): BuiltIn[] {
  return versions.map((version) => ({
    contract: contractFromDescriptor(
      withProtoFile(describe(version), `grpc/reflection/${version}/reflection.proto`),
    ),
    handlers: {
      // What comes is read and validated by the shape of the request.
      serverReflectionInfo: (requests) => answers(pool, requests as AsyncIterable<Asked>),
    },
  }));
}

async function* answers(pool: DescriptorPool, requests: AsyncIterable<Asked>) {
  for await (const request of requests) yield answer(pool, request);
}

function answer(pool: DescriptorPool, request: Asked) {
  const common = { validHost: "", originalRequest: request };
  try {
    return { ...common, ...found(pool, request) };
  } catch (error) {
    const { code, message } = ReefError.from(error);
    const errorResponse = { errorCode: grpcStatus(code), errorMessage: message };
    return { ...common, errorResponse };
  }
}

function found(pool: DescriptorPool, request: Asked) {
  const { fileByFilename, fileContainingSymbol, listServices } = request;
  if (listServices !== undefined) {
    const names = pool.services.map((name) => ({ name }));
    return { listServicesResponse: { service: names } };
  }
  if (fileContainingSymbol !== undefined) return files(pool.filesOfSymbol(fileContainingSymbol));
  if (fileByFilename !== undefined) return files(pool.filesOf(fileByFilename));
  const { allExtensionNumbersOfType, fileContainingExtension } = request;
  if (allExtensionNumbersOfType !== undefined) {
    const extensionNumber = pool.extensionNumbersOf(allExtensionNumbersOfType);
    const baseTypeName = allExtensionNumbersOfType;
    return { allExtensionNumbersResponse: { baseTypeName, extensionNumber } };
  }
  if (fileContainingExtension) {
    const { containingType, extensionNumber } = fileContainingExtension;
    return files(pool.filesOfExtension(containingType, extensionNumber));
  }
  throw new ReefError("invalid_argument", "Cannot answer: the request asks for nothing");
}

function files(fileDescriptorProto: readonly Uint8Array[]) {
  return { fileDescriptorResponse: { fileDescriptorProto } };
}

function describe(version: (typeof versions)[number]): ContractDescriptor {
  const name = (message: string) => `grpc.reflection.${version}.${message}`;
  const extension = protoMessage(name("ExtensionRequest"), {
    containingType: zeroField(1, text, "", "containing_type"),
    extensionNumber: zeroField(2, int32, 0, "extension_number"),
  });
  const request = protoMessage(
    name("ServerReflectionRequest"),
    {
      host: zeroField(1, text, ""),
      fileByFilename: optionalField(3, text, "file_by_filename"),
      fileContainingSymbol: optionalField(4, text, "file_containing_symbol"),
      fileContainingExtension: optionalField(5, extension, "file_containing_extension"),
      allExtensionNumbersOfType: optionalField(6, text, "all_extension_numbers_of_type"),
      listServices: optionalField(7, text, "list_services"),
    },
    {
      message_request: [
        "fileByFilename",
        "fileContainingSymbol",
        "fileContainingExtension",
        "allExtensionNumbersOfType",
        "listServices",
      ],
    },
  );
  const info = "serverReflectionInfo";
  return {
    name: `grpc-reflection-${version}`,
    version: "1.0.0",
    methods: {
      [info]: {
        name: info,
        kind: "bidi_stream",
        input: request,
        output: responseOf(name, request),
      },
    },
    proto: { service: name("ServerReflection") },
  };
}

function responseOf(name: (message: string) => string, request: ObjectShape): ObjectShape {
  const fileResponse = protoMessage(name("FileDescriptorResponse"), {
    fileDescriptorProto: zeroField(1, { kind: "list", items: bytes }, [], "file_descriptor_proto"),
  });
  const numbersResponse = protoMessage(name("ExtensionNumberResponse"), {
    baseTypeName: zeroField(1, text, "", "base_type_name"),
    extensionNumber: zeroField(2, { kind: "list", items: int32 }, [], "extension_number"),
  });
  const serviceResponse = protoMessage(name("ServiceResponse"), { name: zeroField(1, text, "") });
  const listResponse = protoMessage(name("ListServiceResponse"), {
    service: zeroField(1, { kind: "list", items: serviceResponse }, []),
  });
  const errorResponse = protoMessage(name("ErrorResponse"), {
    errorCode: zeroField(1, int32, 0, "error_code"),
    errorMessage: zeroField(2, text, "", "error_message"),
  });
  return protoMessage(
    name("ServerReflectionResponse"),
    {
      validHost: zeroField(1, text, "", "valid_host"),
      originalRequest: optionalField(2, request, "original_request"),
      fileDescriptorResponse: optionalField(4, fileResponse, "file_descriptor_response"),
      allExtensionNumbersResponse: optionalField(
        5,
        numbersResponse,
        "all_extension_numbers_response",
      ),
      listServicesResponse: optionalField(6, listResponse, "list_services_response"),
      errorResponse: optionalField(7, errorResponse, "error_response"),
    },
    {
      message_response: [
        "fileDescriptorResponse",
        "allExtensionNumbersResponse",
        "listServicesResponse",
        "errorResponse",
      ],
    },
  );
}
