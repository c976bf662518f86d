/**
 * What `grpc.testing.TestService` promises, written with reef.
 * Source: https://github.com/grpc/grpc/blob/master/doc/interop-test-descriptions.md
 */
import { setTimeout as sleep } from "node:timers/promises";

import { codes, ReefError } from "../../src/core/errors.ts";
import type { Call } from "../../src/rpc/server-call.ts";
import { type Handlers, service } from "../../src/rpc/service.ts";
import { TestService } from "./contract.ts";

interface Payload {
  readonly body: Uint8Array;
}

interface EchoStatus {
  readonly code: number;
  readonly message: string;
}

interface SimpleRequest {
  readonly responseSize: number;
  readonly responseCompressed?: { readonly value: boolean };
  readonly responseStatus?: EchoStatus;
  readonly expectCompressed?: { readonly value: boolean };
}

interface StreamingOutputRequest {
  readonly responseParameters: readonly { readonly size: number; readonly intervalUs: number }[];
  readonly responseStatus?: EchoStatus;
}

interface StreamingInputRequest {
  readonly payload?: Payload;
}

const handlers = {
  emptyCall: (_input: unknown, call: Call) => {
    echoMetadata(call);
    return {};
  },
  unimplementedCall: () => {
    throw new ReefError("unimplemented", "This method is there to be missed");
  },
  unaryCall,
  cacheableUnaryCall: unaryCall,

  async *streamingOutputCall(request: StreamingOutputRequest, call: Call) {
    echoMetadata(call);
    yield* payloads(request, call);
  },

  async streamingInputCall(requests: AsyncIterable<StreamingInputRequest>) {
    let size = 0;
    for await (const { payload } of requests) size += payload?.body.length ?? 0;
    return { aggregatedPayloadSize: size };
  },

  async *fullDuplexCall(requests: AsyncIterable<StreamingOutputRequest>, call: Call) {
    echoMetadata(call);
    for await (const request of requests) yield* payloads(request, call);
  },

  async *halfDuplexCall(requests: AsyncIterable<StreamingOutputRequest>, call: Call) {
    echoMetadata(call);
    const all: StreamingOutputRequest[] = [];
    for await (const request of requests) all.push(request);
    for (const request of all) yield* payloads(request, call);
  },
};

/** The contract is data, so its types say nothing; the interfaces above say what its shapes do. */
export const testService = service(
  TestService,
  handlers as unknown as Handlers<(typeof TestService)["methods"]>,
);

function unaryCall(request: SimpleRequest, call: Call) {
  echoMetadata(call);
  if (request.expectCompressed?.value === true && !call.requestCompressed) {
    throw new ReefError("invalid_argument", "The request was to be compressed, and is not");
  }
  throwStatus(request.responseStatus);
  call.response.compress = request.responseCompressed?.value === true;
  return { payload: zeros(request.responseSize) };
}

async function* payloads(request: StreamingOutputRequest, call: Call) {
  throwStatus(request.responseStatus);
  for (const { size, intervalUs } of request.responseParameters) {
    if (intervalUs > 0) await sleep(intervalUs / 1_000, undefined, { signal: call.signal });
    yield { payload: zeros(size) };
  }
}

function zeros(size: number) {
  return { type: "COMPRESSABLE", body: new Uint8Array(size) };
}

function throwStatus(status: EchoStatus | undefined): void {
  if (!status || status.code === 0) return;
  throw new ReefError(codes[status.code - 1] ?? "unknown", status.message);
}

/** What the caller asks to have back: one header before the answer, one after it. */
function echoMetadata({ metadata, response }: Call): void {
  const initial = metadata["x-grpc-test-echo-initial"];
  const trailing = metadata["x-grpc-test-echo-trailing-bin"];
  if (initial !== undefined) response.headers["x-grpc-test-echo-initial"] = initial;
  if (trailing !== undefined) response.trailers["x-grpc-test-echo-trailing-bin"] = trailing;
}
