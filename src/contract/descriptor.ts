/**
 * A contract as plain JSON data: what the registry carries, so that the CLI, the gateway and clients in other languages
 * can call a service whose code they have never seen.
 */
import type { Code } from "../core/errors.ts";
import type { ObjectShape, Shape } from "./shape.ts";

export type MethodKind = "unary" | "notify" | "server_stream" | "client_stream" | "bidi_stream";

export interface MethodDescriptor {
  readonly name: string;
  readonly kind: MethodKind;
  readonly description?: string;
  /** Of the message, or of each message of a stream. */
  readonly input: ObjectShape;
  /** Absent for `notify`. */
  readonly output?: ObjectShape;
  readonly errors?: { readonly [reason: string]: ErrorDescriptor };
  readonly http?: HttpDescriptor;
  /** Running it twice does what running it once does: it may be retried on another node. */
  readonly idempotent?: true;
}

/** `GET /hello/{name}`, a verb and a path below the service; or the same with more about it. */
export type HttpDescriptor = string | HttpRoute;

export interface HttpRoute {
  /** `POST /orders`. */
  readonly route: string;
  /** Of the answer when all went well: 200, 201, 202 or 204. @default 200, for `notify` 202 */
  readonly status?: number;
  /** Where the answer's thing is: `/orders/{id}`, below the service, with fields of the output. */
  readonly location?: string;
  /** The field of the input that is the whole body; what is not in the path then comes from the query. */
  readonly body?: string;
}

export interface ErrorDescriptor {
  readonly code: Code;
  readonly description?: string;
  readonly data?: ObjectShape;
}

export interface ChannelDescriptor {
  readonly name: string;
  readonly description?: string;
  readonly message: ObjectShape;
}

export interface ContractDescriptor {
  readonly name: string;
  /** Semantic version, `1.2.0`. */
  readonly version: string;
  readonly description?: string;
  readonly methods: { readonly [name: string]: MethodDescriptor };
  /** How programs know it that speak protobuf; see `proto-names.ts` for what is so when it is absent. */
  readonly proto?: ProtoDescriptor;
}

export interface ProtoDescriptor {
  /** Full name, `grpc.testing.TestService`. */
  readonly service?: string;
  /** Names of methods where they are not the capitalised ones of the contract. */
  readonly methods?: { readonly [method: string]: string };
  /** Of a contract that was written in `.proto`: its files, a `FileDescriptorSet` in base64. */
  readonly files?: string;
}

export type { Shape };
