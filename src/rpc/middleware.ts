/**
 * Middleware: code around every call, with one shape for both sides and all kinds of method.
 *
 *     const timing: Middleware = async (call, next) => {
 *       const start = performance.now();
 *       try {
 *         return await next(call);
 *       } finally {
 *         console.log(call.method, performance.now() - start);
 *       }
 *     };
 *
 * The first in the list is the outermost. Messages of streams are async iterables: `call.input` is one where the caller
 * streams, and so is the result of `next` where the answer does; replace them to look at each message.
 */
import type { MethodKind } from "../contract/descriptor.ts";
import type { Metadata } from "./metadata.ts";

/** What middleware of either side may see and change. */
export interface MiddlewareCall {
  readonly service: string;
  readonly method: string;
  readonly kind: MethodKind;
  readonly namespace: string;
  /** On the client's side what will be sent; on the server's side what was received. */
  metadata: Metadata;
  /** The message, or the async iterable of them. */
  input: unknown;
}

/** Gets the call on to its handler (or, on the client's side, to the service). */
export type Next<C extends MiddlewareCall = MiddlewareCall> = (call: C) => Promise<unknown>;

/**
 * Runs around calls: does its part, and lets the call that it was given go on with `next(call)`. A plain `Middleware`
 * fits both sides; `Middleware<ServerCall>` knows all that a handler knows, and fits services only.
 */
export type Middleware<C extends MiddlewareCall = never> = [C] extends [never]
  ? <Any extends MiddlewareCall>(call: Any, next: Next<Any>) => Promise<unknown>
  : Around<C>;

type Around<C extends MiddlewareCall> = (call: C, next: Next<C>) => Promise<unknown>;

/** One function out of many, made once; without middleware it is `last` itself, so that nothing costs nothing. */
export function compose<C extends MiddlewareCall>(
  middleware: readonly Around<C>[],
  last: (call: C) => unknown,
): (call: C) => unknown {
  let next: (call: C) => unknown = last;
  for (const around of middleware.toReversed()) {
    const inner = next;
    next = (call) => around(call, async (seen) => inner(seen));
  }
  return next;
}
