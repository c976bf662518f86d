/** One row of the table: an input, and what comes of it in every way. */
import type { Failure, Fields, Outcome } from "./outcome.ts";
import { seen } from "./parcels.ts";

export interface Row {
  readonly name: string;
  readonly input: Fields;
  readonly json: Fields;
  readonly expected: Outcome;
  /** Ways that say something else, with the reason; one that no longer does fails. */
  readonly except?: readonly Exception[];
}

/** Ways that several exceptions name. */
export const gatewayWays = ["HTTP, JSON", "HTTP, protobuf", "binding", "fetch client"];
export const foreignProtobufWays = [
  "grpc-js",
  "grpc-js through the proxy",
  "gRPC-Web",
  "gRPC-Web through the proxy",
  "Connect, protobuf",
  "Connect through the proxy, protobuf",
  "HTTP, protobuf",
];
/** Clients of ours that send protobuf, and the command, which reads its input by the same contract. */
export const ownProtobufWays = [
  "native, protobuf",
  "native, by name",
  "gRPC",
  "gRPC through the proxy",
  "reef call",
];

/** Where the details of an error travel in headers or trailers. */
export const headerWays = [
  "gRPC",
  "gRPC, JSON",
  "gRPC through the proxy",
  "gRPC through the proxy, JSON",
  "grpc-js",
  "grpc-js through the proxy",
  "gRPC-Web",
  "gRPC-Web through the proxy",
];

/** The row of a bug in the handler of a service. */
export function bugOf(service: string, sent: Written): Row {
  const code = "internal";
  const message = `The handler of ${service}/send failed; its log says why`;
  const hidden = "Something went wrong inside; the log has the details under this request id";
  return fails("a bug of the handler", sent, { code, message }, [
    {
      ways: gatewayWays,
      why: "the gateway says nothing of what is inside, and names its log by the id of the request",
      expected: { error: { code, message: hidden } },
    },
  ]);
}

export interface Exception {
  readonly ways: readonly string[];
  readonly why: string;
  readonly expected: Outcome;
}

/** An input as programs hold it, and as JSON. */
export interface Written {
  readonly input: Fields;
  readonly json: Fields;
}

/** What is answered is what was sent, unless `read` says what became of it. */
export function echoed(name: string, key: string, sent: Written, read: Written = sent): Row {
  return { name, ...sent, expected: echo(key, read) };
}

export function echo(key: string, { input, json }: Written): Outcome {
  const text = seen(input);
  return { answer: { [key]: input, seen: text }, json: { [key]: json, seen: text } };
}

export function fails(
  name: string,
  sent: Written,
  error: Failure,
  except: readonly Exception[] = [],
): Row {
  return { name, ...sent, expected: { error }, except };
}
