/** For tests: grpc.testing.TestService by the library `@grpc/grpc-js`, from the official `.proto`. */
import * as grpc from "@grpc/grpc-js";
import { loadSync } from "@grpc/proto-loader";

import { protoFolder } from "./test-interop-server.ts";

interface Request {
  readonly response_size?: number;
  readonly payload?: { readonly body: Buffer };
  readonly response_status?: { readonly code: number; readonly message: string };
  readonly response_parameters?: readonly { readonly size: number }[];
}

type Duplex = grpc.ServerDuplexStream<Request, unknown>;

const initial = "x-grpc-test-echo-initial";
const trailing = "x-grpc-test-echo-trailing-bin";

export async function openGrpcJsServer() {
  const options = { includeDirs: [protoFolder], keepCase: true };
  const definition = loadSync("grpc/testing/test.proto", options);
  const service = definition["grpc.testing.TestService"] as grpc.ServiceDefinition;
  // Packs every answer, so that each case reads packed ones.
  const server = new grpc.Server({ "grpc.default_compression_algorithm": 2 });
  server.addService(service, handlers as unknown as grpc.UntypedServiceImplementation);
  const credentials = grpc.ServerCredentials.createInsecure();
  const port = await new Promise<number>((resolve, reject) => {
    server.bindAsync("127.0.0.1:0", credentials, (error, bound) => {
      if (error) reject(error);
      else resolve(bound);
    });
  });
  return {
    target: `127.0.0.1:${port}`,
    async [Symbol.asyncDispose]() {
      server.forceShutdown();
    },
  };
}

const handlers = {
  EmptyCall: (_: unknown, done: grpc.sendUnaryData<object>) => done(null, {}),
  UnaryCall(call: grpc.ServerUnaryCall<Request, object>, done: grpc.sendUnaryData<object>) {
    const { response_status: status, response_size: size = 0 } = call.request;
    const trailers = echo(call);
    if (status) done({ code: status.code, details: status.message, metadata: trailers });
    else done(null, { payload: zeros(size) }, trailers);
  },
  StreamingInputCall(
    call: grpc.ServerReadableStream<Request, object>,
    done: grpc.sendUnaryData<object>,
  ) {
    let size = 0;
    call.on("data", ({ payload }: Request) => (size += payload?.body.length ?? 0));
    call.on("end", () => done(null, { aggregated_payload_size: size }));
    call.on("error", () => {});
  },
  StreamingOutputCall(call: grpc.ServerWritableStream<Request, object>) {
    const { response_parameters: parameters = [] } = call.request;
    for (const { size } of parameters) call.write({ payload: zeros(size) });
    call.end();
  },
  FullDuplexCall(call: Duplex) {
    const trailers = echo(call);
    call.on(
      "data",
      ({ response_parameters: parameters = [], response_status: status }: Request) => {
        if (status) {
          const error = { code: status.code, details: status.message, metadata: trailers };
          return void call.emit("error", error);
        }
        for (const { size } of parameters) call.write({ payload: zeros(size) });
      },
    );
    call.on("end", () => call.end(trailers));
  },
};

function echo(call: { readonly metadata: grpc.Metadata; sendMetadata(m: grpc.Metadata): void }) {
  const headers = new grpc.Metadata();
  for (const value of call.metadata.get(initial)) headers.add(initial, value);
  call.sendMetadata(headers);
  const trailers = new grpc.Metadata();
  for (const value of call.metadata.get(trailing)) trailers.add(trailing, value);
  return trailers;
}

function zeros(size: number) {
  return { body: Buffer.alloc(size) };
}
