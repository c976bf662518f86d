/**
 * A client: the methods of a contract as functions. A plain object, made from the contract; it does nothing until
 * called.
 */
import type { Contract } from "../contract/contract.ts";
import type { Method } from "../contract/method.ts";
import type { DeadlineSweep } from "../core/deadline.ts";
import { ReefError } from "../core/errors.ts";
import { Answers } from "./answers.ts";
import {
  type CallOptions,
  ClientCall,
  type ClientMethod,
  returnsStream,
  sendsStream,
} from "./client-call.ts";
import { currentCall } from "./context.ts";
import { noMetadata } from "./metadata.ts";
import { compose, type Middleware, type MiddlewareCall } from "./middleware.ts";
import type { ServerCall } from "./server-call.ts";
import type { InboundStream } from "./stream-inbound.ts";

/** How callers see one method. */
export type ClientFunction<M> =
  M extends Method<infer K, infer Sent, infer _Seen, infer _Returned, infer Answer, infer _Errors>
    ? {
        unary: (input: Sent, options?: CallOptions) => Promise<Answer>;
        notify: (input: Sent, options?: CallOptions) => Promise<void>;
        server_stream: (input: Sent, options?: CallOptions) => AsyncIterableIterator<Answer>;
        client_stream: (
          inputs: AsyncIterable<Sent> | Iterable<Sent>,
          options?: CallOptions,
        ) => Promise<Answer>;
        bidi_stream: (
          inputs: AsyncIterable<Sent> | Iterable<Sent>,
          options?: CallOptions,
        ) => AsyncIterableIterator<Answer>;
      }[K]
    : never;

/**
 * Every method of the contract, and an end. Calls reject with a ReefError, whatever went wrong (but what middleware of
 * this side throws passes as it is); leaving the iteration of a stream cancels it at the far side. Calls under way keep
 * the process alive, a client that is idle does not.
 */
export type Client<C extends Contract = Contract> = {
  readonly [K in keyof C["methods"]]: ClientFunction<C["methods"][K]>;
} & AsyncDisposable;

/** Finds a node for a call and takes it there. A transport is the simplest one: always the same node. */
export interface Route {
  send(call: ClientCall): void;
}

export interface CreateClientOptions {
  readonly route: Route;
  readonly deadlines: DeadlineSweep;
  /** @default "default" */
  readonly namespace?: string;
  /** Around every call; the first is the outermost. @default [] */
  readonly use?: readonly Middleware[];
  /** Used where a call does not say otherwise. */
  readonly defaults?: Pick<CallOptions, "timeoutMs">;
  /** Runs when the client is disposed. */
  readonly close?: () => Promise<void>;
}

export function createClient<C extends Contract>(
  contract: C,
  options: CreateClientOptions,
): Client<C> {
  const { namespace = "default", close } = options;
  const client: { [name: string]: unknown } = {};
  for (const [name, method] of Object.entries(contract.methods)) {
    const known: ClientMethod = {
      namespace,
      service: contract.name,
      version: contract.version,
      name,
      kind: method.kind,
      digest: contract.digest,
      idempotent: method.idempotent,
      input: method.input,
      output: method.output,
      errors: method.errors,
    };
    client[name] = returnsStream(method.kind) ? many(known, options) : single(known, options);
  }
  // A function was made for each method, by its kind.
  return Object.assign(client, {
    async [Symbol.asyncDispose]() {
      await close?.();
    },
  }) as unknown as Client<C>;
}

type CallFunction<R> = (input: unknown, options?: CallOptions) => R;

function single(method: ClientMethod, client: CreateClientOptions): CallFunction<Promise<unknown>> {
  const { route, deadlines, defaults, use = [] } = client;
  function send(input: unknown, options: CallOptions | undefined, parent: ServerCall | undefined) {
    return new Promise<unknown>((resolve, reject) => {
      const refusal = misfit(method, input);
      if (refusal) return reject(refusal);
      const call = new ClientCall(method, input, options, parent, deadlines, (error, value) => {
        if (error) reject(error);
        else resolve(value);
      });
      if (call.start()) route.send(call);
    });
  }
  if (use.length === 0) {
    return (input = nothing, options) =>
      send(input, withDefaults(options, defaults), currentCall());
  }
  const around = compose<Underway>(use, (call) => send(call.input, call.options, call.parent));
  return async (input = nothing, options) =>
    around(new Underway(method, input, withDefaults(options, defaults)));
}

function many(
  method: ClientMethod,
  client: CreateClientOptions,
): CallFunction<AsyncIterableIterator<unknown>> {
  const { route, deadlines, defaults, use = [] } = client;
  function open(
    input: unknown,
    options: CallOptions | undefined,
    parent: ServerCall | undefined,
    onCall: (call: ClientCall) => void,
  ) {
    return new Promise<InboundStream>((resolve, reject) => {
      const refusal = misfit(method, input);
      if (refusal) return reject(refusal);
      const call = new ClientCall(method, input, options, parent, deadlines, (error) => {
        if (error) reject(error);
      });
      call.onOpen = resolve;
      onCall(call);
      if (call.start()) route.send(call);
    });
  }
  if (use.length === 0) {
    return (input = nothing, options) => {
      const parent = currentCall();
      return new Answers((onCall) => open(input, withDefaults(options, defaults), parent, onCall));
    };
  }
  return (input = nothing, options) => {
    const call = new Underway(method, input, withDefaults(options, defaults));
    return new Answers(async (onCall) => {
      const around = compose<Underway>(use, (seen) =>
        open(seen.input, seen.options, seen.parent, onCall),
      );
      // Middleware gives back an iterable: that is its contract for methods that stream answers.
      return around(call) as Promise<AsyncIterable<unknown>>;
    });
  };
}

/** What is sent by who gives no input: a method that needs fields refuses it, by their names. */
const nothing: object = Object.freeze({});

/** Why a call with such an input cannot be made; types say the same to those who have them. */
function misfit(method: ClientMethod, input: unknown): ReefError | undefined {
  if (!sendsStream(method.kind)) return undefined;
  const given: object = typeof input === "object" && input !== null ? input : {};
  if (Symbol.asyncIterator in given || Symbol.iterator in given) return undefined;
  return new ReefError(
    "invalid_argument",
    `Cannot call ${method.service}/${method.name}: it takes many messages; give a list or another iterable of them`,
    { maybeExecuted: false },
  );
}

function withDefaults(
  options: CallOptions | undefined,
  defaults: CreateClientOptions["defaults"],
): CallOptions | undefined {
  return defaults && options?.timeoutMs === undefined ? { ...defaults, ...options } : options;
}

/** A call in the hands of middleware, before it is on its way. */
class Underway implements MiddlewareCall {
  readonly #method: ClientMethod;
  readonly #options: CallOptions | undefined;
  readonly parent: ServerCall | undefined = currentCall();
  metadata;
  input: unknown;

  constructor(method: ClientMethod, input: unknown, options: CallOptions | undefined) {
    this.#method = method;
    this.#options = options;
    this.metadata = options?.metadata ?? noMetadata;
    this.input = input;
  }

  get service() {
    return this.#method.service;
  }

  get method() {
    return this.#method.name;
  }

  get kind() {
    return this.#method.kind;
  }

  get namespace() {
    return this.#method.namespace;
  }

  get options(): CallOptions {
    return { ...this.#options, metadata: this.metadata };
  }
}
