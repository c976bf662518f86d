/** gRPC by the library `@grpc/grpc-js`, gRPC-Web and Connect by plain requests. */
import * as grpc from "@grpc/grpc-js";

import type { Contract } from "../../src/contract/contract.ts";
import { type Fields, withBeside, withHead } from "./beside.ts";
import type { ForeignCodec } from "./foreign-codec.ts";
import { codeOf, type Detail, foreignFailure, statusDetails } from "./foreign-errors.ts";
import { jsonAnswer, type Outcome, type Way } from "./outcome.ts";

const detailsHeader = "grpc-status-details-bin";

/** What a service is called with. */
export interface Spoken {
  readonly contract: Contract;
  readonly codec: ForeignCodec;
}

/** `url` is `http://127.0.0.1:7000`. */
export function openGrpcJsWay(name: string, url: string, spoken: Spoken): Way & Disposable {
  const { contract, codec } = spoken;
  const client = new grpc.Client(new URL(url).host, grpc.credentials.createInsecure());
  return {
    name,
    call: (input) =>
      new Promise((resolve) => {
        let outcome: Outcome;
        const done: grpc.requestCallback<Buffer> = (error, answer) => {
          if (!error) {
            outcome = { answer: codec.decode(answer ?? Buffer.alloc(0)) };
            return;
          }
          const [bytes] = error.metadata.get(detailsHeader);
          const details = statusDetails(bytes === undefined ? undefined : Buffer.from(bytes));
          const code = codeOf(error.code);
          outcome = foreignFailure(contract, codec, { code, message: error.details, details });
        };
        const same = (bytes: Buffer) => bytes;
        const call = client.makeUnaryRequest(codec.path, same, same, codec.encode(input), done);
        let headers = new grpc.Metadata();
        call.on("metadata", (got) => (headers = got));
        // It says the status first, and calls back after it.
        call.on("status", ({ metadata }) => {
          setImmediate(() => resolve(withBeside(outcome, fieldsOf(headers), fieldsOf(metadata))));
        });
      }),
    [Symbol.dispose]: () => client.close(),
  };
}

/** As they travel: bytes in base64. */
function fieldsOf(metadata: grpc.Metadata): Fields {
  return Object.entries(metadata.getMap()).map(([name, value]) => {
    return [name, typeof value === "string" ? value : value.toString("base64")];
  });
}

export function grpcWebWay(name: string, url: string, spoken: Spoken): Way {
  const { contract, codec } = spoken;
  return {
    name,
    async call(input) {
      const message = codec.encode(input);
      const head = Buffer.alloc(5);
      head.writeUInt32BE(message.length, 1);
      const response = await fetch(url + codec.path, {
        method: "POST",
        headers: { "content-type": "application/grpc-web+proto", "x-grpc-web": "1" },
        body: Buffer.concat([head, message]),
      });
      const { messages, trailers } = readFrames(Buffer.from(await response.arrayBuffer()));
      const status = (key: string) => trailers.get(key) ?? response.headers.get(key);
      const number = Number(status("grpc-status") ?? 2);
      const text = status(detailsHeader);
      const outcome =
        number === 0
          ? { answer: codec.decode(messages[0] ?? Buffer.alloc(0)) }
          : foreignFailure(contract, codec, {
              code: codeOf(number),
              message: decodeURIComponent(status("grpc-message") ?? ""),
              details: statusDetails(text === null ? undefined : Buffer.from(text, "base64")),
            });
      return withBeside(outcome, response.headers, trailers);
    },
  };
}

function readFrames(body: Buffer) {
  const messages: Buffer[] = [];
  const trailers = new Headers();
  for (let at = 0; at < body.length;) {
    const end = at + 5 + body.readUInt32BE(at + 1);
    const data = body.subarray(at + 5, end);
    if (((body[at] ?? 0) & 0x80) === 0) messages.push(data);
    else {
      for (const line of data.toString("latin1").split("\r\n").filter(Boolean)) {
        const colon = line.indexOf(":");
        trailers.set(line.slice(0, colon), line.slice(colon + 1));
      }
    }
    at = end;
  }
  return { messages, trailers };
}

export function connectWay(name: string, url: string, form: "json" | "proto", spoken: Spoken): Way {
  const { contract, codec } = spoken;
  function connectOutcome(body: Buffer, ok: boolean): Outcome {
    if (!ok) return connectFailure(body.toString(), spoken);
    if (form === "json") return jsonAnswer(contract, body.toString());
    return { answer: codec.decode(body) };
  }
  return {
    name,
    async call(input, json) {
      const response = await fetch(url + codec.path, {
        method: "POST",
        headers: { "content-type": `application/${form}`, "connect-protocol-version": "1" },
        body: form === "json" ? JSON.stringify(json) : codec.encode(input),
      });
      const body = Buffer.from(await response.arrayBuffer());
      return withHead(connectOutcome(body, response.ok), response.headers);
    },
  };
}

interface ConnectError {
  readonly code: string;
  readonly message?: string;
  readonly details?: readonly { readonly type: string; readonly value: string }[];
}

function connectFailure(text: string, { contract, codec }: Spoken): Outcome {
  // What the protocol says an error is.
  const { code, message = "", details = [] } = JSON.parse(text) as ConnectError;
  const read = details.map(({ type, value }): Detail => {
    return { type, bytes: Buffer.from(value, "base64") };
  });
  // The one word that Connect spells in another way than everybody else here.
  const word = code === "canceled" ? "cancelled" : code;
  return foreignFailure(contract, codec, { code: word, message, details: read });
}
