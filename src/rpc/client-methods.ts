/** The methods of a contract as functions, wherever they run: this file knows nothing of Node. */
import type { Contract } from "../contract/contract.ts";
import { parseVersionRange, rangeOf } from "../contract/version-range.ts";
import { protoMethodName, protoServiceName } from "../contract/proto-names.ts";
import { ReefError } from "../core/errors.ts";
import { Answers } from "./answers.ts";
import {
  type CallOptions,
  ClientCall,
  type ClientMethod,
  returnsStream,
  sendsStream,
} from "./client-call.ts";
import type { Client, CreateClientOptions } from "./client.ts";
import { noMetadata } from "./metadata.ts";
import { compose, type MiddlewareCall } from "./middleware.ts";
import type { ServerCall } from "./server-call.ts";
import type { InboundStream } from "./stream-inbound.ts";

export interface ClientMethodsOptions extends CreateClientOptions {
  /** The call that is being handled here, of which a new one becomes a part. */
  readonly currentCall: () => ServerCall | undefined;
}

export function clientMethods<C extends Contract>(
  contract: C,
  options: ClientMethodsOptions,
): Client<C> {
  const { namespace = "default", version, close } = options;
  const range = version === undefined ? rangeOf(contract.version) : parseVersionRange(version);
  const { descriptor } = contract;
  const client: { [name: string]: unknown } = {};
  for (const [name, method] of Object.entries(contract.methods)) {
    const known: ClientMethod = {
      namespace,
      service: contract.name,
      version: contract.version,
      range,
      name,
      kind: method.kind,
      // Made when the first call says it.
      get digest() {
        return contract.digest;
      },
      idempotent: method.idempotent,
      protoPath: `/${protoServiceName(descriptor)}/${protoMethodName(descriptor, name)}`,
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

function single(
  method: ClientMethod,
  client: ClientMethodsOptions,
): CallFunction<Promise<unknown>> {
  const { route, deadlines, currentCall, defaults, use = [] } = client;
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
    around(new Underway(method, input, withDefaults(options, defaults), currentCall()));
}

function many(
  method: ClientMethod,
  client: ClientMethodsOptions,
): CallFunction<AsyncIterableIterator<unknown>> {
  const { route, deadlines, currentCall, defaults, use = [] } = client;
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
    const call = new Underway(method, input, withDefaults(options, defaults), currentCall());
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
  readonly parent: ServerCall | undefined;
  metadata;
  input: unknown;

  constructor(
    method: ClientMethod,
    input: unknown,
    options: CallOptions | undefined,
    parent: ServerCall | undefined,
  ) {
    this.#method = method;
    this.#options = options;
    this.parent = parent;
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
