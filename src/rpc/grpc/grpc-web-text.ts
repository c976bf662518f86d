/** gRPC-Web for callers whose bodies are text: the same, each part in base64. */
import { ReefError } from "../../core/errors.ts";
import type { Dialect } from "./dialect.ts";
import { grpcWeb, trailerEnvelope } from "./grpc-web.ts";

export const grpcWebText: Dialect = {
  ...grpcWeb,
  read: createBase64Reader,
  written: inBase64,

  end(ending) {
    const { exchange, begun, last } = ending;
    // First: what cannot be sent must be known before the head has left.
    const trailers = trailerEnvelope(ending);
    if (!begun) exchange.begin(ending.head.headers());
    exchange.end(Buffer.concat([...(last ? [inBase64(last)] : []), inBase64(trailers)]));
  },
};

function inBase64(bytes: Uint8Array): Uint8Array {
  return Buffer.from(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString("base64"));
}

/** Reads base64 in chunks that may end anywhere. Each part of it may be padded, so there is padding in its middle. */
function createBase64Reader(): (chunk: Buffer) => Buffer {
  let rest = "";
  return (chunk) => {
    const text = rest + chunk.toString("latin1");
    if (/[^A-Za-z0-9+/=]/.test(text)) throw notBase64();
    const whole = text.length - (text.length % 4);
    rest = text.slice(whole);
    const parts = text.slice(0, whole).match(/[^=]+={0,2}/g) ?? [];
    return Buffer.concat(parts.map((part) => Buffer.from(part, "base64")));
  };
}

function notBase64(): ReefError {
  return new ReefError("invalid_argument", "Cannot read the request: it is not base64", {
    maybeExecuted: false,
  });
}
