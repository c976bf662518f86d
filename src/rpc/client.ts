/**
 * A client: the methods of a contract as functions. A plain object, made from the contract; it does nothing until
 * called.
 */
import type { Contract } from "../contract/contract.ts";
import type { Method } from "../contract/method.ts";
import type { DeadlineSweep } from "../core/deadline.ts";
import type { CallOptions, ClientCall } from "./client-call.ts";
import { clientMethods } from "./client-methods.ts";
import { currentCall } from "./context.ts";
import type { Middleware } from "./middleware.ts";

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
  /**
   * Which versions may answer where the service is found by its name: `^1.2`, `2.x`, `>=1.2 <3`, as npm writes them.
   * @default every version of the contract's own major one
   */
  readonly version?: string;
  /** Around every call; the first is the outermost. @default [] */
  readonly use?: readonly Middleware[];
  /** Used where a call does not say otherwise. */
  readonly defaults?: Pick<CallOptions, "timeoutMs">;
  /** Runs when the client is disposed. */
  readonly close?: () => Promise<void>;
}

/** Calls that are made while another one is handled belong to that one. */
export function createClient<C extends Contract>(
  contract: C,
  options: CreateClientOptions,
): Client<C> {
  return clientMethods(contract, { ...options, currentCall });
}
