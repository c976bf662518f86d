/**
 * `grpc.testing.TestService` as a contract of reef, by hand from its official `.proto`: what the interop tests call.
 */
import type { Contract } from "../../src/contract/contract.ts";
import { contractFromDescriptor } from "../../src/contract/contract-from-descriptor.ts";
import type { MethodDescriptor, MethodKind } from "../../src/contract/descriptor.ts";
import { withProtoFile } from "../../src/rpc/grpc/proto-file.ts";
import type { Field, ObjectShape, Shape } from "../../src/contract/shape.ts";

const empty = message("Empty", {});
const boolValue = message("BoolValue", { value: scalar(1, { kind: "boolean" }, false) });
const payloadType: Shape = {
  kind: "enum",
  values: ["COMPRESSABLE"],
  numbers: { COMPRESSABLE: 0 },
  open: true,
};
const payload = message("Payload", {
  type: scalar(1, payloadType, "COMPRESSABLE"),
  body: scalar(2, { kind: "bytes" }, ""),
});
const echoStatus = message("EchoStatus", {
  code: scalar(1, { kind: "int32" }, 0),
  message: scalar(2, { kind: "string" }, ""),
});
const responseParameters = message("ResponseParameters", {
  size: scalar(1, { kind: "int32" }, 0),
  intervalUs: scalar(2, { kind: "int32" }, 0, "interval_us"),
  compressed: optional(3, boolValue),
});
const simpleRequest = message("SimpleRequest", {
  responseType: scalar(1, payloadType, "COMPRESSABLE", "response_type"),
  responseSize: scalar(2, { kind: "int32" }, 0, "response_size"),
  payload: optional(3, payload),
  fillUsername: scalar(4, { kind: "boolean" }, false, "fill_username"),
  fillOauthScope: scalar(5, { kind: "boolean" }, false, "fill_oauth_scope"),
  responseCompressed: optional(6, boolValue, "response_compressed"),
  responseStatus: optional(7, echoStatus, "response_status"),
  expectCompressed: optional(8, boolValue, "expect_compressed"),
});
const simpleResponse = message("SimpleResponse", {
  payload: optional(1, payload),
  username: scalar(2, { kind: "string" }, ""),
  oauthScope: scalar(3, { kind: "string" }, "", "oauth_scope"),
});
const streamingInputCallRequest = message("StreamingInputCallRequest", {
  payload: optional(1, payload),
  expectCompressed: optional(2, boolValue, "expect_compressed"),
});
const streamingInputCallResponse = message("StreamingInputCallResponse", {
  aggregatedPayloadSize: scalar(1, { kind: "int32" }, 0, "aggregated_payload_size"),
});
const streamingOutputCallRequest = message("StreamingOutputCallRequest", {
  responseType: scalar(1, payloadType, "COMPRESSABLE", "response_type"),
  responseParameters: scalar(
    2,
    { kind: "list", items: responseParameters },
    [],
    "response_parameters",
  ),
  payload: optional(3, payload),
  responseStatus: optional(7, echoStatus, "response_status"),
});
const streamingOutputCallResponse = message("StreamingOutputCallResponse", {
  payload: optional(1, payload),
});

export const TestService: Contract = contractFromDescriptor(
  withProtoFile(
    {
      name: "test-service",
      version: "1.0.0",
      methods: Object.fromEntries(
        [
          method("emptyCall", "unary", empty, empty),
          method("unaryCall", "unary", simpleRequest, simpleResponse),
          method("cacheableUnaryCall", "unary", simpleRequest, simpleResponse),
          method(
            "streamingOutputCall",
            "server_stream",
            streamingOutputCallRequest,
            streamingOutputCallResponse,
          ),
          method(
            "streamingInputCall",
            "client_stream",
            streamingInputCallRequest,
            streamingInputCallResponse,
          ),
          method(
            "fullDuplexCall",
            "bidi_stream",
            streamingOutputCallRequest,
            streamingOutputCallResponse,
          ),
          method(
            "halfDuplexCall",
            "bidi_stream",
            streamingOutputCallRequest,
            streamingOutputCallResponse,
          ),
        ].map((each) => [each.name, each]),
      ),
      proto: { service: "grpc.testing.TestService" },
    },
    "grpc/testing/test.proto",
  ),
);

function method(
  name: string,
  kind: MethodKind,
  input: ObjectShape,
  output: ObjectShape,
): MethodDescriptor {
  return { name, kind, input, output };
}

function message(name: string, fields: { readonly [name: string]: Field }): ObjectShape {
  return { kind: "object", fields, protoName: `grpc.testing.${name}` };
}

function scalar(number: number, shape: Shape, zero: unknown, protoName?: string): Field {
  return { number, shape, default: zero, implicit: true, ...(protoName && { protoName }) };
}

function optional(number: number, shape: Shape, protoName?: string): Field {
  return { number, shape, optional: true, ...(protoName && { protoName }) };
}
