/** A service: a contract with handlers. It is a value; serving it is another step. */
import type { Database } from "../blocks/store/index.ts";
import type { Contract, Methods } from "../contract/contract.ts";
import type { Method } from "../contract/method.ts";
import type { ErrorMakers } from "../contract/typed-error.ts";
import type { Logger } from "../core/log.ts";
import type { Client } from "./client.ts";
import type { Middleware } from "./middleware.ts";
import type { Call, ServerCall } from "./server-call.ts";

/**
 * What a factory gets to make its handlers with. Everything a service uses comes in here, so a test can hand it a fake.
 */
export interface ServiceContext {
  /**
   * A client of another service, by its contract; asking twice gives the same. Services that are served together are
   * called in their process, others by name. It is closed with the service, and calls once that is served: in
   * handlers, not while it starts.
   */
  client<C extends Contract>(contract: C): Client<C>;
  /**
   * What the services of its namespace keep, on the platform. Without one its methods fail with `unavailable`; a test
   * gives a database of the memory driver.
   */
  readonly store: Database;
  readonly log: Logger;
}

/** The handler of one method. */
export type Handler<M> =
  M extends Method<infer K, infer _Sent, infer Seen, infer Returned, infer _Answer, infer E>
    ? {
        unary: (input: Seen, call: Call<ErrorMakers<E>>) => Returned | Promise<Returned>;
        notify: (input: Seen, call: Call<ErrorMakers<E>>) => void | Promise<void>;
        server_stream: (input: Seen, call: Call<ErrorMakers<E>>) => AsyncIterable<Returned>;
        client_stream: (
          inputs: AsyncIterable<Seen>,
          call: Call<ErrorMakers<E>>,
        ) => Returned | Promise<Returned>;
        bidi_stream: (
          inputs: AsyncIterable<Seen>,
          call: Call<ErrorMakers<E>>,
        ) => AsyncIterable<Returned>;
      }[K]
    : never;

/** One function for each method of a contract, with the types that the contract gives them. */
export type Handlers<M extends Methods> = { readonly [K in keyof M]: Handler<M[K]> };

/** What happens around the calls of a service, and before the first. */
export interface ServiceOptions {
  /** Around every call; the first is the outermost. */
  readonly use?: readonly Middleware<ServerCall>[];
  /**
   * Runs before the first call; what it returns is disposed after the last one, when the clients of the factory are
   * closed. The node is not listed before it has resolved. `signal` fires when the program gives up starting.
   */
  readonly start?: (signal: AbortSignal) => StartResult | Promise<StartResult>;
  /** The node takes calls only when this has resolved. @default at once */
  readonly ready?: (signal: AbortSignal) => Promise<void>;
  /**
   * Its handlers call nobody in the name of their callers: no context is kept for each call, which costs a tenth of a
   * small one. @default false
   */
  readonly isLeaf?: boolean;
  /** Carried by the registry, for routing and for people. */
  readonly metadata?: { readonly [key: string]: string };
}

export type StartResult = void | Disposable | AsyncDisposable;

/** A contract with its handlers: a value, which `serve` runs and `client` calls. */
export interface Service<C extends Contract = Contract> {
  readonly contract: C;
  readonly options: ServiceOptions;
  /** Makes the handlers of one running instance. */
  readonly create: (
    context: ServiceContext,
  ) => Handlers<C["methods"]> | Promise<Handlers<C["methods"]>>;
}

/** Joins a contract with its handlers, or with a function that makes them from what they need. */
export function service<C extends Contract>(
  contract: C,
  handlers:
    | Handlers<C["methods"]>
    | ((context: ServiceContext) => Handlers<C["methods"]> | Promise<Handlers<C["methods"]>>),
  options: ServiceOptions = {},
): Service<C> {
  const create = typeof handlers === "function" ? handlers : () => handlers;
  return { contract, options, create };
}
