/**
 * What one method promises, as the author writes it: `method`, `notify` and `stream`.
 *
 * The types flow through five plain parameters that are computed once here, so that nothing downstream looks into
 * schemas.
 */
import type { Code } from "../core/errors.ts";
import type { HttpDescriptor, MethodKind } from "./descriptor.ts";
import type { Message } from "./message.ts";
import type { InputOf, OutputOf, StandardSchema } from "./standard-schema.ts";

/**
 * `Sent`: what callers send. `Seen`: what handlers see. `Returned`: what handlers return. `Answer`: what callers get.
 * Each is one message of the stream where the method streams.
 */
export interface Method<
  K extends MethodKind = MethodKind,
  Sent = unknown,
  Seen = unknown,
  Returned = unknown,
  Answer = unknown,
  Errors extends ErrorTypes = ErrorTypes,
> {
  readonly kind: K;
  readonly input: Message<Sent, Seen>;
  /** Undefined for `notify`. */
  readonly output: Message<Returned, Answer> | undefined;
  /** The typed errors by reason. */
  readonly errors: Errors;
  /** `GET /hello/{name}`. */
  readonly http?: HttpDescriptor;
  readonly idempotent: boolean;
  readonly description?: string;
}

/** A typed error at run time; `Data` is what a handler gives, `Seen` what a caller reads. */
export interface ErrorType<Data = unknown, Seen = unknown> {
  readonly code: Code;
  readonly description?: string;
  readonly data?: Message<Data, Seen>;
}

export type ErrorTypes = { readonly [reason: string]: ErrorType };

/** No message was declared: nothing is sent. */
export interface Empty {}

/** Marks an input or output as many messages instead of one. */
export interface Stream<S extends StandardSchema = StandardSchema> {
  readonly stream: S;
}

export interface ErrorConfig {
  readonly code: Code;
  readonly description?: string;
  readonly data?: StandardSchema;
}

export type ErrorConfigs = { readonly [reason: string]: ErrorConfig };

export interface NotifyConfig<I extends StandardSchema | undefined = undefined> {
  readonly description?: string;
  /** @default no fields */
  readonly input?: I;
  /** A verb and a path below the service: `POST /lines/{id}`; or `{ route, status }`. */
  readonly http?: HttpDescriptor;
  /** Running it twice does what running it once does. @default false */
  readonly idempotent?: boolean;
}

export interface MethodConfig<I, O, E> {
  readonly description?: string;
  /** A schema, or `stream(schema)`. @default no fields */
  readonly input?: I;
  /** A schema, or `stream(schema)`. @default no fields */
  readonly output?: O;
  /** What callers can expect to go wrong, by reason. */
  readonly errors?: E;
  /**
   * A verb and a path below the service: `GET /hello/{name}`. Or with more about the answer:
   * `{ route: "POST /orders", status: 201, location: "/orders/{id}" }`.
   */
  readonly http?: HttpDescriptor;
  /** Running it twice does what running it once does: it may be retried on another node. @default false */
  readonly idempotent?: boolean;
}

/** A schema, a stream of it, or nothing. */
export type MessageConfig = StandardSchema | Stream | undefined;

export type KindOf<I, O> = [I, O] extends [Stream, Stream]
  ? "bidi_stream"
  : I extends Stream
    ? "client_stream"
    : O extends Stream
      ? "server_stream"
      : "unary";

type SchemaOf<C> = C extends Stream<infer S> ? S : C;
type Sends<C> = SchemaOf<C> extends StandardSchema ? InputOf<SchemaOf<C>> : Empty | void;
type Sees<C> = SchemaOf<C> extends StandardSchema ? OutputOf<SchemaOf<C>> : Empty;

type ErrorTypesOf<E extends ErrorConfigs> = {
  readonly [R in keyof E]: ErrorType<Sends<E[R]["data"]>, Sees<E[R]["data"]>>;
} & {};

/** One request with one answer, or streams of them on either side. */
export function method<
  const I extends MessageConfig = undefined,
  const O extends MessageConfig = undefined,
  const E extends ErrorConfigs = {},
>(
  config: MethodConfig<I, O, E>,
): Method<KindOf<I, O>, Sends<I>, Sees<I>, Sends<O>, Sees<O>, ErrorTypesOf<E>> {
  return draft({ oneWay: false, config });
}

/** One message, one way: the sender learns that it was accepted by the wire, and nothing more. */
export function notify<const I extends StandardSchema | undefined = undefined>(
  config: NotifyConfig<I>,
): Method<"notify", Sends<I>, Sees<I>, void, void, {}> {
  return draft({ oneWay: true, config });
}

/** Many messages instead of one. */
export function stream<S extends StandardSchema>(schema: S): Stream<S> {
  return { stream: schema };
}

/** What `method` and `notify` remember until `contract` makes messages of it. */
export interface MethodDraft {
  readonly oneWay: boolean;
  readonly config: MethodConfig<
    MessageConfig,
    MessageConfig,
    { readonly [reason: string]: ErrorConfig }
  >;
}

/** The draft behind a method that was written but is not part of a contract yet. */
export function draftOf(written: Method): MethodDraft | undefined {
  return written instanceof WrittenMethod ? written.draft : undefined;
}

class WrittenMethod {
  readonly draft: MethodDraft;

  constructor(draft: MethodDraft) {
    this.draft = draft;
  }
}

/**
 * A method has messages once a contract has named it, because only then a refused schema can say where it is. Until
 * then it is a draft under the same type, so that authors and hovers see one type.
 */
function draft<M extends Method>(made: MethodDraft): M {
  return new WrittenMethod(made) as unknown as M;
}
